// Bilinear resize with antialiasing as Pillow 13 does it, to the last bit.
#pragma once

#include "data/image.h"

#include <memory>

namespace resnetc {

struct resize_passes;

/// As Pillow's `source.crop(from).resize((width, height),
/// BILINEAR).crop(window)`, computing only what the window needs, from rows
/// that arrive one after the other. `from` lies in the source, `window` in the
/// resized image; all sizes are positive.
class bilinear_resize {
public:
  bilinear_resize(const rectangle &from, int width, int height,
                  const rectangle &window, int channels);
  bilinear_resize(const rectangle &from, int width, int height,
                  const rectangle &window, int channels,
                  const resize_passes &passes);
  ~bilinear_resize();
  bilinear_resize(const bilinear_resize &) = delete;
  bilinear_resize &operator=(const bilinear_resize &) = delete;

  /// The part of the source that is read.
  const rectangle &inputs() const;
  /// The next rows of that part, from its left edge on.
  void add(const pixel_rows &rows);
  /// The window, once all rows are there.
  image finish();

private:
  struct state;
  std::unique_ptr<state> self;
};

/// The same of an image in memory. Thread-safe.
image resize_bilinear(const image &source, const rectangle &from, int width,
                      int height, const rectangle &window);

} // namespace resnetc
