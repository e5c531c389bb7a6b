// The safetensors format: 8 bytes of header size, a JSON header, then the
// tensors' bytes without gaps. Format:
// https://github.com/huggingface/safetensors
#ifndef RESNETC_STATE_SAFETENSORS_H
#define RESNETC_STATE_SAFETENSORS_H

#include "state/file_ops.h"
#include "state/mapped_file.h"
#include "state/tensor_view.h"

#include <functional>

namespace resnetc {

/// "F32", "BF16", "BOOL", ...
std::string safetensors_name(element_type type);

/// Whether the bytes can be a safetensors file at all.
bool looks_like_safetensors(std::span<const std::byte> bytes);

/// Throws file_error on anything that the format forbids: a header over 100 MB,
/// duplicate keys, holes, overlaps, a size other than the shape's, bytes at the
/// end that belong to no tensor.
tensor_listing read_safetensors(const mapped_file &file);

/// A tensor to write. `bytes` is called once, in the order of writing, and
/// gives the elements in row-major order; they are used before the next tensor
/// is asked for, so all may share one buffer.
struct tensor_output {
  std::string name;
  element_type dtype = element_type::f32;
  std::vector<std::int64_t> shape;
  std::function<const std::byte *()> bytes;
};

/// Replaces PATH atomically (see atomic_file). Throws file_error; the old file
/// is then as it was.
void write_safetensors(const std::filesystem::path &path,
                       std::vector<tensor_output> tensors,
                       const std::map<std::string, std::string> &metadata,
                       file_ops &ops = file_ops::system());

/// The same for tensors in memory, which may be strided.
void write_safetensors(const std::filesystem::path &path,
                       const std::vector<tensor_view> &tensors,
                       const std::map<std::string, std::string> &metadata,
                       file_ops &ops = file_ops::system());

} // namespace resnetc

#endif
