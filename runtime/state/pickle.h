// A reader of PyTorch's pickles that can build data and call nothing.
#ifndef RESNETC_STATE_PICKLE_H
#define RESNETC_STATE_PICKLE_H

#include "state/tensor_view.h"

#include <deque>
#include <filesystem>
#include <map>
#include <span>
#include <string_view>
#include <unordered_map>

namespace resnetc {

/// The globals that a pickle may name. None of them is ever called: each has
/// one meaning here.
enum class pickle_global {
  ordered_dict,
  rebuild_tensor,
  rebuild_tensor_v2,
  rebuild_parameter,
  storage ///< torch.FloatStorage and its kin
};

/// One Python object. Which fields hold something hangs on the kind.
struct pickle_value {
  enum class kind_type {
    none,
    boolean, ///< integer
    integer, ///< integer
    real,
    text,    ///< text
    tuple,   ///< items
    list,    ///< items
    dict,    ///< items: key, value, key, value, ...
    global,  ///< global, and dtype of a storage class
    storage, ///< text: its key; integer: elements; dtype
    tensor   ///< items: its storage; integer: offset; shape, strides; dtype
  };
  kind_type kind = kind_type::none;
  element_type dtype = element_type::f32;
  pickle_global global = pickle_global::ordered_dict;
  bool ordered = false; ///< a dict that can carry attributes
  std::int64_t integer = 0;
  std::string text;
  std::vector<pickle_value *> items;
  std::vector<std::int64_t> shape, strides;

  /// The value of a text key; null where there is none.
  const pickle_value *find(std::string_view key) const;
};

/// Protocol 2, the opcodes that files with state_dicts use. Each opcode checks
/// the types that it meets; a tensor lies within its storage's declared size.
/// Every error is a file_error with the place and, for what the allow-list
/// refuses, the remedy.
class pickle_reader {
public:
  /// `file` and `bytes` must outlive the object; the first pickle begins at
  /// `begin`.
  pickle_reader(const std::filesystem::path &file,
                std::span<const std::byte> bytes, std::size_t begin = 0);

  /// The next object of the stream; lives as long as the reader.
  const pickle_value &load();
  /// Bytes read so far.
  std::size_t position() const { return at; }
  /// All storages that were named so far, by key; one key has one type and
  /// size.
  const std::map<std::string, pickle_value *> &storages() const {
    return storage_by_key;
  }

private:
  using kind = pickle_value::kind_type;

  [[noreturn]] void fail(const std::string &message) const;
  std::span<const std::byte> take(std::size_t count);
  template <typename T> T number();
  std::string_view line();

  pickle_value *make(kind type);
  void push(pickle_value *value) { stack.push_back(value); }
  pickle_value *pop();
  pickle_value *pop(kind expected, const char *what);
  pickle_value *top(kind expected, const char *what);
  std::vector<pickle_value *> pop_mark();

  bool scalar(unsigned char opcode);
  bool container(unsigned char opcode);
  bool memory(unsigned char opcode);
  bool object(unsigned char opcode);

  void push_text(std::size_t length);
  void push_integer(std::int64_t value);
  void push_long();
  void push_tuple(std::size_t count);
  void push_global();
  void push_storage();
  void set_items(pickle_value &dict, const std::vector<pickle_value *> &items);
  void build();
  void reduce();
  pickle_value *new_ordered_dict(const pickle_value &arguments);
  pickle_value *new_tensor(const pickle_value &arguments, bool second_version);
  std::vector<std::int64_t> sizes(const pickle_value &tuple,
                                  const char *what) const;

  const std::filesystem::path &file;
  std::span<const std::byte> bytes;
  std::size_t at = 0;
  std::deque<pickle_value> values;
  std::map<std::string, pickle_value *> storage_by_key;
  std::size_t dict_items = 0;
  std::vector<pickle_value *> stack;
  std::vector<std::size_t> marks;
  std::unordered_map<std::uint32_t, pickle_value *> memo;
};

} // namespace resnetc

#endif
