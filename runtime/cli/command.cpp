#include "cli/command.h"

#include "train/engine.h"

#include <algorithm>
#include <thread>

namespace resnetc {

int threads_of(const arguments &options) {
  auto cores = static_cast<std::int64_t>(
      std::max(std::thread::hardware_concurrency(), 1u));
  return static_cast<int>(options.whole("threads", cores, 1, 1024));
}

std::int64_t batch_of(const arguments &options) {
  return options.whole("batch", 32, 1, 65536);
}

exif exif_of(const arguments &options) {
  constexpr std::string_view words[] = {"honour", "ignore"};
  return options.choice("exif", 0, words) == 0 ? exif::honour : exif::ignore;
}

bad_image_policy bad_images_of(const arguments &options) {
  constexpr std::string_view words[] = {"skip", "fail"};
  return options.choice("bad-images", 0, words) == 0 ? bad_image_policy::skip
                                                     : bad_image_policy::fail;
}

resnetc_optimizer optimizer_of(const arguments &options,
                               resnetc_optimizer standard) {
  return static_cast<resnetc_optimizer>(
      options.choice("optimizer", standard, optimizer_names));
}

} // namespace resnetc
