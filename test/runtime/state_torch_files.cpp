// Whole .pth files, as PyTorch wrote them and with every kind of damage.
#include "state/tensor_file.h"
#include "state/zip_archive.h"

#include "state_files.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>

using namespace resnetc;

namespace {

const std::filesystem::path inputs = std::filesystem::path(TEST_INPUTS) / "state";

std::string elements(const tensor_view &view) {
  std::string bytes;
  std::vector<int64_t> index(view.shape.size());
  for (int64_t i = 0; i < view.count(); ++i) {
    int64_t rest = i, position = 0;
    for (std::size_t d = index.size(); d-- > 0; rest /= view.shape[d])
      position += rest % view.shape[d] * view.strides[d];
    const auto size = static_cast<int64_t>(size_of(view.dtype));
    bytes.append(reinterpret_cast<const char *>(view.data) + position * size, static_cast<std::size_t>(size));
  }
  return bytes;
}

/// The tensors of two files are the same, in any order.
void expect_same(const tensor_file &file, const tensor_file &expected) {
  EXPECT_EQ(file.tensors().size(), expected.tensors().size());
  for (const tensor_view &tensor : expected.tensors()) {
    const tensor_view *found = file.find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
    EXPECT_EQ(elements(*found), elements(tensor)) << tensor.name;
  }
}

class TorchFiles : public testing::TestWithParam<const char *> {};

TEST_P(TorchFiles, HoldWhatPyTorchSaved) {
  const std::string name = GetParam();
  const tensor_file expected = tensor_file::open(inputs / (name + ".safetensors"));
  EXPECT_GT(expected.tensors().size(), 4u);
  expect_same(tensor_file::open(inputs / (name + ".pth")), expected);
  expect_same(tensor_file::open(inputs / (name + ".old.pth")), expected);
}

INSTANTIATE_TEST_SUITE_P(All, TorchFiles, testing::Values("plain", "parameters", "views", "types", "nested"));

TEST(TorchFile, SaysWhatItTook) {
  for (const char *name : {"nested.pth", "nested.old.pth"}) {
    const std::vector<std::string> notes = tensor_file::open(inputs / name).notes();
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_EQ(notes[0], "took the state_dict under \"state_dict\"");
    EXPECT_EQ(notes[1], "left out \"module.\" at the beginning of all names");
  }
  EXPECT_TRUE(tensor_file::open(inputs / "plain.pth").notes().empty());
}

TEST(TorchFile, SharesStorages) {
  const tensor_file file = tensor_file::open(inputs / "views.pth");
  EXPECT_EQ(file.find("middle")->data, file.find("whole")->data + 5 * sizeof(float));
  EXPECT_EQ(file.find("transposed")->strides, (std::vector<int64_t>{1, 6}));
  EXPECT_FALSE(file.find("transposed")->contiguous());
  EXPECT_TRUE(file.find("middle")->contiguous());
}

TEST(TorchFile, RefusesMoreThanTensors) {
  EXPECT_ERROR(tensor_file::open(inputs / "whole_model.pth"), "Block', expected tensors alone: load it in PyTorch and save model.state_dict()");
  EXPECT_ERROR(tensor_file::open(inputs / "script.pth"), "is a TorchScript program");
  EXPECT_ERROR(tensor_file::open(inputs / "no_tensors.pth"), "holds no state_dict");
  EXPECT_ERROR(tensor_file::open(inputs / "no_tensors.old.pth"), "holds no state_dict");
  EXPECT_ERROR(tensor_file::open(inputs / "call.pth"), "'posix.system'");
  EXPECT_ERROR(tensor_file::open(inputs / "call.old.pth"), "'posix.system'");
}

/// A file that is rewritten thousands of times, hence in memory alone.
class memory_file {
public:
  memory_file() : descriptor(::memfd_create("weights", MFD_CLOEXEC)) {}
  ~memory_file() { ::close(descriptor); }

  std::filesystem::path write(const std::string &bytes) const {
    EXPECT_EQ(::ftruncate(descriptor, 0), 0);
    EXPECT_EQ(::pwrite(descriptor, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return "/proc/self/fd/" + std::to_string(descriptor);
  }

private:
  int descriptor;
};

/// Every cut is an error, and so is every changed byte of an archive or it changes no tensor's place; nothing crashes.
TEST(TorchFile, SurvivesDamage) {
  const memory_file memory;
  for (const char *name : {"plain.pth", "plain.old.pth", "views.pth", "types.safetensors"}) {
    const std::string bytes = contents(inputs / name);
    const auto open = [&](const std::string &damaged) {
      const tensor_file file = tensor_file::open(memory.write(damaged));
      for (const tensor_view &tensor : file.tensors())
        elements(tensor); // under the sanitizers: all within the file
    };
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_THROW(open(bytes.substr(0, size)), file_error) << name << " cut to " << size;
    EXPECT_THROW(open(bytes + "x"), file_error) << name;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      for (const int change : {1, 0xff}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ change);
        try {
          open(damaged);
        } catch (const file_error &) {
        }
      }
  }
}

/// A zip archive with sizes and checksums in the local headers, as Python's zipfile writes them.
class archive {
public:
  archive &add(const std::string &name, const std::string &content) {
    entry e = {name, content, static_cast<uint32_t>(bytes.size())};
    bytes += "PK\3\4" + fields(e) + number<uint16_t>(name.size()) + number<uint16_t>(0) + name + content;
    entries.push_back(e);
    return *this;
  }

  std::string finish() const {
    std::string directory;
    for (const entry &e : entries)
      directory += std::string("PK\1\2") + number<uint16_t>(0) + fields(e) + number<uint16_t>(e.name.size()) +
                   std::string(12, '\0') + number<uint32_t>(e.offset) + e.name;
    return bytes + directory + "PK\5\6" + number<uint32_t>(0) + number<uint16_t>(entries.size()) +
           number<uint16_t>(entries.size()) + number<uint32_t>(directory.size()) + number<uint32_t>(bytes.size()) +
           number<uint16_t>(0);
  }

  template <typename T> static std::string number(std::size_t value) {
    const T narrow = static_cast<T>(value);
    return {reinterpret_cast<const char *>(&narrow), sizeof narrow};
  }

private:
  struct entry {
    std::string name, content;
    uint32_t offset;
  };

  // Version, flags, method, time, date, checksum, two sizes.
  static std::string fields(const entry &e) {
    const auto crc = crc32(0, reinterpret_cast<const Bytef *>(e.content.data()), static_cast<uInt>(e.content.size()));
    return std::string(10, '\0') + number<uint32_t>(crc) + number<uint32_t>(e.content.size()) +
           number<uint32_t>(e.content.size());
  }

  std::string bytes;
  std::vector<entry> entries;
};

/// {"w": a tensor of four f32}.
const std::string pickled = std::string("\x80\x02}U\1wctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage\n"
                                        "U\1" "0U\3cpuK\4tQK") + '\0' + "K\4\x85K\1\x85\x89}tRs.";
const std::string four_floats(16, '\1');

class ZipFile : public testing::Test {
protected:
  void expect(const std::string &bytes, const std::string &error) {
    EXPECT_ERROR(tensor_file::open(folder.write("a.pth", bytes)), error);
  }
  /// The archive with the first `from` after `begin` replaced.
  static std::string with(std::string bytes, const std::string &from, const std::string &to, std::size_t begin = 0) {
    const std::size_t at = bytes.find(from, begin);
    EXPECT_NE(at, bytes.npos);
    return bytes.replace(at, from.size(), to);
  }
  scratch_folder folder;
  const std::string good = archive().add("a/data.pkl", pickled).add("a/data/0", four_floats).finish();
};

TEST_F(ZipFile, ReadsHeadersWithSizes) {
  const tensor_file file = tensor_file::open(folder.write("a.pth", good));
  EXPECT_EQ(elements(*file.find("w")), four_floats);
}

TEST_F(ZipFile, RefusesStoragesOfAnotherSize) {
  expect(archive().add("a/data.pkl", pickled).add("a/data/0", four_floats + "x").finish(), "storage '0' has 17 bytes, expected 16");
  expect(archive().add("a/data.pkl", pickled).add("a/data/0", "").finish(), "storage '0' has 0 bytes, expected 16");
  expect(archive().add("a/data.pkl", pickled).add("a/data/1", four_floats).finish(), "entry 'a/data/0' is missing");
}

TEST_F(ZipFile, RefusesOtherArchives) {
  expect(archive().add("a/b", "c").finish(), "a zip archive without data.pkl");
  expect(archive().add("a/data.pkl", pickled).add("b/data.pkl", pickled).finish(), "has two data.pkl");
  expect(archive().add("a/data.pkl", pickled).add("a/data.pkl", pickled).finish(), "is there twice");
  expect(archive().add("a/data.pkl", pickled).add("a/data/0", four_floats).add("a/byteorder", "big").finish(), "byte order 'big'");
}

TEST_F(ZipFile, RefusesDamage) {
  expect(with(good, four_floats, four_floats.substr(1) + "\2"), "entry 'a/data/0' has the checksum");
  expect(with(good, "FloatStorage", "ByteStorage\n"), "entry 'a/data.pkl' has the checksum");
  // The local header says one thing, the directory another.
  expect(with(good, "a/data/0", "a/data/1"), "has another name in its local header");
  const std::size_t directory = good.find("PK\1\2");
  std::string other = good;
  other[6] = 1;
  expect(other, "another set of flags");
  other = good;
  other[8] = 8;
  expect(other, "another compression");
  other = good;
  other[14] ^= 1;
  expect(other, "another checksum");
  other = good;
  other[18] ^= 1;
  expect(other, "another size");
  other = good;
  other[directory + 10] = other[8] = 8;
  expect(other, "is compressed");
  other = good;
  other[directory + 8] = other[6] = 1;
  expect(other, "is encrypted");
  other = good;
  other[directory + 42] = 1;
  expect(other, "has no local header");
  expect(good + "trailing", "does not end as a zip archive");
  other = good;
  other[other.size() - 2] = 1;
  expect(other, "has a comment");
  other = good;
  other[other.size() - 18] = 1;
  expect(other, "several disks");
  other = good;
  other[other.size() - 14] = other[other.size() - 12] = 1;
  expect(other, "another size than its entries");
}

TEST_F(ZipFile, RefusesOverlappingEntries) {
  // An archive inside an entry: its directory names both the outer and an inner local header.
  const std::string inner = archive().add("a/data/0", four_floats).finish().substr(0, 30 + 8 + 16);
  const std::string whole = archive().add("a/data.pkl", pickled).add("a/outer", inner).add("a/data/0", four_floats).finish();
  const std::size_t inner_at = whole.find(inner);
  const std::size_t last = whole.rfind("PK\1\2");
  std::string bytes = whole;
  bytes.replace(last + 42, 4, archive::number<uint32_t>(inner_at));
  expect(bytes, "two entries overlap");
}

TEST_F(ZipFile, ReadsZip64Sizes) {
  // All three numbers of the second entry move to the extra field.
  const std::size_t last = good.rfind("PK\1\2"), end = good.rfind("PK\5\6");
  const std::string extra = archive::number<uint16_t>(1) + archive::number<uint16_t>(24) + archive::number<uint64_t>(16) +
                            archive::number<uint64_t>(16) + good.substr(last + 42, 4) + std::string(4, '\0');
  std::string bytes = good.substr(0, end) + extra + good.substr(end);
  bytes.replace(last + 20, 8, std::string(8, '\xff'));
  bytes.replace(last + 42, 4, std::string(4, '\xff'));
  bytes.replace(last + 30, 2, archive::number<uint16_t>(extra.size()));
  const std::size_t moved = bytes.rfind("PK\5\6");
  bytes.replace(moved + 12, 4, archive::number<uint32_t>(moved - bytes.find("PK\1\2")));
  EXPECT_EQ(elements(*tensor_file::open(folder.write("a.pth", bytes)).find("w")), four_floats);
  bytes.replace(last + 46 + 8 + 2, 2, archive::number<uint16_t>(8));
  expect(bytes, "a zip64 size is missing");
}

} // namespace
