// The stack machine: opcodes that make and combine plain data. What has a
// meaning to PyTorch is in pickle_torch.cpp. Opcodes: CPython's
// Lib/pickletools.py.
#include "state/pickle.h"

#include "state/mapped_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace resnetc {

// A ResNet152's state_dict makes about 20,000 values; with an optimizer's state
// a few times that.
constexpr std::size_t value_limit = 1 << 20;
constexpr std::size_t nesting_limit = 100;

const pickle_value *pickle_value::find(std::string_view key) const {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i]->kind == kind_type::text && items[i]->text == key)
      return items[i + 1];
  return nullptr;
}

pickle_reader::pickle_reader(const std::filesystem::path &path,
                             std::span<const std::byte> stream,
                             std::size_t begin)
    : file(path), bytes(stream), at(begin) {}

void pickle_reader::fail(const std::string &message) const {
  throw file_error(file, fmt::format("its pickle is damaged or hostile: {}, "
                                     "at byte {}",
                                     message, at));
}

std::span<const std::byte> pickle_reader::take(std::size_t count) {
  if (count > bytes.size() - at)
    fail("it ends too early");
  const auto taken = bytes.subspan(at, count);
  at += count;
  return taken;
}

template <typename T> T pickle_reader::number() {
  T value;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

/// Up to a newline, as GLOBAL writes names.
std::string_view pickle_reader::line() {
  const std::string_view rest(reinterpret_cast<const char *>(bytes.data()) + at,
                              bytes.size() - at);
  const std::size_t length = rest.substr(0, 256).find('\n');
  if (length == rest.npos)
    fail("a name has no end");
  take(length + 1);
  return rest.substr(0, length);
}

pickle_value *pickle_reader::make(kind type) {
  if (values.size() == value_limit)
    fail(fmt::format("it has more than {} values", value_limit));
  values.emplace_back();
  values.back().kind = type;
  return &values.back();
}

pickle_value *pickle_reader::pop() {
  if (stack.size() <= (marks.empty() ? 0 : marks.back()))
    fail("a value is missing");
  pickle_value *value = stack.back();
  stack.pop_back();
  return value;
}

pickle_value *pickle_reader::top(kind expected, const char *what) {
  if (stack.size() <= (marks.empty() ? 0 : marks.back()))
    fail("a value is missing");
  if (stack.back()->kind != expected)
    fail(fmt::format("expected {}", what));
  return stack.back();
}

pickle_value *pickle_reader::pop(kind expected, const char *what) {
  top(expected, what);
  return pop();
}

std::vector<pickle_value *> pickle_reader::pop_mark() {
  if (marks.empty())
    fail("a mark is missing");
  const auto first = stack.begin() + static_cast<std::ptrdiff_t>(marks.back());
  std::vector<pickle_value *> items(first, stack.end());
  stack.erase(first, stack.end());
  marks.pop_back();
  return items;
}

const pickle_value &pickle_reader::load() {
  stack.clear();
  marks.clear();
  memo.clear();
  if (number<unsigned char>() != 0x80 || number<unsigned char>() != 2)
    fail("expected protocol 2, which torch.save writes by default");
  for (;;) {
    const auto opcode = number<unsigned char>();
    if (opcode == '.')
      break;
    if (!scalar(opcode) && !container(opcode) && !memory(opcode) &&
        !object(opcode))
      fail(fmt::format("opcode 0x{:02x} has no place in a state_dict", opcode));
  }
  pickle_value *result = pop();
  if (!stack.empty() || !marks.empty())
    fail("values are left over");
  return *result;
}

bool pickle_reader::scalar(unsigned char opcode) {
  switch (opcode) {
  case 'N':
    push(make(kind::none));
    return true;
  case 0x88:
  case 0x89:
    push_integer(opcode == 0x88);
    stack.back()->kind = kind::boolean;
    return true;
  case 'J':
    push_integer(number<std::int32_t>());
    return true;
  case 'K':
    push_integer(number<std::uint8_t>());
    return true;
  case 'M':
    push_integer(number<std::uint16_t>());
    return true;
  case 0x8a:
    push_long();
    return true;
  case 'G':
    take(sizeof(double)); // learning rates and the like: nobody asks
    push(make(kind::real));
    return true;
  case 'X':
  case 'T': // Python 2
    push_text(number<std::uint32_t>());
    return true;
  case 'U': // Python 2
    push_text(number<std::uint8_t>());
    return true;
  default:
    return false;
  }
}

void pickle_reader::push_text(std::size_t length) {
  const auto taken = take(length);
  pickle_value *value = make(kind::text);
  value->text.assign(reinterpret_cast<const char *>(taken.data()),
                     taken.size());
  push(value);
}

void pickle_reader::push_integer(std::int64_t number) {
  pickle_value *value = make(kind::integer);
  value->integer = number;
  push(value);
}

/// A length, then a two's complement number.
void pickle_reader::push_long() {
  const std::size_t length = number<std::uint8_t>();
  if (length > sizeof(std::int64_t))
    fail("an integer has more than 64 bits");
  std::int64_t value = 0;
  std::memcpy(&value, take(length).data(), length);
  const auto unused = static_cast<int>(8 * (sizeof value - length));
  if (length > 0)
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value)
                                      << unused) >>
            unused;
  push_integer(value);
}

bool pickle_reader::container(unsigned char opcode) {
  switch (opcode) {
  case '(':
    if (marks.size() == nesting_limit)
      fail(fmt::format("it nests deeper than {}", nesting_limit));
    marks.push_back(stack.size());
    return true;
  case ')':
    push(make(kind::tuple));
    return true;
  case ']':
    push(make(kind::list));
    return true;
  case '}':
    push(make(kind::dict));
    return true;
  case 't': {
    std::vector<pickle_value *> items = pop_mark();
    push(make(kind::tuple));
    stack.back()->items = std::move(items);
    return true;
  }
  case 0x85:
  case 0x86:
  case 0x87:
    push_tuple(opcode - 0x84u);
    return true;
  case 'a': {
    pickle_value *item = pop();
    top(kind::list, "a list to append to")->items.push_back(item);
    return true;
  }
  case 'e': {
    const std::vector<pickle_value *> items = pop_mark();
    auto &list = top(kind::list, "a list to append to")->items;
    list.insert(list.end(), items.begin(), items.end());
    return true;
  }
  case 's': {
    pickle_value *value = pop(), *key = pop();
    set_items(*top(kind::dict, "a dict to set items of"), {key, value});
    return true;
  }
  case 'u': {
    const std::vector<pickle_value *> items = pop_mark();
    set_items(*top(kind::dict, "a dict to set items of"), items);
    return true;
  }
  default:
    return false;
  }
}

void pickle_reader::push_tuple(std::size_t count) {
  std::vector<pickle_value *> items(count);
  for (std::size_t i = count; i-- > 0;)
    items[i] = pop();
  push(make(kind::tuple));
  stack.back()->items = std::move(items);
}

void pickle_reader::set_items(pickle_value &dict,
                              const std::vector<pickle_value *> &items) {
  if (items.size() % 2 != 0)
    fail("a dict's key has no value");
  // A list that makes many ordered dicts would grow a small file without end.
  dict_items += items.size();
  if (dict_items > 2 * value_limit)
    fail(fmt::format("its dicts have more than {} items", value_limit));
  for (std::size_t i = 0; i < items.size(); i += 2)
    if (items[i]->kind != kind::text && items[i]->kind != kind::integer)
      fail("a dict's key is neither text nor an integer");
  dict.items.insert(dict.items.end(), items.begin(), items.end());
}

bool pickle_reader::memory(unsigned char opcode) {
  const bool is_long = opcode == 'r' || opcode == 'j';
  if (!is_long && opcode != 'q' && opcode != 'h')
    return false;
  const std::uint32_t index =
      is_long ? number<std::uint32_t>() : number<std::uint8_t>();
  if (opcode == 'q' || opcode == 'r') {
    pickle_value *value = pop();
    push(value);
    memo[index] = value;
    return true;
  }
  const auto found = memo.find(index);
  if (found == memo.end())
    fail(fmt::format("value {} was never stored", index));
  push(found->second);
  return true;
}

bool pickle_reader::object(unsigned char opcode) {
  switch (opcode) {
  case 'c':
    push_global();
    return true;
  case 'Q':
    push_storage();
    return true;
  case 'R':
    reduce();
    return true;
  case 'b':
    build();
    return true;
  default:
    return false;
  }
}

} // namespace resnetc
