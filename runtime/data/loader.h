// Batches of images, decoded ahead of their use by threads of its own.
#pragma once

#include "data/decode.h"
#include "data/image_file.h"
#include "data/index.h"
#include "data/transform.h"

#include "resnetc/abi.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace resnetc {

enum class augmentation { none, crop_flip };
enum class bad_image_policy { skip, fail };

struct loader_options {
  int batch = 32;
  int threads = 1;                   // decoding threads
  resnetc_dtype dtype = RESNETC_F32; // of the images handed out
  exif orientation = exif::honour;
  augmentation augment = augmentation::none;
  bad_image_policy bad_images = bad_image_policy::skip;
  uint64_t seed = 0;  // of the augmentation
  int64_t views = 0;  // > 0: each epoch draws one of so many augmented views of
                      // an image; 0: each epoch makes a new one
};

/// Which augmented view of an image an epoch shows: what its random numbers are
/// keyed by, beside seed and sample.id. 0 without augmentation.
int64_t view_in_epoch(const sample &image, const loader_options &options,
                      int64_t epoch);

/// Knows images that need not be decoded. Called on the decoding threads.
class image_filter {
public:
  virtual ~image_filter() = default;
  /// Whether view `view` of the sample at `index` is known without reading the
  /// file.
  virtual bool knows(int64_t index, int64_t view) = 0;
  /// The same with its contents at hand.
  virtual bool knows(int64_t index, int64_t view, const image_file &file) = 0;
};

/// One batch; the pointers are the loader's.
struct batch {
  int64_t size = 0;
  const void *images = nullptr; // [image_count][height][width][channels] of the
                                // loader's dtype, normalised, 64-byte aligned
  int64_t image_count = 0;      // all but those that the filter knows
  const int64_t *labels = nullptr;     // [size]
  const int64_t *sample_ids = nullptr; // [size]
  const int64_t *indices = nullptr;    // [size], into the samples
  const int64_t *places = nullptr;     // [size], into the images; -1: known
};

/// Called once for each image that is skipped, on the thread that calls next().
using bad_image_callback =
    std::function<void(const sample &, const std::string &reason)>;

/// A permutation of 0 ... count - 1, a function of seed and epoch alone.
std::vector<int64_t> shuffled_order(int64_t count, uint64_t seed,
                                    int64_t epoch);
/// 0 ... count - 1.
std::vector<int64_t> sequential_order(int64_t count);

/// Reads samples in a given order. What it yields is the same for any number of
/// threads. Memory is bounded: two batches during a pass, and about one more of
/// 8-bit pixels. Not thread-safe: one thread calls start() and next().
class loader {
public:
  /// `samples` is not copied and outlives the loader; neither are spec.mean and
  /// spec.std, nor `filter`.
  loader(const std::vector<sample> &samples, const transform_spec &spec,
         const loader_options &options, bad_image_callback on_bad = {},
         image_filter *filter = nullptr);
  ~loader(); // may come at any time; ends the threads after at most one image
             // each

  /// Begins a pass over the samples at these indices; `epoch` keys the
  /// augmentation. Ends a pass not read to its end.
  void start(std::vector<int64_t> order, int64_t epoch = 0);

  /// The next batch, or nullptr at the end of the pass. Valid until the next
  /// call. All batches but the last are full: an image that can't be read is
  /// left out, and those behind it move up. Throws data_error for such an image
  /// under `fail`, and where no image of the whole pass can be read, and
  /// std::system_error as read_image_file does.
  const batch *next();

  /// Images found bad since construction.
  int64_t bad_count() const;

private:
  struct state;
  std::unique_ptr<state> self;
};

} // namespace resnetc
