// JPEG and PNG files to pixels, byte for byte as Pillow reads them.
#pragma once

#include "data/image.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace resnetc {

/// A file that is no readable image. The message gives the reason without the
/// file's name.
struct bad_image : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether the orientation that a camera wrote into the file is applied to the
/// pixels.
enum class exif { honour, ignore };

/// Images with more pixels than this are refused from their header (Pillow's
/// limit).
inline constexpr int64_t max_image_pixels = 178956970;

/// Decodes a JPEG or PNG (told by content) to RGB (`channels` 3) or grey (1),
/// as Pillow's `ImageOps.exif_transpose(Image.open(f)).convert("RGB")`, or
/// `"L"`; alpha is dropped. 16-bit grey takes the high byte, where Pillow clips
/// at 255. Throws bad_image for anything that can't be read to its end.
/// Thread-safe.
image decode_image(std::span<const std::byte> bytes, int channels,
                   exif orientation);

/// The libraries that decode, with their versions: another one may round
/// otherwise.
std::string decoder_versions();

/// Takes an image while it is decoded.
class image_consumer {
public:
  virtual ~image_consumer() = default;
  /// Given the size of the upright image: the part that is wanted, not empty.
  virtual rectangle begin(int width, int height) = 0;
  /// The next rows of that part, from its left edge on.
  virtual void add(const pixel_rows &rows) = 0;
};

/// decode_image for part of the image: the same pixels, without computing the
/// others where the format permits. All of the file is still read, so that the
/// same files are bad. What the consumer throws passes through.
void decode_image(std::span<const std::byte> bytes, int channels,
                  exif orientation, image_consumer &consumer);

} // namespace resnetc
