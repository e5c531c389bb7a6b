#include "data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

using namespace resnetc;

namespace {

constexpr double mean[] = {0.485, 0.456, 0.406},
                 deviation[] = {0.229, 0.224, 0.225};
const transform_spec spec{24, 20, 3, 28, mean, deviation};
constexpr size_t elements = 24 * 20 * 3;

const std::vector<std::string> good_names = {"baseline_420_odd.jpg",
                                             "grey.png",
                                             "progressive_odd.jpg",
                                             "rgb.png",
                                             "cmyk_plain.jpg",
                                             "palette_8.png",
                                             "thin.jpg",
                                             "orientation_6.jpg",
                                             "rgb_16.png",
                                             "restarts.jpg",
                                             "wide.jpg"};

sample sample_of(const std::string &name, int64_t label) {
  return {TEST_INPUTS "/images/" + name, name, label, sample_id(name)};
}

std::vector<sample> good_samples() {
  std::vector<sample> samples;
  for (const std::string &name : good_names)
    samples.push_back(
        sample_of(name, static_cast<int64_t>(samples.size()) % 3));
  return samples;
}

/// Good samples with a bad one at each of the positions.
std::vector<sample> with_bad(std::vector<size_t> positions) {
  std::vector<sample> samples = good_samples();
  const char *names[] = {"bad_text.jpg", "bad_cut.png", "no_such_file.jpg",
                         "bad_no_end.jpg"};
  for (size_t i = 0; i < positions.size(); ++i)
    samples.insert(samples.begin() + static_cast<std::ptrdiff_t>(positions[i]),
                   sample_of(names[i % 4], 9));
  return samples;
}

/// All that a pass yields, copied.
struct record {
  std::vector<int64_t> sizes, labels, ids, indices;
  std::vector<float> pixels;
  bool operator==(const record &) const = default;
};

record read_pass(loader &source) {
  record out;
  while (const batch *next = source.next()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(next->images) % 64, 0u);
    out.sizes.push_back(next->size);
    out.labels.insert(out.labels.end(), next->labels,
                      next->labels + next->size);
    out.ids.insert(out.ids.end(), next->sample_ids,
                   next->sample_ids + next->size);
    out.indices.insert(out.indices.end(), next->indices,
                       next->indices + next->size);
    auto pixels = static_cast<const float *>(next->images);
    out.pixels.insert(out.pixels.end(), pixels, pixels + elements * next->size);
  }
  return out;
}

loader_options options_of(int batch, int threads,
                          augmentation augment = augmentation::none) {
  loader_options options;
  options.batch = batch;
  options.threads = threads;
  options.augment = augment;
  return options;
}

using integers = std::vector<int64_t>;

TEST(Loader, YieldsEachImageAsTheNetworkSeesIt) {
  std::vector<sample> samples = good_samples();
  loader source(samples, spec, options_of(4, 2));
  source.start({2, 0, 5, 1, 7, 10});
  record pass = read_pass(source);
  EXPECT_EQ(pass.sizes, (integers{4, 2}));
  EXPECT_EQ(pass.indices, (integers{2, 0, 5, 1, 7, 10}));
  EXPECT_EQ(pass.labels, (integers{2, 0, 2, 1, 1, 1}));
  EXPECT_EQ(pass.ids[3], samples[1].id);
  normaliser<float> normalised(spec);
  for (size_t i = 0; i < pass.indices.size(); ++i) {
    image picture = decode_image(read_image_file(samples[pass.indices[i]].path).bytes,
                                 3, exif::honour);
    std::vector<float> expected(elements);
    normalised.normalise(evaluation_view(picture, spec).pixels.data(),
                         expected.data());
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                           pass.pixels.begin() + elements * i))
        << i;
  }
  EXPECT_EQ(source.next(), nullptr);
}

TEST(Loader, YieldsTheSameForAnyNumberOfThreads) {
  std::vector<sample> samples = with_bad({0, 3, 4, 9});
  for (augmentation augment : {augmentation::none, augmentation::crop_flip}) {
    integers order;
    for (int64_t epoch = 0; epoch < 20; ++epoch)
      for (int64_t index :
           shuffled_order(static_cast<int64_t>(samples.size()), 4, epoch))
        order.push_back(index);
    auto pass = [&](int threads) {
      loader source(samples, spec, options_of(7, threads, augment));
      source.start(order, 3);
      return read_pass(source);
    };
    record expected = pass(1);
    EXPECT_EQ(expected.indices.size(), 20u * good_names.size());
    EXPECT_TRUE(std::all_of(expected.sizes.begin(), expected.sizes.end() - 1,
                            [](int64_t size) { return size == 7; }));
    EXPECT_EQ(expected.sizes.back(), 20 * 11 % 7);
    for (int threads : {2, 5, 16})
      EXPECT_TRUE(pass(threads) == expected) << threads;
  }
}

TEST(Loader, AugmentsByImageEpochAndSeedAlone) {
  std::vector<sample> samples = good_samples();
  auto view = [&](integers order, int64_t index, int batch, int64_t epoch,
                  uint64_t seed) {
    loader_options options = options_of(batch, 2, augmentation::crop_flip);
    options.seed = seed;
    loader source(samples, spec, options);
    source.start(order, epoch);
    record pass = read_pass(source);
    auto at = std::find(pass.indices.begin(), pass.indices.end(), index) -
              pass.indices.begin();
    return std::vector<float>(pass.pixels.begin() + elements * at,
                              pass.pixels.begin() + elements * (at + 1));
  };
  std::vector<float> expected = view({0, 1, 2, 3}, 2, 2, 5, 1);
  EXPECT_EQ(view({2}, 2, 3, 5, 1), expected);
  EXPECT_EQ(view({7, 3, 2}, 2, 4, 5, 1), expected);
  EXPECT_NE(view({2}, 2, 3, 6, 1), expected);
  EXPECT_NE(view({2}, 2, 3, 5, 2), expected);
}

TEST(Loader, SkipsAndNamesEachBadImageOnce) {
  std::vector<sample> samples =
      with_bad({0, 5, 12, 14}); // the last two are the tail
  std::map<std::string, std::string> reports;
  loader source(samples, spec, options_of(4, 3),
                [&](const sample &image, const std::string &reason) {
                  EXPECT_TRUE(reports.emplace(image.relative, reason).second)
                      << image.relative;
                });
  for (int epoch = 0; epoch < 3; ++epoch) {
    source.start(sequential_order(static_cast<int64_t>(samples.size())), epoch);
    record pass = read_pass(source);
    EXPECT_EQ(pass.sizes, (integers{4, 4, 3}));
    EXPECT_EQ(std::ranges::count(pass.labels, 9), 0);
  }
  EXPECT_EQ(source.bad_count(), 4);
  EXPECT_EQ(reports["bad_text.jpg"], "neither a JPEG nor a PNG file");
  EXPECT_EQ(reports["no_such_file.jpg"], "No such file or directory");
}

TEST(Loader, FailsAtABadImageWhereToldTo) {
  std::vector<sample> samples = with_bad({5});
  loader_options options = options_of(4, 2);
  options.bad_images = bad_image_policy::fail;
  loader source(samples, spec, options);
  source.start(sequential_order(static_cast<int64_t>(samples.size())));
  try {
    while (source.next())
      ;
    FAIL();
  } catch (const data_error &error) {
    EXPECT_EQ(error.what(), "cannot read image " + samples[5].path +
                                ": neither a JPEG nor a PNG file");
  }
}

TEST(Loader, RefusesAPassWithoutAGoodImage) {
  std::vector<sample> samples = {sample_of("bad_text.jpg", 0),
                                 sample_of("bad_cut.png", 1)};
  loader source(samples, spec, options_of(4, 2));
  for (int pass = 0; pass < 2; ++pass) {
    source.start({1, 0});
    try {
      source.next();
      FAIL();
    } catch (const data_error &error) {
      EXPECT_EQ(error.what(),
                "none of the 2 images can be read; the first is " +
                    samples[1].path);
    }
  }
  source.start({});
  EXPECT_EQ(source.next(), nullptr);
}

TEST(Loader, EndsEarlyAtAnyTime) {
  std::vector<sample> samples = with_bad({2});
  integers order;
  for (int i = 0; i < 50; ++i)
    for (int64_t index : sequential_order(static_cast<int64_t>(samples.size())))
      order.push_back(index);
  for (int batches = 0; batches < 6; ++batches) {
    loader source(samples, spec, options_of(5, 4));
    source.start(order);
    for (int i = 0; i < batches; ++i)
      source.next();
    source.start({3, 4}); // a new pass before the end of the old one
    EXPECT_EQ(read_pass(source).indices, (integers{3, 4}));
    source.start(order);
    source.next();
  }
  loader unused(samples, spec, options_of(5, 4));
}

TEST(Loader, YieldsDoubles) {
  std::vector<sample> samples = good_samples();
  loader_options options = options_of(2, 1);
  options.dtype = RESNETC_F64;
  loader source(samples, spec, options);
  source.start({3});
  const batch *only = source.next();
  ASSERT_NE(only, nullptr);
  image picture =
      decode_image(read_image_file(samples[3].path).bytes, 3, exif::honour);
  image view = evaluation_view(picture, spec);
  EXPECT_DOUBLE_EQ(static_cast<const double *>(only->images)[4],
                   (view.pixels[4] / 255. - mean[1]) / deviation[1]);
}

TEST(Loader, ShufflesBySeedAndEpoch) {
  integers order = shuffled_order(1000, 1, 2), sorted = order;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, sequential_order(1000));
  EXPECT_EQ(order, shuffled_order(1000, 1, 2));
  EXPECT_NE(order, shuffled_order(1000, 1, 3));
  EXPECT_NE(order, shuffled_order(1000, 2, 2));
  EXPECT_LT(
      std::ranges::count_if(sorted, [&](int64_t i) { return order[i] == i; }),
      10);
}

} // namespace
