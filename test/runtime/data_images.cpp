// Decoding and resizing, byte for byte against what Pillow made of the stored
// files (make_image_inputs.py).
#include "data/decode.h"
#include "data/image_file.h"
#include "data/png_write.h"
#include "data/resize_passes.h"
#include "data/transform.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <zlib.h>

using namespace resnetc;

namespace {

const std::string folder = TEST_INPUTS "/images/";

uint32_t crc_of(const image &picture) {
  return static_cast<uint32_t>(crc32(0, picture.pixels.data(),
                                     static_cast<uInt>(picture.pixels.size())));
}

image decoded(const std::string &name, int channels = 3,
              exif orientation = exif::honour) {
  return decode_image(read_image_file(folder + name).bytes, channels, orientation);
}

/// The lines of expected.txt of one kind, without that word.
std::vector<std::istringstream> expected(const std::string &kind) {
  std::ifstream file(folder + "expected.txt");
  std::vector<std::istringstream> lines;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(kind + " "))
      lines.emplace_back(line.substr(kind.size() + 1));
  EXPECT_FALSE(lines.empty()) << kind;
  return lines;
}

TEST(Images, DecodesAsPillow) {
  for (std::istringstream &line : expected("decode")) {
    std::string name, orientation;
    int channels, width, height;
    uint32_t crc;
    line >> name >> channels >> orientation >> width >> height >> std::hex >>
        crc;
    image picture = decoded(
        name, channels, orientation == "honour" ? exif::honour : exif::ignore);
    EXPECT_EQ(picture.width, width) << line.str();
    EXPECT_EQ(picture.height, height) << line.str();
    EXPECT_EQ(picture.channels, channels) << line.str();
    EXPECT_EQ(crc_of(picture), crc) << line.str();
  }
}

TEST(Images, ShowsTheNetworkWhatTorchvisionWould) {
  for (std::istringstream &line : expected("view")) {
    std::string name;
    transform_spec spec;
    uint32_t crc;
    line >> name >> spec.channels >> spec.height >> spec.width >> spec.resize >>
        std::hex >> crc;
    EXPECT_EQ(crc_of(evaluation_view(decoded(name, spec.channels), spec)), crc)
        << line.str();
  }
}

class Passes : public testing::TestWithParam<const resize_passes *> {};

TEST_P(Passes, ResizeAsPillow) {
  for (std::istringstream &line : expected("crop")) {
    std::string name;
    rectangle from;
    int width, height;
    uint32_t crc;
    line >> name >> from.left >> from.top >> from.width >> from.height >>
        width >> height >> std::hex >> crc;
    image resized = resize_bilinear(decoded(name), from, width, height,
                                    {0, 0, width, height}, *GetParam());
    EXPECT_EQ(crc_of(resized), crc) << line.str();
  }
}

TEST_P(Passes, ComputeAWindowAsTheWholeHasIt) {
  image picture = decoded("photo_portrait.jpg");
  rectangle all{0, 0, picture.width, picture.height};
  image whole =
      resize_bilinear(picture, all, 90, 120, {0, 0, 90, 120}, *GetParam());
  image part =
      resize_bilinear(picture, all, 90, 120, {7, 11, 50, 60}, *GetParam());
  ASSERT_EQ(part.pixels.size(), 50u * 60 * 3);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 50 * 3; ++x)
      ASSERT_EQ(part.pixels[y * 50 * 3 + x],
                whole.pixels[(y + 11) * 90 * 3 + 7 * 3 + x])
          << x << " " << y;
}

std::vector<const resize_passes *> passes_of_this_machine() {
  std::vector<const resize_passes *> passes = {&portable_passes};
  if (__builtin_cpu_supports("avx2"))
    passes.push_back(&avx2_passes);
  return passes;
}

INSTANTIATE_TEST_SUITE_P(Resize, Passes,
                         testing::ValuesIn(passes_of_this_machine()),
                         [](const auto &info) {
                           return info.param == &avx2_passes ? "avx2"
                                                             : "portable";
                         });

TEST(Images, RefusesWhatIsNoImage) {
  for (std::istringstream &line : expected("bad"))
    EXPECT_THROW(decoded(line.str()), bad_image) << line.str();
}

std::string reason_of(const std::string &name) {
  try {
    decoded(name);
  } catch (const bad_image &error) {
    return error.what();
  }
  return "none";
}

TEST(Images, SaysWhyAnImageIsBad) {
  EXPECT_EQ(reason_of("bad_empty.jpg"), "the file is empty");
  EXPECT_EQ(reason_of("bad_text.jpg"), "neither a JPEG nor a PNG file");
  EXPECT_EQ(reason_of("bad_bitmap.png"), "a BMP file; JPEG and PNG are read");
  EXPECT_EQ(reason_of("bad_no_end.jpg"),
            "not a readable JPEG: the file is cut short");
  EXPECT_EQ(reason_of("bad_cut.png"),
            "not a readable PNG: the file is cut short");
  EXPECT_EQ(reason_of("bad_bad_crc.png"),
            "not a readable PNG: IHDR: CRC error");
  EXPECT_EQ(reason_of("bad_huge.png"),
            "60000x60000 pixels; at most 178956970 are read");
  EXPECT_EQ(reason_of("missing.png"), "No such file or directory");
}

TEST(Images, RefusesAProgressiveFileOfTooManyScans) {
  std::vector<std::byte> bytes =
      read_image_file(folder + "grey_progressive.jpg").bytes;
  // A scan from its marker to the next one, again and again: all of them but
  // the first refine nothing.
  auto marker = [&](size_t from, int code) {
    while (std::to_integer<int>(bytes[from]) != 0xff ||
           std::to_integer<int>(bytes[from + 1]) != code)
      ++from;
    return from;
  };
  size_t begin = marker(0, 0xda), end = marker(begin, 0xc4);
  std::vector<std::byte> scan(bytes.begin() + begin, bytes.begin() + end),
      many(bytes.begin(), bytes.begin() + begin);
  for (int i = 0; i < 200; ++i)
    many.insert(many.end(), scan.begin(), scan.end());
  many.insert(many.end(), bytes.begin() + end, bytes.end());
  try {
    decode_image(many, 3, exif::ignore);
    FAIL();
  } catch (const bad_image &error) {
    EXPECT_STREQ(error.what(), "not a readable JPEG: more than 100 scans");
  }
}

TEST(Images, AreWrittenAndReadBack) {
  std::string path = testing::TempDir() + "data_images_written.png";
  for (int channels : {1, 3}) {
    image picture = decoded("baseline_444_odd.jpg", channels);
    write_png(path, picture);
    image again = decode_image(read_image_file(path).bytes, channels, exif::honour);
    EXPECT_EQ(again.width, picture.width);
    EXPECT_EQ(again.pixels, picture.pixels);
  }
  std::filesystem::remove(path);
  EXPECT_THROW(write_png(folder + "no_such_folder/x.png", decoded("rgb.png")),
               std::runtime_error);
}

} // namespace
