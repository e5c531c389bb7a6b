// Files of records, and the memory of what image files hold.
#include "cache/cache_folder.h"
#include "cache/known_files.h"
#include "cache/record_cache.h"
#include "cache/record_file.h"
#include "cache/record_store.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
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
      digest name = id(i);
      ASSERT_TRUE(file.append({&name, 1}, record(i).data()));
    }
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
  EXPECT_FALSE(record_file::create(folder / "a.records", key, 40));
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
  std::vector<digest> ids{id(0), id(1)};
  std::vector<std::byte> records = record(0), second = record(1), got(40);
  records.insert(records.end(), second.begin(), second.end());
  {
    record_store store(folder, key, 40, 1 << 20, "{}");
    store.append(ids, records.data());
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
  record_cache cache(elements, sizeof(float), record_format::native, 5 << 20);
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
  record_cache cache(1, sizeof(T), record_format::bf16, 16 << 20);
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
    EXPECT_TRUE(files.save());
  }
  fs::resize_file(folder / "photos", fs::file_size(folder / "photos") + 5); // a line that was cut short
  {
    known_files files(folder);
    EXPECT_EQ(files.contents(path), id(1));
    files.remember((folder / "other").string(), stamp, id(2));
    EXPECT_TRUE(files.save());
  }
  EXPECT_EQ(known_files(folder).contents(path), id(1));
  auto times = fs::last_write_time(path);
  std::ofstream(path) << "two";
  fs::last_write_time(path, times); // mtime as it was
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
    EXPECT_TRUE(files.save());
  }
  EXPECT_LT(fs::file_size(folder / "photos"), 6000 * 72);
}

} // namespace
