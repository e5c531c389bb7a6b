// Images to PNG files.
#pragma once

#include "data/image.h"

#include <filesystem>

namespace resnetc {

/// Writes an RGB or grey image; the file appears whole or not at all. Throws
/// std::runtime_error that names the path.
void write_png(const std::filesystem::path &path, const image &picture);

} // namespace resnetc
