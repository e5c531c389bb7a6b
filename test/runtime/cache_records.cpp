// Files of records, and the memory of what image files hold.
#include "cache/cache_folder.h"
#include "cache/known_files.h"
#include "cache/record_cache.h"
#include "cache/record_file.h"
#include "cache/record_store.h"
#include "data/decode.h"
#include "data/transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace resnetc;
namespace fs = std::filesystem;

namespace {

struct Cache : testing::Test {
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cacheXXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  static std::vector<std::byte> record(int fill) { return std::vector<std::byte>(40, std::byte(fill)); }
  static digest id(int number) { return digest_of(std::as_bytes(std::span(&number, 1))); }
  static void append(record_file &file, int from, int to) {
    for (int i = from; i < to; ++i) {
      std::vector<std::byte> values = record(i);
      record_entry entry{id(i), values.data()};
      ASSERT_TRUE(file.append({&entry, 1}));
    }
  }

  static void append(record_store &&store, int number) { append(store, number); }
  static void append(record_store &store, int number) {
    std::vector<std::byte> values = record(number);
    record_entry entry{id(number), values.data()};
    store.append({&entry, 1});
  }

  fs::path folder;
  digest key{1, 2};
};

TEST(Digest, IsXxh3AndTellsPartsApart) {
  EXPECT_EQ(to_hex(digest_of({})), "99aa06d3014798d86001c324468d497f"); // XXH3-128 of nothing, as xxhsum prints it
  EXPECT_EQ(digest_from_hex(to_hex(digest{3, 4})), (digest{3, 4}));
  EXPECT_FALSE(digest_from_hex("3"));
  EXPECT_FALSE(digest_from_hex(std::string(31, '0') + "g"));
  EXPECT_NE(digester().add(std::string_view("ab")).add(std::string_view("c")).value(),
            digester().add(std::string_view("a")).add(std::string_view("bc")).value());
}

TEST_F(Cache, AFileGivesWhatWasAppended) {
  auto file = record_file::create(folder / "a.records", key, 40);
  ASSERT_TRUE(file);
  append(*file, 0, 5);
  auto again = record_file::open(folder / "a.records");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key(), key);
  EXPECT_EQ(again->record_bytes(), 40);
  ASSERT_EQ(again->count(), 5);
  std::vector<std::byte> got(40);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(again->id(i), id(i));
    EXPECT_TRUE(again->read(i, id(i), got));
    EXPECT_EQ(got, record(i));
  }
  EXPECT_FALSE(again->read(1, id(2), got)); // another's id
  EXPECT_FALSE(again->read(5, id(5), got)); // behind the end
}

TEST_F(Cache, EveryFlippedBitIsFound) {
  fs::path path = folder / "a.records";
  {
    auto file = record_file::create(path, key, 40);
    append(*file, 0, 1);
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::vector<std::byte> got(40);
  auto size = static_cast<int>(fs::file_size(path));
  for (int bit = 64 * 8; bit < size * 8; ++bit) {
    auto flip = [&] {
      file.seekg(bit / 8);
      char byte = static_cast<char>(file.get() ^ 1 << bit % 8);
      file.seekp(bit / 8);
      file.put(byte).flush();
    };
    flip();
    EXPECT_FALSE(record_file::open(path)->read(0, id(0), got)) << bit;
    flip();
  }
  EXPECT_TRUE(record_file::open(path)->read(0, id(0), got));
}

TEST_F(Cache, WhatIsHalfWrittenIsCutBeforeTheNextEntry) {
  fs::path path = folder / "a.records";
  {
    auto file = record_file::create(path, key, 40);
    append(*file, 0, 3);
  }
  fs::resize_file(path, fs::file_size(path) - 7);
  EXPECT_EQ(record_file::open(path)->count(), 2);
  {
    auto file = record_file::open_to_append(path);
    ASSERT_TRUE(file);
    append(*file, 7, 8);
  }
  auto file = record_file::open(path);
  ASSERT_EQ(file->count(), 3);
  std::vector<std::byte> got(40);
  EXPECT_TRUE(file->read(2, id(7), got));
}

TEST_F(Cache, OneAppendsAtATime) {
  auto first = record_file::create(folder / "a.records", key, 40);
  EXPECT_FALSE(record_file::open_to_append(folder / "a.records"));
  first.reset();
  EXPECT_TRUE(record_file::open_to_append(folder / "a.records"));
}

TEST_F(Cache, OtherFilesAreNoneOfOurs) {
  std::ofstream(folder / "a.records") << std::string(200, 'x');
  EXPECT_FALSE(record_file::open(folder / "a.records"));
  EXPECT_FALSE(verify_file(folder / "a.records").readable);
  EXPECT_FALSE(record_file::open(folder / "none.records"));
}

TEST_F(Cache, RecordsOutliveTheStore) {
  std::vector<std::byte> first = record(0), second = record(1), got(40);
  std::vector<record_entry> entries{{id(0), first.data()}, {id(1), second.data()}};
  {
    record_store store(folder, key, 40, 1 << 20, "{}");
    store.append(entries);
    EXPECT_TRUE(store.read(id(1), got)); // at once
  }
  record_store store(folder, key, 40, 1 << 20, "{}");
  EXPECT_FALSE(store.trouble());
  EXPECT_TRUE(store.contains(id(0)));
  EXPECT_FALSE(store.contains(id(2)));
  EXPECT_TRUE(store.read(id(1), got));
  EXPECT_EQ(got, record(1));
  record_store other(folder, digest{1, 3}, 40, 1 << 20, "{}");
  EXPECT_FALSE(other.contains(id(0)));
}

TEST_F(Cache, MemoryIsBoundedAndTheDiskGivesTheRest) {
  constexpr std::int64_t elements = 1 << 20; // 4 MB: one fits
  std::vector<float> one(elements, 1), two(elements, 2), got(elements);
  std::size_t memory = 5 << 20;
  record_cache cache(elements, sizeof(float), record_format::native, memory);
  cache.keep_on_disk(folder, key, 1 << 30, "{}");
  EXPECT_TRUE(cache.keep(id(1), one.data()).resident());
  EXPECT_FALSE(cache.keep(id(2), two.data()).resident());
  cache.write();
  stored_record found = cache.find(id(2));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found.resident());
  cache.restore(found.data, got.data());
  EXPECT_EQ(got, two);
  EXPECT_FALSE(cache.find(id(3)));
}

template <typename T> T rounded(T value) {
  std::size_t memory = 16 << 20;
  record_cache cache(1, sizeof(T), record_format::bf16, memory);
  T out;
  cache.restore(cache.keep({}, &value).data, &out);
  return out;
}

TEST(RecordCache, Bfloat16RoundsToNearestEven) {
  EXPECT_EQ(rounded(1.0f), 1.0f);
  EXPECT_EQ(rounded(1.0f + 0x1p-8f), 1.0f);               // a tie: to even
  EXPECT_EQ(rounded(1.0f + 0x1.8p-7f), 1.0f + 0x1p-6f);   // a tie: to even
  EXPECT_EQ(rounded(1.0f + 0x1.02p-8f), 1.0f + 0x1p-7f);  // above it
  EXPECT_EQ(rounded(-3.14159), -3.140625);
  EXPECT_EQ(rounded(1 + 0x1p-8), 1.0);
  EXPECT_EQ(rounded(1 + 0x1p-8 + 0x1p-40), 1 + 0x1p-7);   // above a tie by less than a float shows
  EXPECT_EQ(rounded(-(1 + 0x1.8p-7 - 0x1p-40)), -(1 + 0x1p-7)); // below one
  EXPECT_EQ(rounded(std::numeric_limits<float>::max()), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0x7f800001u))));
  EXPECT_TRUE(std::signbit(rounded(-0.0f)));
}

TEST_F(Cache, FilesAreKnownByTheirStamp) {
  std::string path = (folder / "photo.jpg").string();
  std::ofstream(path) << "one";
  file_stamp stamp = stamp_of(path).value();
  {
    known_files files(folder);
    EXPECT_FALSE(files.contents(path));
    files.remember(path, stamp, id(1));
    EXPECT_EQ(files.contents(path), id(1));
    files.save();
  }
  fs::resize_file(folder / "known-files", fs::file_size(folder / "known-files") + 5); // a line that was cut short
  {
    known_files files(folder);
    EXPECT_EQ(files.contents(path), id(1));
    files.remember((folder / "other").string(), stamp, id(2));
    files.save();
  }
  EXPECT_EQ(known_files(folder).contents(path), id(1));
  auto times = fs::last_write_time(path);
  for (int i = 0; i < 100 && stamp_of(path)->ctime == stamp.ctime; ++i) { // clocks of files tick slowly
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::ofstream(path) << "two";
    fs::last_write_time(path, times); // mtime as it was
  }
  EXPECT_FALSE(known_files(folder).contents(path));
  fs::remove(path);
  EXPECT_FALSE(known_files(folder).contents(path));
}

TEST_F(Cache, AFileJustWrittenHasNoStamp) {
  std::string path = (folder / "photo.jpg").string();
  std::ofstream(path) << "one";
  EXPECT_FALSE(read_image_file(path).stamp);
  timespec old[2] = {{1, 0}, {1, 0}};
  ::utimensat(AT_FDCWD, path.c_str(), old, 0); // ctime is still of now
  EXPECT_FALSE(read_image_file(path).stamp);
}

TEST_F(Cache, ChangingPhotosDoNotFillTheMemoryOfFiles) {
  std::string path = (folder / "photo.jpg").string();
  for (int run = 0; run < 10; ++run) {
    known_files files(folder);
    for (int i = 0; i < 1000; ++i)
      files.remember(path, file_stamp{i, run, i, 1}, id(i));
    files.save();
  }
  EXPECT_LT(fs::file_size(folder / "known-files"), 6000 * 80);
}

TEST_F(Cache, SomeoneElsesFileOfKnownFilesIsReplacedAndNotRead) {
  std::ofstream(folder / "known-files") << std::string(800, 'x');
  EXPECT_FALSE(known_files::is_one(folder / "known-files"));
  std::string path = (folder / "photo.jpg").string();
  std::ofstream(path) << "one";
  known_files files(folder);
  files.remember(path, stamp_of(path), id(1));
  files.save();
  EXPECT_TRUE(known_files::is_one(folder / "known-files"));
  EXPECT_EQ(known_files(folder).contents(path), id(1));
}

TEST_F(Cache, HostileHeadersAreNoneOfOurs) {
  for (std::int64_t size : {std::int64_t(0), std::int64_t(-1), std::numeric_limits<std::int64_t>::max(), record_file::most_record_bytes + 1}) {
    fs::path path = folder / "a.records";
    record_file::create(path, key, size); // its checksum is right
    EXPECT_FALSE(record_file::open(path)) << size;
    EXPECT_FALSE(record_file::open_to_append(path)) << size;
    fs::remove(path);
  }
}

TEST_F(Cache, ADamagedRecordIsMendedOnce) {
  digest name = id(0);
  std::vector<std::byte> got(40);
  auto paths = [&] {
    std::vector<cache_file> files = all_files(folder);
    return files;
  };
  {
    record_store store(folder, key, 40, 1 << 20, "{}");
    append(store, 0);
  }
  fs::path own = folder / to_hex(key);
  fs::path first = paths().front().path;
  for (const char *as : {"0000.records", "ffff.records"}) { // read before and behind the one that mends
    fs::rename(first, own / as);
    first = own / as;
    std::fstream(first, std::ios::in | std::ios::out | std::ios::binary).seekp(-1, std::ios::end).put('x');
    auto lock = record_file::open_to_append(first); // so that the mended one goes elsewhere
    for (int run = 0; run < 3; ++run) {
      record_store store(folder, key, 40, 1 << 20, "{}");
      bool whole = store.read(name, got);
      EXPECT_EQ(whole, run > 0 || std::string(as) == "ffff.records") << as << run;
      append(store, 0);
      EXPECT_TRUE(store.read(name, got));
      EXPECT_EQ(got, record(0));
    }
    EXPECT_EQ(paths().size(), 2u);
  }
}

TEST_F(Cache, ALimitThatCannotBeMetDeletesNothing) {
  append(record_store(folder, digest{9, 9}, 40, 1 << 20, "{}"), 0);
  record_store small(folder, key, 40, 100, "{}");
  append(small, 0);
  EXPECT_TRUE(small.trouble());
  EXPECT_EQ(all_files(folder).size(), 1u);
}

TEST_F(Cache, AStoreMayDeleteItsOwnOldFile) {
  digest name = id(0), other = id(1);
  std::int64_t limit = record_file::size_with(1, 40);
  append(record_store(folder, key, 40, limit, "{}"), 0);
  record_store store(folder, key, 40, limit, "{}");
  append(store, 1);
  EXPECT_FALSE(store.trouble()) << *store.trouble();
  EXPECT_EQ(all_files(folder).size(), 1u);
  record_store again(folder, key, 40, limit, "{}");
  EXPECT_TRUE(again.contains(other));
  EXPECT_FALSE(again.contains(name));
}

TEST_F(Cache, AppendingGoesOnInANewFileWhereTheOldOneIsGone) {
  digest other = id(1);
  record_store store(folder, key, 40, 1 << 20, "{}");
  append(store, 0);
  clear_cache(folder);
  EXPECT_TRUE(all_files(folder).empty());
  append(store, 1);
  EXPECT_FALSE(store.trouble());
  record_store again(folder, key, 40, 1 << 20, "{}");
  EXPECT_TRUE(again.contains(other));
}

TEST_F(Cache, NothingIsDeletedThatIsNotOfTheCache) {
  fs::path own = folder / to_hex(key);
  fs::create_directories(own);
  for (fs::path file : {folder / "vinyl.records", folder / "about.json", folder / "known-files", own / "vinyl.records", own / "note.txt"})
    std::ofstream(file) << std::string(900, 'x');
  std::int64_t limit = record_file::size_with(1, 40) + 900;
  append(record_store(folder, key, 40, limit, "{}"), 0);
  append(record_store(folder, digest{5, 5}, 40, limit, "{}"), 0);
  clear_cache(folder);
  for (fs::path file : {folder / "vinyl.records", folder / "about.json", folder / "known-files", own / "vinyl.records", own / "note.txt"})
    EXPECT_TRUE(fs::exists(file)) << file;
}

// Records are kept between versions of this program: what changes them changes their key.
TEST(PrefixCache, RecordsVersionIsRaisedWhenImagesAreReadOtherwise) {
  if (decoder_versions() != "libjpeg 2001005, libpng 1.6.39")
    GTEST_SKIP() << "another decoder is another key: " << decoder_versions();
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  transform_spec spec{48, 56, 3, 64, mean, deviation};
  std::vector<float> pixels(48 * 56 * 3);
  digester all;
  std::vector<fs::path> files;
  for (const auto &entry : fs::directory_iterator(TEST_INPUTS "/images"))
    files.push_back(entry.path());
  std::ranges::sort(files);
  for (const fs::path &file : files)
    for (exif orientation : {exif::honour, exif::ignore})
      try {
        image view = evaluation_view(read_image_file(file).bytes, orientation, spec);
        normaliser<float>(spec).normalise(view.pixels.data(), pixels.data());
        all.add(std::as_bytes(std::span(pixels)));
      } catch (const bad_image &) {
        all.add(std::string_view("bad"));
      }
  EXPECT_EQ(to_hex(all.value()), "50a21a9ed9e837fe529a8b39d1864dd8")
      << "images are read otherwise than before: raise records_version in runtime/train/prefix_cache.cpp, and put this value here";
}

} // namespace
