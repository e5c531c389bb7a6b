// .pth files before PyTorch 1.6: a stream of pickles, then the storages.
#ifndef RESNETC_STATE_TORCH_LEGACY_H
#define RESNETC_STATE_TORCH_LEGACY_H

#include "state/mapped_file.h"
#include "state/tensor_view.h"

namespace resnetc {

/// Whether the bytes begin with the pickled magic number.
bool looks_like_torch_legacy(std::span<const std::byte> bytes);

/// Throws file_error; see read_torch_zip. Source: torch/serialization.py,
/// _legacy_save.
tensor_listing read_torch_legacy(const mapped_file &file);

} // namespace resnetc

#endif
