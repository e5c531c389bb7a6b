// The pickle machine: what state_dicts hold is built, everything else refused with its reason.
#include "state/pickle.h"

#include "state_files.h"

using namespace resnetc;
using kind = pickle_value::kind_type;

namespace {

const std::filesystem::path file = "weights.pth";

/// Bytes with embedded zeros from a literal.
template <std::size_t N> std::string raw(const char (&text)[N]) { return {text, N - 1}; }

const std::string proto = "\x80\x02";
const std::string ordered_dict = "ccollections\nOrderedDict\n";
const std::string rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";

std::string text(const std::string &value) { return "U" + std::string(1, static_cast<char>(value.size())) + value; }
std::string integer(int32_t value) { return "J" + std::string(reinterpret_cast<const char *>(&value), 4); }

std::string storage(const std::string &key, int32_t elements, const std::string &type = "FloatStorage") {
  return "(" + text("storage") + "ctorch\n" + type + "\n" + text(key) + text("cpu") + integer(elements) + "tQ";
}

std::string sizes(const std::vector<int32_t> &values) {
  std::string bytes = "(";
  for (int32_t value : values)
    bytes += integer(value);
  return bytes + "t";
}

std::string tensor(const std::string &from, int32_t offset, const std::vector<int32_t> &shape,
                   const std::vector<int32_t> &strides) {
  return rebuild + "(" + from + integer(offset) + sizes(shape) + sizes(strides) + "\x89" + ordered_dict + ")RtR";
}

const pickle_value &load(pickle_reader &reader) { return reader.load(); }

struct loaded {
  explicit loaded(const std::string &bytes)
      : bytes(bytes), reader(file, std::as_bytes(std::span(this->bytes))), root(load(reader)) {}
  std::string bytes;
  pickle_reader reader;
  const pickle_value &root;
};

TEST(Pickle, BuildsPlainData) {
  const loaded p(proto + "(" + "N\x88\x89" + raw("K\xff") + raw("M\xff\xff") + integer(-5) + raw("\x8a\x00") +
                 raw("\x8a\x02\x00\x80") + raw("\x8a\x05\x00\x00\x00\x00\x01") + raw("G\0\0\0\0\0\0\0\0") +
                 raw("X\x02\0\0\0\xc3\xa9") + "](" + "K\x01K\x02" + "e" + "K\x03" + "a" + "t.");
  const auto &items = p.root.items;
  ASSERT_EQ(p.root.kind, kind::tuple);
  ASSERT_EQ(items.size(), 12u);
  EXPECT_EQ(items[0]->kind, kind::none);
  EXPECT_EQ(items[1]->kind, kind::boolean);
  EXPECT_EQ(items[1]->integer, 1);
  EXPECT_EQ(items[2]->integer, 0);
  EXPECT_EQ(items[3]->integer, 255);
  EXPECT_EQ(items[4]->integer, 65535);
  EXPECT_EQ(items[5]->integer, -5);
  EXPECT_EQ(items[6]->integer, 0);
  EXPECT_EQ(items[7]->integer, -32768);
  EXPECT_EQ(items[8]->integer, int64_t{1} << 32);
  EXPECT_EQ(items[9]->kind, kind::real);
  EXPECT_EQ(items[10]->text, "é");
  EXPECT_EQ(items[11]->items.size(), 3u);
}

TEST(Pickle, BuildsTensors) {
  const loaded p(proto + "}" + text("w") + tensor(storage("0", 12), 2, {2, 3}, {1, 4}) + "s.");
  const pickle_value &w = *p.root.find("w");
  EXPECT_EQ(w.kind, kind::tensor);
  EXPECT_EQ(w.integer, 2);
  EXPECT_EQ(w.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(w.strides, (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(w.items[0]->text, "0");
  EXPECT_EQ(p.reader.storages().size(), 1u);
  EXPECT_EQ(p.reader.position(), p.bytes.size());
}

TEST(Pickle, BuildsWhatPython2Writes) {
  const loaded p(proto + ordered_dict + "(](](" + text("a") + "K\x01" + "e](" + raw("T\x01\0\0\0b") + "K\x02" +
                 "eetR.");
  EXPECT_EQ(p.root.find("a")->integer, 1);
  EXPECT_EQ(p.root.find("b")->integer, 2);
}

TEST(Pickle, BuildsTensorsOfPyTorch03AndParameters) {
  const loaded p(proto + "}" + text("a") + "ctorch._utils\n_rebuild_tensor\n(" + storage("0", 4) + "K\x01" +
                 sizes({3}) + sizes({1}) + "tRs" + text("b") + "ctorch._utils\n_rebuild_parameter\n(" +
                 tensor(storage("0", 4), 0, {4}, {1}) + "\x88}tRs.");
  EXPECT_EQ(p.root.find("a")->integer, 1);
  EXPECT_EQ(p.root.find("b")->kind, kind::tensor);
}

TEST(Pickle, RefusesEverythingElse) {
  const std::string four = storage("0", 4);
  const struct {
    std::string bytes;
    const char *error;
  } cases[] = {
      {proto + "cos\nsystem\n" + text("id") + "\x85R.", "holds the Python object 'os.system'"},
      {proto + "ctorch\nload\n.", "holds the Python object 'torch.load'"},
      {proto + "ctorchvision.models.resnet\nResNet\n)\x81.", "save model.state_dict()"},
      {proto + "ccollections\nOrderedDict.__init__\n.", "'collections.OrderedDict.__init__'"},
      {proto + "ctorch.storage\n_load_from_bytes\n.", "'torch.storage._load_from_bytes'"},
      {proto + "c\x1b[31m\nevil\n.", "'?[31m.evil'"},
      {proto + "c" + std::string(300, 'a') + "\nb\n.", "a name has no end"},
      {proto + "\x81.", "opcode 0x81 has no place"},
      {proto + "}}\x93.", "opcode 0x93 has no place"},
      {proto + "(ios\nsystem\n.", "opcode 0x69 has no place"},
      {proto + "I1\n.", "opcode 0x49 has no place"},
      {"\x80\x04N.", "expected protocol 2"},
      {"N.", "expected protocol 2"},
      {proto, "ends too early"},
      {proto + "N", "ends too early"},
      {proto + raw("X\xff\xff\xff\xff") + "a.", "ends too early"},
      {proto + "T\x7f.", "ends too early"},
      {proto + "NN.", "values are left over"},
      {proto + "(N.", "values are left over"},
      {proto + ".", "a value is missing"},
      {proto + "N(s.", "a value is missing"},
      {proto + "t.", "a mark is missing"},
      {proto + "h\x05.", "value 5 was never stored"},
      {proto + "q\x05.", "a value is missing"},
      {proto + raw("\x8a\x09") + std::string(9, '\1') + ".", "more than 64 bits"},
      {proto + std::string(101, '(') + ".", "nests deeper than 100"},
      // types
      {proto + "}Na.", "expected a list"},
      {proto + "}(Ne.", "expected a list"},
      {proto + "]K\x01Ns.", "expected a dict"},
      {proto + "](K\x01Nu.", "expected a dict"},
      {proto + four + text("a") + "Ns.", "expected a dict"},
      {proto + "}(Nu.", "a dict's key has no value"},
      {proto + "}NNs.", "neither text nor an integer"},
      {proto + "}}b.", "a plain dict has attributes"},
      {proto + ordered_dict + ")RNb.", "expected a dict of attributes"},
      {proto + tensor(four, 0, {4}, {1}) + "}b.", "expected an ordered dict"},
      {proto + "N)R.", "expected something to call"},
      {proto + ordered_dict + "]R.", "expected a tuple of arguments"},
      {proto + ordered_dict + "N\x85R.", "not made of a list"},
      {proto + ordered_dict + "](Ne\x85R.", "item is no pair"},
      {proto + "ctorch\nFloatStorage\n)R.", "a storage's class is called"},
      {proto + "NQ.", "expected a storage's tuple"},
      {proto + ")Q.", "describes no storage"},
      {proto + "(" + text("storage") + rebuild + text("0") + text("cpu") + "K\x04tQ.", "describes no storage"},
      {proto + "(" + text("module") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x04tQ.",
       "describes no storage"},
      {proto + "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x04" + ")tQ.",
       "describes no storage"},
      {proto + storage("0", -1) + ".", "negative size"},
      {proto + "(" + four + storage("0", 5) + "t.", "two types or sizes"},
      {proto + "(" + four + storage("0", 4, "DoubleStorage") + "t.", "two types or sizes"},
      {proto + storage("0", 4, "CudaStorage") + ".", "holds the Python object 'torch.CudaStorage'"},
      {proto + rebuild + ")R.", "not made of a storage"},
      {proto + rebuild + raw("(}K\0))\x89}tR."), "a tensor is not made of a storage"},
      {proto + "ctorch._utils\n_rebuild_parameter\n(N\x89}tR.", "not made of a tensor"},
      // places
      {proto + tensor(four, -1, {1}, {1}) + ".", "not made of a storage"},
      {proto + tensor(four, 0, {-1}, {1}) + ".", "something other than sizes"},
      {proto + tensor(four, 0, {1}, {-1}) + ".", "something other than sizes"},
      {proto + tensor(four, 0, {1, 1}, {1}) + ".", "another number of strides"},
      {proto + tensor(four, 0, {5}, {1}) + ".", "shape [5] reaches beyond its storage of 4"},
      {proto + tensor(four, 1, {4}, {1}) + ".", "reaches beyond"},
      {proto + tensor(four, 5, {0}, {1}) + ".", "reaches beyond"},
      {proto + tensor(four, 0, {2, 2}, {3, 1}) + ".", "reaches beyond"},
      {proto + tensor(four, 0, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}) + ".", "reaches beyond"},
      {proto + tensor(four, 0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}) + ".",
       "more than 8 entries"},
  };
  for (const auto &c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.bytes));
    EXPECT_ERROR(loaded(c.bytes), c.error);
  }
}

TEST(Pickle, BoundsWhatASmallFileCanGrowTo) {
  EXPECT_ERROR(loaded(proto + std::string((1 << 20) + 1, 'N') + "."), "more than 1048576 values");
  // One list of pairs that many dicts are made of.
  std::string many = proto + "](";
  for (int i = 0; i < 10000; ++i)
    many += "](K\x01K\x02" "e";
  many += "e\x85q" + raw("\0") + "(";
  for (int i = 0; i < 10000; ++i)
    many += ordered_dict + raw("h\0R");
  EXPECT_ERROR(loaded(many + "t."), "items");
}

TEST(Pickle, HoldsItselfWithoutHarm) {
  const loaded p(proto + raw("]q\0h\0a."));
  EXPECT_EQ(p.root.items[0], &p.root);
}

TEST(Pickle, SurvivesEveryCut) {
  const std::string bytes = proto + "}" + text("w") + tensor(storage("0", 12), 2, {2, 3}, {1, 4}) + "s.";
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_ERROR(loaded(bytes.substr(0, size)), "weights.pth: ");
}

} // namespace
