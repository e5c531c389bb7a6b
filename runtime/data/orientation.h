// The orientation that a camera wrote beside the pixels.
#pragma once

#include "data/image.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace resnetc {

/// Orientation in EXIF data (a TIFF header and its first directory, with or
/// without "Exif\0\0" before it), read as leniently as Pillow does. Nothing
/// where the tag is missing; a value that is no orientation is returned as it
/// is.
std::optional<int> exif_orientation(std::span<const std::byte> data);

/// Orientation in an XMP packet: what stands behind the first
/// `tiff:Orientation`.
std::optional<int> xmp_orientation(std::string_view packet);

/// The part of a stored image of that size that is `part` of the upright one.
rectangle stored_part(const rectangle &part, int width, int height,
                      int orientation);

/// Turns stored pixels upright; orientations other than 2 ... 8 leave them as
/// they are.
image upright(image stored, int orientation);

} // namespace resnetc
