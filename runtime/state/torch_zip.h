// .pth files since PyTorch 1.6: a zip with data.pkl and one entry a storage.
#ifndef RESNETC_STATE_TORCH_ZIP_H
#define RESNETC_STATE_TORCH_ZIP_H

#include "state/mapped_file.h"
#include "state/tensor_view.h"

namespace resnetc {

bool looks_like_zip(std::span<const std::byte> bytes);

/// Throws file_error on anything that torch.save(state_dict) does not write:
/// see zip_archive, pickle_reader and read_state_dict. An archive from a
/// big-endian machine is refused.
tensor_listing read_torch_zip(const mapped_file &file);

} // namespace resnetc

#endif
