// From a decoded image to what the network sees: geometry on bytes, then
// normalisation.
#pragma once

#include "data/decode.h"
#include "data/image.h"
#include "data/normalise.h"
#include "data/random.h"
#include "data/resize.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace resnetc {

/// The network's input. `resize`: evaluation resizes the shorter side to this
/// many pixels. `mean` and `std`: one a channel, on the scale 0 ... 1.
struct transform_spec {
  int height = 0, width = 0, channels = 0;
  int resize = 0;
  const double *mean = nullptr, *std = nullptr;
};

/// torchvision's Resize(resize) and CenterCrop: the size an image is resized
/// to, and the part that is kept. Where the crop would not fit (a small
/// `resize`, height and width unequal), the image is resized to the least size
/// in which it does. Throws bad_image for one so long and narrow that this
/// size is over the limit.
struct evaluation_geometry {
  int width = 0, height = 0;
  rectangle crop;
};
evaluation_geometry evaluate_geometry(int width, int height,
                                      const transform_spec &spec);

/// torchvision's RandomResizedCrop(scale (0.08, 1), ratio (3/4, 4/3)) and
/// RandomHorizontalFlip(0.5).
struct training_geometry {
  rectangle crop;
  bool flip = false;
};
training_geometry draw_geometry(int width, int height, random_stream &random);

/// The bytes that the network sees in evaluation; spec.width x spec.height. The
/// source has spec.channels channels.
image evaluation_view(const image &source, const transform_spec &spec);
/// The same for training with `crop-flip`.
image training_view(const image &source, const transform_spec &spec,
                    random_stream &random);

/// The same views of a JPEG or PNG, decoding only what they show. Throw
/// bad_image as decode_image does.
image evaluation_view(std::span<const std::byte> bytes, exif orientation,
                      const transform_spec &spec);
image training_view(std::span<const std::byte> bytes, exif orientation,
                    const transform_spec &spec, random_stream &random);

/// (v / 255 - mean) / std as torch computes it (ToTensor, then Normalize) in
/// the element type; T is float or double.
template <typename T> class normaliser {
public:
  explicit normaliser(const transform_spec &spec);
  /// height * width * channels bytes to as many elements; NHWC stays NHWC.
  void normalise(const uint8_t *pixels, T *out) const;

private:
  int channels;
  int64_t pixel_count;
  std::vector<T> table;  // [channels][256]
  bool computed = false; // rather than looked up
  rgb_scale scale{};
};

} // namespace resnetc
