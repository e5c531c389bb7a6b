// Parts of images, decoded by themselves: the same pixels as in the whole
// image, and the same files are bad.
#include "data/decode.h"
#include "data/image_file.h"
#include "data/resize_passes.h"
#include "data/transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <jpeglib.h>

using namespace resnetc;

namespace {

/// How a JPEG is written.
struct coding {
  const char *name;
  int components;
  int horizontal, vertical; // sampling factors of the first component
  bool progressive = false;
  int restart_interval = 0; // MCUs
  bool one_scan_each = false;
};

const coding codings[] = {{"444", 3, 1, 1},
                          {"422", 3, 2, 1},
                          {"420", 3, 2, 2},
                          {"440", 3, 1, 2},
                          {"411", 3, 4, 1},
                          {"410", 3, 4, 2},
                          {"grey", 1, 1, 1},
                          {"cmyk", 4, 1, 1},
                          {"420_restarts", 3, 2, 2, false, 3},
                          {"420_scans", 3, 2, 2, false, 0, true},
                          {"420_progressive", 3, 2, 2, true},
                          {"422_progressive", 3, 2, 1, true},
                          {"grey_progressive", 1, 1, 1, true}};

/// A JPEG of blobs and noise, so that neighbours differ.
std::vector<std::byte> written(const coding &how, int width, int height,
                               unsigned seed) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = how.components;
  info.in_color_space = how.components == 1   ? JCS_GRAYSCALE
                        : how.components == 3 ? JCS_RGB
                                              : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 85, TRUE);
  info.comp_info[0].h_samp_factor = how.horizontal;
  info.comp_info[0].v_samp_factor = how.vertical;
  info.restart_interval = how.restart_interval;
  jpeg_scan_info scans[3] = {
      {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
  if (how.progressive)
    jpeg_simple_progression(&info);
  if (how.one_scan_each) {
    info.scan_info = scans;
    info.num_scans = 3;
  }
  jpeg_start_compress(&info, TRUE);
  std::mt19937 random(seed);
  std::vector<JSAMPLE> row(static_cast<size_t>(width) * how.components);
  for (int y = 0; y < height; ++y) {
    for (size_t i = 0; i < row.size(); ++i)
      row[i] = static_cast<JSAMPLE>((i * (7 + seed % 5) + y * 11) / 3 +
                                    random() % 60 + (i / 90 + y / 30) * 50);
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  auto bytes = reinterpret_cast<std::byte *>(data);
  std::vector<std::byte> out(bytes, bytes + size);
  std::free(data);
  return out;
}

/// Keeps the part that `choose` asks for.
class collector : public image_consumer {
public:
  using chooser = std::function<rectangle(int width, int height)>;
  collector(chooser choose, int channels)
      : choose(std::move(choose)), channels(channels) {}

  rectangle begin(int width, int height) override {
    whole_width = width;
    whole_height = height;
    part = choose(width, height);
    return part;
  }
  void add(const pixel_rows &rows) override {
    const size_t row_bytes = static_cast<size_t>(part.width) * channels;
    for (int y = 0; y < rows.count; ++y) {
      const uint8_t *row = rows.pixels + rows.stride * y;
      ASSERT_LE(row + row_bytes, rows.end);
      pixels.insert(pixels.end(), row, row + row_bytes);
    }
  }

  chooser choose;
  int channels;
  rectangle part;
  int whole_width = 0, whole_height = 0;
  std::vector<uint8_t> pixels;
};

std::vector<uint8_t> cut(const image &whole, const rectangle &part) {
  collector out([&](int, int) { return part; }, whole.channels);
  out.begin(whole.width, whole.height);
  out.add(rows_of(whole, part));
  return out.pixels;
}

rectangle random_part(std::mt19937 &random, int width, int height) {
  auto below = [&](int count) { return static_cast<int>(random() % count); };
  int w = 1 + below(width), h = 1 + below(height);
  if (random() % 4 == 0) // what a pass over a few pixels might get wrong
    w = std::min(w, 3), h = std::min(h, 3);
  return {below(width - w + 1), below(height - h + 1), w, h};
}

class Parts : public testing::TestWithParam<coding> {};

TEST_P(Parts, AreTheWholesOwn) {
  std::mt19937 random(3);
  for (unsigned seed = 0; seed < 60; ++seed) {
    int width = 1 + static_cast<int>(random() % (seed % 3 ? 40 : 150)),
        height = 1 + static_cast<int>(random() % (seed % 5 ? 150 : 40));
    std::vector<std::byte> bytes = written(GetParam(), width, height, seed);
    for (int channels : {3, 1}) {
      image whole = decode_image(bytes, channels, exif::honour);
      for (int i = 0; i < 12; ++i) {
        collector got([&](int w, int h) { return random_part(random, w, h); },
                      channels);
        decode_image(bytes, channels, exif::honour, got);
        ASSERT_EQ(got.whole_width, whole.width);
        ASSERT_EQ(got.whole_height, whole.height);
        ASSERT_EQ(got.pixels, cut(whole, got.part))
            << width << "x" << height << ": " << got.part.left << " "
            << got.part.top << " " << got.part.width << " " << got.part.height;
      }
    }
  }
}

/// What becomes of a file: its pixels, or why it is bad.
struct outcome {
  std::string reason;
  std::vector<uint8_t> pixels;
  bool operator==(const outcome &) const = default;
};

outcome whole_outcome(const std::vector<std::byte> &bytes,
                      const rectangle &part) {
  try {
    return {"", cut(decode_image(bytes, 3, exif::ignore), part)};
  } catch (const bad_image &error) {
    return {error.what(), {}};
  }
}

outcome part_outcome(const std::vector<std::byte> &bytes,
                     const rectangle &part) {
  collector got([&](int, int) { return part; }, 3);
  try {
    decode_image(bytes, 3, exif::ignore, got);
    return {"", got.pixels};
  } catch (const bad_image &error) {
    return {error.what(), {}};
  }
}

/// Damage above, beside and below the part is found as in the whole image; and
/// what is left of the pixels is the same.
TEST_P(Parts, OfDamagedFilesFareAsTheWholes) {
  std::mt19937 random(5);
  for (unsigned seed = 0; seed < 12; ++seed) {
    constexpr int width = 97, height = 83;
    const std::vector<std::byte> good =
        written(GetParam(), width, height, seed);
    // Behind the header, whose damage may change the size.
    const size_t begin = std::min<size_t>(good.size() / 2, 640);
    for (int i = 0; i < 40; ++i) {
      rectangle part = random_part(random, width, height);
      std::vector<std::byte> bytes = good;
      if (i % 2)
        bytes.resize(begin + random() % (bytes.size() - begin));
      for (int blow = i % 4; blow > 1; --blow)
        bytes[begin + random() % (bytes.size() - begin)] =
            static_cast<std::byte>(random());
      ASSERT_EQ(part_outcome(bytes, part), whole_outcome(bytes, part))
          << "seed " << seed << " round " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Jpeg, Parts, testing::ValuesIn(codings),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

/// Rows that arrive in strips of any height, wide and tall, either pass first,
/// by both implementations.
TEST(Resize, DoesNotDependOnStrips) {
  std::mt19937 random(9);
  std::vector<const resize_passes *> passes = {&portable_passes};
  if (__builtin_cpu_supports("avx2"))
    passes.push_back(&avx2_passes);
  for (int i = 0; i < 200; ++i) {
    auto below = [&](int count) { return static_cast<int>(random() % count); };
    image source{1 + below(90), 1 + below(300), i % 2 ? 3 : 1, {}};
    source.pixels.resize(static_cast<size_t>(source.width) * source.height *
                         source.channels);
    for (uint8_t &value : source.pixels)
      value = static_cast<uint8_t>(random());
    const rectangle from = random_part(random, source.width, source.height);
    const int width = 1 + below(80), height = 1 + below(80);
    const rectangle window = random_part(random, width, height);
    const image expected =
        resize_bilinear(source, from, width, height, window, portable_passes);
    for (const resize_passes *each : passes) {
      ASSERT_EQ(
          resize_bilinear(source, from, width, height, window, *each).pixels,
          expected.pixels);
      bilinear_resize resize(from, width, height, window, source.channels,
                             *each);
      rectangle part = resize.inputs();
      for (const int bottom = part.top + part.height; part.top < bottom;
           part.top += part.height) {
        part.height = std::min(1 + below(40), bottom - part.top);
        resize.add(rows_of(source, part));
      }
      ASSERT_EQ(resize.finish().pixels, expected.pixels) << i;
    }
  }
}

const double mean[] = {0.485, 0.456, 0.406},
             deviation[] = {0.229, 0.224, 0.225};

/// Every stored file by either way: PNG, CMYK, orientations, bad files.
TEST(Views, OfFilesAreThoseOfWholeImages) {
  int good = 0;
  for (const auto &entry :
       std::filesystem::directory_iterator(TEST_INPUTS "/images")) {
    std::vector<std::byte> bytes = read_image_file(entry.path()).bytes;
    for (int channels : {3, 1})
      for (exif orientation : {exif::honour, exif::ignore}) {
        transform_spec spec{33, 41, channels, 44, mean, deviation};
        std::optional<image> whole;
        std::string reason;
        try {
          whole = decode_image(bytes, channels, orientation);
        } catch (const bad_image &error) {
          reason = error.what();
        }
        if (!whole) {
          EXPECT_THROW(evaluation_view(bytes, orientation, spec), bad_image)
              << entry.path();
          continue;
        }
        ++good;
        EXPECT_EQ(evaluation_view(bytes, orientation, spec).pixels,
                  evaluation_view(*whole, spec).pixels)
            << entry.path();
        for (uint64_t draw = 0; draw < 10; ++draw) {
          random_stream random(1, random_purpose::augment, draw),
              again = random;
          EXPECT_EQ(training_view(bytes, orientation, spec, random).pixels,
                    training_view(*whole, spec, again).pixels)
              << entry.path();
          EXPECT_EQ(random.next(), again.next());
        }
      }
  }
  EXPECT_GT(good, 100);
}

} // namespace
