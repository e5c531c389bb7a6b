// safetensors: what the format allows is read, all else refused; what is written can be read.
#include "state/safetensors.h"
#include "state/tensor_file.h"

#include "state_files.h"

#include <cstring>

using namespace resnetc;

namespace {

/// A file with this header and `data` bytes of 1, 2, 3, ...
std::string file_with(const std::string &header, std::size_t data) {
  const uint64_t size = header.size();
  std::string bytes(reinterpret_cast<const char *>(&size), sizeof size);
  bytes += header;
  for (std::size_t i = 0; i < data; ++i)
    bytes += static_cast<char>(i + 1);
  return bytes;
}

TEST(Safetensors, ReadsTensorsAndMetadata) {
  scratch_folder folder;
  const auto path = folder.write("a", file_with(R"({"__metadata__":{"k":"v"},"b":{"dtype":"I16","shape":[],"data_offsets":[8,10]},)"
                                                R"("a":{"shape":[2,1],"dtype":"F32","data_offsets":[0,8]},)"
                                                R"("empty":{"dtype":"F64","shape":[3,0],"data_offsets":[8,8]}}   )",
                                                10));
  const tensor_file file = tensor_file::open(path);
  EXPECT_EQ(file.metadata().at("k"), "v");
  ASSERT_EQ(file.tensors().size(), 3u);
  const tensor_view &a = *file.find("a"), &b = *file.find("b");
  EXPECT_EQ(a.shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(a.strides, (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(a.dtype, element_type::f32);
  EXPECT_EQ(std::memcmp(a.data, "\1\2\3\4\5\6\7\10", 8), 0);
  EXPECT_TRUE(b.shape.empty());
  EXPECT_EQ(std::memcmp(b.data, "\11\12", 2), 0);
  EXPECT_EQ(file.find("empty")->count(), 0);
  EXPECT_EQ(file.find("c"), nullptr);
}

TEST(Safetensors, ReadsFileWithoutTensors) {
  scratch_folder folder;
  EXPECT_TRUE(tensor_file::open(folder.write("a", file_with("{}", 0))).tensors().empty());
}

std::string one(const std::string &entry) { return "{\"a\":" + entry + "}"; }

TEST(Safetensors, RefusesWhatTheFormatForbids) {
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  const struct {
    std::string header;
    std::size_t data;
    const char *error;
  } cases[] = {
      {"{" + a + "," + a + "}", 4, "the key 'a' twice"},
      {R"({"a":{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]}})", 4, "the key 'dtype' twice"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "the key 'k' twice"},
      {R"({"__metadata__":{"k":1}})", 0, "no text for 'k'"},
      {R"({"__metadata__":[]})", 0, "__metadata__ is no object"},
      {"{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}})", 9, "expected to begin at 4"},
      {"{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}})", 7, "expected to begin at 4"},
      {"{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4, "expected to begin at 4"},
      {"{" + a + R"(,"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})", 4, "expected to begin at 4"},
      {one(R"({"dtype":"U8","shape":[4],"data_offsets":[4,0]})"), 4, "expected to begin at 0"},
      {one(R"({"dtype":"U8","shape":[0],"data_offsets":[1,1]})"), 1, "expected to begin at 0"},
      {"{" + a + "}", 3, "has 3 bytes of tensors, expected 4: it was cut short"},
      {"{" + a + "}", 5, "the rest belongs to no tensor"},
      {one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), 4, "has 4 bytes, expected 8"},
      {one(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]})"), 0, "fewer than 2^64"},
      {one(R"({"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]})"), 0, "fewer than 2^64"},
      {one(R"({"dtype":"F32","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]})"), 0, "fewer than 2^64"},
      {one(R"({"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]})"), 0, "shape with the entry"},
      {one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), 4, "shape with the entry -1"},
      {one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})"), 4, "shape with the entry 1.0"},
      {one(R"({"dtype":"F32","shape":1,"data_offsets":[0,4]})"), 4, "has no shape"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[-4,0]})"), 4, "other than two sizes"},
      {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,8]})"), 4, "other than two sizes"},
      {one(R"({"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]})"), 1, "the element type \"F8_E4M3\""},
      {one(R"({"dtype":7,"shape":[1],"data_offsets":[0,1]})"), 1, "the element type 7"},
      {one(R"({"shape":[1],"data_offsets":[0,1]})"), 1, "other keys than"},
      {one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1})"), 1, "other keys than"},
      {one("3"), 0, "other keys than"},
      {one(R"({"dtype":"U8","shape":[[[1]]],"data_offsets":[0,1]})"), 1, "nests too deep"},
      {"{" + a + "} x", 4, "is no JSON"},
      {"{" + a, 4, "is no JSON"},
      {"{\"\xff\":1}", 0, "is no JSON"},
      {"{" + a + "}" + std::string(1, '\0'), 4, "is no JSON"},
  };
  scratch_folder folder;
  for (const auto &c : cases) {
    SCOPED_TRACE(c.header);
    EXPECT_ERROR(tensor_file::open(folder.write("a", file_with(c.header, c.data))), c.error);
  }
}

TEST(Safetensors, RefusesDeepNesting) {
  scratch_folder folder;
  const std::string deep = "{\"a\":" + std::string(1000000, '[');
  EXPECT_ERROR(tensor_file::open(folder.write("a", file_with(deep, 0))), "nests too deep");
}

TEST(Safetensors, RefusesHeaderBeyondTheFile) {
  scratch_folder folder;
  std::string bytes = file_with("{}", 0);
  for (const uint64_t size : {uint64_t{3}, uint64_t{100'000'001}, ~uint64_t{0}}) {
    std::memcpy(bytes.data(), &size, sizeof size);
    EXPECT_ERROR(tensor_file::open(folder.write("a", bytes)), "header of " + std::to_string(size) + " bytes, expected at most 2");
  }
}

tensor_view view(const std::string &name, element_type type, std::vector<int64_t> shape, const void *data) {
  tensor_view v;
  v.name = name;
  v.dtype = type;
  v.shape = shape;
  v.strides = contiguous_strides(shape);
  v.data = static_cast<const std::byte *>(data);
  return v;
}

TEST(Safetensors, WritesWhatItReads) {
  scratch_folder folder;
  const float floats[] = {1, 2, 3, 4, 5, 6};
  const int64_t count = 7;
  const uint8_t bytes[] = {1, 2, 3};
  tensor_view transposed = view("transposed", element_type::f32, {3, 2}, floats);
  transposed.strides = {1, 3};
  write_safetensors(folder.path / "a",
                    std::vector<tensor_view>{view("bytes", element_type::u8, {3}, bytes), transposed,
                                             view("count", element_type::i64, {}, &count),
                                             view("empty", element_type::f32, {0}, nullptr)},
                    {{"key", "line\n\"quoted\" é"}});
  const tensor_file file = tensor_file::open(folder.path / "a");
  EXPECT_EQ(file.metadata().at("key"), "line\n\"quoted\" é");
  const float expected[] = {1, 4, 2, 5, 3, 6};
  EXPECT_EQ(std::memcmp(file.find("transposed")->data, expected, sizeof expected), 0);
  EXPECT_EQ(std::memcmp(file.find("bytes")->data, bytes, 3), 0);
  EXPECT_EQ(std::memcmp(file.find("count")->data, &count, 8), 0);
  // Wide elements first and a padded header: every tensor is aligned.
  EXPECT_EQ(file.tensors()[0].name, "count");
  for (const tensor_view &tensor : file.tensors())
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data) % size_of(tensor.dtype), 0u) << tensor.name;
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(TensorFile, SaysWhatAFileIsInstead) {
  scratch_folder folder;
  const auto open = [&](const std::string &bytes) { tensor_file::open(folder.write("a", bytes)); };
  EXPECT_ERROR(open(""), "a: is empty");
  EXPECT_ERROR(open("version https://git-lfs.github.com/spec/v1\n"), "run git lfs pull");
  EXPECT_ERROR(open("<!DOCTYPE html>"), "is a web page");
  EXPECT_ERROR(open("\x80\x04\x95"), "that torch.save did not write");
  EXPECT_ERROR(open("hello, world"), "is no weights file");
  EXPECT_ERROR(tensor_file::open(folder.path), "is a folder");
  EXPECT_ERROR(tensor_file::open(folder.path / "b"), "cannot be opened: No such file");
  EXPECT_ERROR(tensor_file::open("/dev/null"), "is no regular file");
}

} // namespace
