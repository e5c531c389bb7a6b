// Files cut or changed at many places: they decode or are refused, and nothing
// else happens.
#include "data/decode.h"
#include "data/image_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace resnetc;

namespace {

const std::vector<std::string> names = {
    "baseline_420_odd.jpg",  "progressive_odd.jpg",   "cmyk_adobe.jpg",
    "restarts.jpg",          "orientation_5.jpg",     "orientation_split.jpg",
    "orientation_xmp.jpg",   "rgb_interlaced.png",    "palette_8_trns.png",
    "grey_2_interlaced.png", "orientation_after.png", "orientation_profile.png",
    "rgba_16_interlaced.png"};

std::vector<std::byte> stored(const std::string &name) {
  return read_image_file(TEST_INPUTS "/images/" + name).bytes;
}

/// Whether the bytes decode.
bool survives(const std::vector<std::byte> &bytes) {
  try {
    image picture = decode_image(bytes, 3, exif::honour);
    EXPECT_EQ(picture.pixels.size(),
              size_t{3} * picture.width * picture.height);
    return true;
  } catch (const bad_image &) {
    return false;
  }
}

TEST(Damaged, EveryCutJpegIsRefused) {
  for (const std::string &name : names)
    if (name.ends_with(".jpg"))
      for (std::vector<std::byte> bytes = stored(name); bytes.size() > 20;
           bytes.resize(bytes.size() - 1 - bytes.size() / 90))
        if (bytes.size() < stored(name).size()) {
          EXPECT_FALSE(survives(bytes)) << name << " cut to " << bytes.size();
        }
}

TEST(Damaged, JpegsThatLackTheirLastBytesAreRefused) {
  for (const std::string &name : names)
    if (name.ends_with(".jpg")) {
      std::vector<std::byte> bytes = stored(name);
      for (int cut = 1; cut < 40; ++cut) {
        bytes.pop_back();
        EXPECT_FALSE(survives(bytes)) << name << " without its last " << cut;
      }
    }
}

TEST(Damaged, CutPngs) {
  for (const std::string &name : names)
    if (name.ends_with(".png")) {
      std::vector<std::byte> whole = stored(name);
      for (size_t size = 0; size < whole.size(); size += 1 + size / 90)
        survives(
            {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
      EXPECT_FALSE(survives(
          {whole.begin(),
           whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2)}))
          << name;
    }
}

TEST(Damaged, ChangedBytes) {
  std::mt19937 random(11);
  for (const std::string &name : names) {
    const std::vector<std::byte> whole = stored(name);
    for (int round = 0; round < 150; ++round) {
      std::vector<std::byte> bytes = whole;
      size_t reach = round % 2 ? std::min<size_t>(bytes.size(), 400)
                               : bytes.size(); // headers get half of the blows
      for (int i = 0; i <= round % 4; ++i)
        bytes[random() % reach] = static_cast<std::byte>(random());
      survives(bytes);
    }
  }
}

/// Sizes that claim gigabytes are refused before anything is allocated.
TEST(Damaged, HugeJpegIsRefusedFromItsHeader) {
  std::vector<std::byte> bytes = stored("baseline_420_odd.jpg");
  for (size_t i = 0; i + 8 < bytes.size(); ++i)
    if (bytes[i] == std::byte{0xff} && bytes[i + 1] == std::byte{0xc0}) {
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(i) + 5, 4,
                  std::byte{0xf0});
      break;
    }
  try {
    decode_image(bytes, 3, exif::honour);
    FAIL();
  } catch (const bad_image &error) {
    EXPECT_STREQ(error.what(),
                 "61680x61680 pixels; at most 178956970 are read");
  }
}

} // namespace
