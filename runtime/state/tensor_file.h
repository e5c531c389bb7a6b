// A weights file of any kind that we read: safetensors, .pth (zip), .pth (the
// stream of PyTorch before 1.6).
#ifndef RESNETC_STATE_TENSOR_FILE_H
#define RESNETC_STATE_TENSOR_FILE_H

#include "state/mapped_file.h"
#include "state/tensor_view.h"

#include <memory>
#include <string_view>

namespace resnetc {

/// Read-only; the views stay valid as long as the object, or what it was moved
/// to, lives.
class tensor_file {
public:
  /// The kind is told by content, not by the name. Throws file_error. Nothing
  /// in the file can call anything: a pickle is read by a machine that builds
  /// data alone.
  static tensor_file open(const std::filesystem::path &path);

  const std::filesystem::path &path() const { return file.path(); }
  const std::vector<tensor_view> &tensors() const { return listing.tensors; }
  /// safetensors' `__metadata__`; empty for .pth.
  const std::map<std::string, std::string> &metadata() const {
    return listing.metadata;
  }
  /// Lines for the user, such as "took the state_dict under \"model\"".
  const std::vector<std::string> &notes() const { return listing.notes; }
  /// Null where the file has no such tensor.
  const tensor_view *find(std::string_view name) const;

private:
  tensor_file(mapped_file file, tensor_listing listing);

  mapped_file file;
  tensor_listing listing;
  std::map<std::string_view, const tensor_view *> by_name;
};

} // namespace resnetc

#endif
