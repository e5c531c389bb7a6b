// Bilinear resize with antialiasing as Pillow 13 does it, to the last bit.
#pragma once

#include "data/image.h"

namespace resnetc {

/// A rectangle in pixels.
struct rectangle {
  int left = 0, top = 0, width = 0, height = 0;
};

/// As Pillow's `source.crop(from).resize((width, height),
/// BILINEAR).crop(window)`, computing only what the window needs. `from` lies
/// in the source, `window` in the resized image; all sizes are positive.
/// Thread-safe.
image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window);

} // namespace resnetc
