// What calibrates an int8 engine: which images, once, and where the scales go.
#include "train/calibration.h"
#include "train/clipping.h"
#include "train/evaluate.h"
#include "train/prefix_cache.h"

#include "state_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

using namespace resnetc;

namespace {

// What the emitted functions were called with.
struct {
  int prepared = 0, plain_prepared = 0;
  std::vector<float> scales;  // of the last `prepare` in int8
  std::vector<float> looked;  // the first value of each image that `calibrate` saw
  std::vector<std::int64_t> batches;
  std::vector<float> weights; // frozen, as the plain `prepare` saw them
} seen;

constexpr int image_size = 2 * 2 * 3;

void prepare_int8(const resnetc_call *call) {
  ++seen.prepared;
  seen.scales.assign(call->scales, call->scales + 2);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(call->scales) % 64, 0u);
}

void prepare_plain(const resnetc_call *call) {
  ++seen.plain_prepared;
  EXPECT_EQ(call->scales, nullptr);
  const auto *frozen = static_cast<const float *>(call->frozen);
  seen.weights.assign(frozen, frozen + 4);
}

// Bin 512 + v for an image whose first value is v, in the second row.
void look(const resnetc_call *call) {
  seen.batches.push_back(call->batch);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(call->histograms) % 64, 0u);
  for (std::int64_t i = 0; i < call->batch; ++i) {
    float value = static_cast<const float *>(call->images)[i * image_size];
    seen.looked.push_back(value);
    ++call->histograms[RESNETC_BINS + 512 + static_cast<int>(value)];
  }
}

class Calibration : public testing::Test {
protected:
  Calibration() {
    seen = {};
    fill_small(t);
    t.model.height = t.model.width = 2;
    t.model.feature_batch = 3;
    t.model.prefix_hash = "f32";
    low_model = t.model;
    low_model.prefix_hash = "int8";
    plain = t.variant();
    plain.precision = "f32";
    plain.prepare = prepare_plain;
    plain.features = look; // there, but never called
    plain.scales = rows;
    plain.scale_count = 2;
    low = plain;
    low.precision = "int8";
    low.model = &low_model;
    low.prepare = prepare_int8;
    plain.calibrate = look;
  }

  table t;
  resnetc_model low_model;
  resnetc_variant plain, low;
  const resnetc_scale rows[2] = {{sizeof(resnetc_scale), 1, "images"}, {sizeof(resnetc_scale), 0, "conv1"}};
};

float scale_of(std::initializer_list<int> bins, bool is_signed) {
  std::vector<std::int64_t> histogram(RESNETC_BINS);
  for (int bin : bins)
    ++histogram[bin];
  return least_error_scale(histogram, is_signed);
}

TEST_F(Calibration, LooksAtEachImageOnceInSubBatches) {
  engine engine(low, 1, 8, engine_use::training);
  engine.state().initialise_all(5);
  std::vector<float> before(4);
  std::memcpy(before.data(), engine.state().frozen(), 16);
  aligned_buffer images(7 * image_size * sizeof(float));
  for (int i = 0; i < 7; ++i)
    images.as<float>()[i * image_size] = static_cast<float>(i);
  calibrate(engine, plain, images.data(), 7, 2);
  EXPECT_EQ(seen.looked, (std::vector<float>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(seen.batches, (std::vector<std::int64_t>{3, 3, 1}));
  EXPECT_EQ(seen.plain_prepared, 1);
  EXPECT_EQ(seen.weights, before); // on loan,
  EXPECT_EQ(std::memcmp(before.data(), engine.state().frozen(), 16), 0); // and back
  // Nothing was counted of the first row.
  const std::vector<float> expected{scale_of({}, true), scale_of({512, 513, 514, 515, 516, 517, 518}, false)};
  EXPECT_EQ(std::vector(engine.scales().begin(), engine.scales().end()), expected);
  EXPECT_EQ(seen.prepared, 0);
  engine.prepare();
  EXPECT_EQ(seen.prepared, 1);
  EXPECT_EQ(seen.scales, expected);
}

TEST_F(Calibration, IsNeededBeforePrepareInInt8Alone) {
  engine engine_int8(low, 1, 8, engine_use::inference), engine_f32(plain, 1, 8, engine_use::inference);
  EXPECT_THROW(engine_int8.prepare(), std::logic_error);
  EXPECT_THROW(engine_int8.set_scales(std::vector{1.F}), std::logic_error);
  engine_f32.prepare();
  EXPECT_EQ(seen.plain_prepared, 1);
  EXPECT_TRUE(engine_f32.scales().empty());
}

TEST_F(Calibration, RefusesWhatIsNotFiniteOrBeyondItsBins) {
  engine engine(low, 1, 8, engine_use::inference);
  std::vector<float> images(2 * image_size);
  images[image_size] = RESNETC_BINS - 512 - 1; // counted in the last bin
  EXPECT_THROW(calibrate(engine, plain, images.data(), 2, 1), std::runtime_error);
  EXPECT_TRUE(engine.scales().empty());
  calibrate(engine, plain, images.data(), 1, 1);
  EXPECT_EQ(engine.scales().size(), 2u);
}

TEST_F(Calibration, IsRefusedByAProgramOfAnotherModel) {
  engine engine(low, 1, 8, engine_use::inference);
  resnetc_variant mute = plain;
  mute.calibrate = nullptr;
  EXPECT_THROW(calibration(engine, mute, 1, 1), std::logic_error);
  std::vector<resnetc_tensor> moved = t.tensors;
  moved[0].offset += 32;
  resnetc_model other = t.model;
  other.tensors = moved.data();
  resnetc_variant stranger = plain;
  stranger.model = &other;
  EXPECT_THROW(calibration(engine, stranger, 1, 1), std::logic_error);
}

TEST_F(Calibration, ScalesArePartOfTheCachesKey) {
  engine engine(low, 1, 8, engine_use::inference);
  auto key = [&](std::vector<float> scales) {
    engine.set_scales(scales);
    return prefix_key(engine, input_of(low_model), exif::honour, record_format::native);
  };
  const digest one = key({0.5F, 0.25F});
  EXPECT_EQ(key({0.5F, 0.25F}), one);
  EXPECT_NE(key({0.5F, std::nextafter(0.25F, 1.F)}), one);
  EXPECT_NE(key({0.25F, 0.5F}), one);
}

TEST(CalibrationImages, AreTheFirstByPath) {
  auto taken = [](int n) {
    image_index index;
    for (int i = 0; i < n; ++i)
      index.samples.push_back({"a/" + std::to_string(1000 + i), "", 0, i});
    std::vector<std::int64_t> ids;
    for (const sample &image : calibration_images(index))
      ids.push_back(image.id);
    return ids;
  };
  std::vector<std::int64_t> first(128);
  std::iota(first.begin(), first.end(), 0);
  EXPECT_EQ(taken(3), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(taken(128), first);
  EXPECT_EQ(taken(1000), first);
}

} // namespace
