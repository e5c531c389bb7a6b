// From an unpickled object to the tensors of a state_dict; what both .pth
// formats share.
#ifndef RESNETC_STATE_TORCH_STATE_DICT_H
#define RESNETC_STATE_TORCH_STATE_DICT_H

#include "state/mapped_file.h"
#include "state/pickle.h"

#include <functional>

namespace resnetc {

/// The bytes of a storage, exactly as many as it declares; throws file_error
/// where the file has others.
using storage_bytes =
    std::function<std::span<const std::byte>(const pickle_value &storage)>;

/// Takes a dict of tensors, or a checkpoint with one under "state_dict",
/// "model" or "model_state_dict". Where all names begin with "module."
/// (torch.nn.DataParallel), that is stripped. Notes say so. Names must be
/// unique.
tensor_listing read_state_dict(const mapped_file &file,
                               const pickle_value &root,
                               const storage_bytes &bytes_of);

/// What a storage declares, in bytes; throws file_error on overflow.
std::size_t declared_bytes(const mapped_file &file,
                           const pickle_value &storage);

} // namespace resnetc

#endif
