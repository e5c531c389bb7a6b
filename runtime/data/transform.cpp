#include "data/transform.h"

#include "data/codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <optional>
#include <type_traits>

namespace resnetc {
namespace {

/// half / 2 rounded half to even, as Python's round.
int rounded_half(int half) { return half / 2 + (half % 4 == 3 ? 1 : 0); }

void flip_left_right(image &picture) {
  uint8_t *row = picture.pixels.data();
  for (int y = 0; y < picture.height; ++y,
           row += static_cast<std::ptrdiff_t>(picture.width) * picture.channels)
    for (int left = 0, right = picture.width - 1; left < right; ++left, --right)
      std::swap_ranges(row + left * picture.channels,
                       row + (left + 1) * picture.channels,
                       row + right * picture.channels);
}

/// Resizes an image that comes in parts, as while it is decoded.
class view_consumer : public image_consumer {
public:
  explicit view_consumer(const transform_spec &spec) : spec(spec) {}
  void add(const pixel_rows &rows) override { resize->add(rows); }
  virtual image finish() { return resize->finish(); }

protected:
  const transform_spec &spec;
  std::optional<bilinear_resize> resize;
};

class evaluation_consumer : public view_consumer {
public:
  using view_consumer::view_consumer;
  rectangle begin(int width, int height) override {
    evaluation_geometry geometry = evaluate_geometry(width, height, spec);
    resize.emplace(rectangle{0, 0, width, height}, geometry.width,
                   geometry.height, geometry.crop, spec.channels);
    return resize->inputs();
  }
};

class training_consumer : public view_consumer {
public:
  training_consumer(const transform_spec &spec, random_stream &random)
      : view_consumer(spec), random(random) {}
  rectangle begin(int width, int height) override {
    training_geometry geometry = draw_geometry(width, height, random);
    flip = geometry.flip;
    resize.emplace(geometry.crop, spec.width, spec.height,
                   rectangle{0, 0, spec.width, spec.height}, spec.channels);
    return resize->inputs();
  }
  image finish() override {
    image out = view_consumer::finish();
    if (flip)
      flip_left_right(out);
    return out;
  }

private:
  random_stream &random;
  bool flip = false;
};

image view_of(const image &source, view_consumer &consumer) {
  consumer.add(rows_of(source, consumer.begin(source.width, source.height)));
  return consumer.finish();
}

image view_of(std::span<const std::byte> bytes, exif orientation,
              const transform_spec &spec, view_consumer &consumer) {
  decode_image(bytes, spec.channels, orientation, consumer);
  return consumer.finish();
}

/// Whether computing gives the very bits of a table [3][256].
bool gives(const rgb_scale &scale, const std::vector<float> &table) {
  uint8_t pixels[256 * 3];
  for (int i = 0; i < 256 * 3; ++i)
    pixels[i] = static_cast<uint8_t>(i / 3);
  float computed[256 * 3];
  normalise_rgb_avx2(scale, pixels, 256, computed);
  for (int i = 0; i < 256 * 3; ++i)
    if (std::bit_cast<uint32_t>(computed[i]) !=
        std::bit_cast<uint32_t>(table[i % 3 * 256 + i / 3]))
      return false;
  return true;
}

} // namespace

evaluation_geometry evaluate_geometry(int width, int height,
                                      const transform_spec &spec) {
  const int64_t w = width, h = height;
  int64_t resized_width = spec.resize, resized_height = spec.resize;
  if (w <= h)
    resized_height = spec.resize * h / w;
  else
    resized_width = spec.resize * w / h;
  if (resized_width < spec.width || resized_height < spec.height) {
    // The least size that covers the crop: its width fits exactly, or its
    // height does.
    if (spec.width * h >= spec.height * w) {
      resized_width = spec.width;
      resized_height = spec.width * h / w;
    } else {
      resized_height = spec.height;
      resized_width = spec.height * w / h;
    }
  }
  check_image_size(resized_width, resized_height); // 16 million to 1, say
  evaluation_geometry out;
  out.width = static_cast<int>(resized_width);
  out.height = static_cast<int>(resized_height);
  out.crop = {rounded_half(out.width - spec.width),
              rounded_half(out.height - spec.height), spec.width, spec.height};
  return out;
}

training_geometry draw_geometry(int width, int height, random_stream &random) {
  constexpr double least_area = 0.08, least_ratio = 3.0 / 4,
                   most_ratio = 4.0 / 3;
  constexpr int tries = 10;
  training_geometry out;
  bool found = false;
  for (int i = 0; i < tries && !found; ++i) {
    double area =
        static_cast<double>(width) * height * random.uniform(least_area, 1);
    double ratio =
        std::exp(random.uniform(std::log(least_ratio), std::log(most_ratio)));
    int w = static_cast<int>(std::nearbyint(std::sqrt(area * ratio)));
    int h = static_cast<int>(std::nearbyint(std::sqrt(area / ratio)));
    found = w > 0 && w <= width && h > 0 && h <= height;
    if (found) {
      int top = static_cast<int>(random.below(height - h + 1)),
          left = static_cast<int>(random.below(width - w + 1));
      out.crop = {left, top, w, h};
    }
  }
  if (!found) { // the middle, no longer than the ratios allow
    double ratio = static_cast<double>(width) / height;
    int w = ratio > most_ratio
                ? static_cast<int>(std::nearbyint(height * most_ratio))
                : width;
    int h = ratio < least_ratio
                ? static_cast<int>(std::nearbyint(width / least_ratio))
                : height;
    out.crop = {(width - w) / 2, (height - h) / 2, w, h};
  }
  out.flip = random.uniform() < 0.5;
  return out;
}

image evaluation_view(const image &source, const transform_spec &spec) {
  evaluation_consumer consumer(spec);
  return view_of(source, consumer);
}

image training_view(const image &source, const transform_spec &spec,
                    random_stream &random) {
  training_consumer consumer(spec, random);
  return view_of(source, consumer);
}

image evaluation_view(std::span<const std::byte> bytes, exif orientation,
                      const transform_spec &spec) {
  evaluation_consumer consumer(spec);
  return view_of(bytes, orientation, spec, consumer);
}

image training_view(std::span<const std::byte> bytes, exif orientation,
                    const transform_spec &spec, random_stream &random) {
  training_consumer consumer(spec, random);
  return view_of(bytes, orientation, spec, consumer);
}

template <typename T>
normaliser<T>::normaliser(const transform_spec &spec)
    : channels(spec.channels),
      pixel_count(static_cast<int64_t>(spec.height) * spec.width),
      table(static_cast<size_t>(spec.channels) * 256) {
  for (int c = 0; c < channels; ++c)
    for (int v = 0; v < 256; ++v)
      table[c * 256 + v] = (static_cast<T>(v) / static_cast<T>(255) -
                            static_cast<T>(spec.mean[c])) /
                           static_cast<T>(spec.std[c]);
  if constexpr (std::is_same_v<T, float>)
    if (channels == 3 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma")) {
      for (int c = 0; c < 3; ++c) {
        scale.mean[c] = static_cast<float>(spec.mean[c]);
        scale.std[c] = static_cast<float>(spec.std[c]);
      }
      computed = gives(scale, table);
    }
}

template <typename T>
void normaliser<T>::normalise(const uint8_t *pixels, T *out) const {
  if constexpr (std::is_same_v<T, float>)
    if (computed)
      return normalise_rgb_avx2(scale, pixels, pixel_count, out);
  if (channels == 3) { // a fixed count keeps the loop tight
    const T *red = &table[0], *green = &table[256], *blue = &table[512];
    for (int64_t i = 0; i < pixel_count; ++i, pixels += 3, out += 3) {
      out[0] = red[pixels[0]];
      out[1] = green[pixels[1]];
      out[2] = blue[pixels[2]];
    }
    return;
  }
  for (int64_t i = 0; i < pixel_count; ++i)
    for (int c = 0; c < channels; ++c)
      *out++ = table[c * 256 + *pixels++];
}

template class normaliser<float>;
template class normaliser<double>;

} // namespace resnetc
