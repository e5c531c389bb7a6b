// Batches of images, decoded ahead of their use by threads of its own.
#pragma once

#include "data/decode.h"
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
  uint64_t seed = 0; // of the augmentation
};

/// One batch; the pointers are the loader's.
struct batch {
  int64_t size = 0;
  const void *images = nullptr; // [size][height][width][channels] of the
                                // loader's dtype, normalised, 64-byte aligned
  const int64_t *labels = nullptr;     // [size]
  const int64_t *sample_ids = nullptr; // [size]
  const int64_t *indices = nullptr;    // [size], into the samples
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
/// threads. Memory is bounded: two batches, and about one more of 8-bit pixels.
/// Not thread-safe: one thread calls start() and next().
class loader {
public:
  /// `samples` is not copied and outlives the loader; neither are spec.mean and
  /// spec.std.
  loader(const std::vector<sample> &samples, const transform_spec &spec,
         const loader_options &options, bad_image_callback on_bad = {});
  ~loader(); // may come at any time; ends the threads after at most one image
             // each

  /// Begins a pass over the samples at these indices; `epoch` keys the
  /// augmentation. Ends a pass not read to its end.
  void start(std::vector<int64_t> order, int64_t epoch = 0);

  /// The next batch, or nullptr at the end of the pass. Valid until the next
  /// call. All batches but the last are full: an image that can't be read is
  /// left out, and those behind it move up. Throws data_error for such an image
  /// under `fail`, and where no image of the whole pass can be read.
  const batch *next();

  /// Images found bad since construction.
  int64_t bad_count() const;

private:
  struct state;
  std::unique_ptr<state> self;
};

} // namespace resnetc
