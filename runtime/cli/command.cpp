#include "cli/command.h"

#include "train/engine.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
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

cache_settings cache_of(const arguments &options) {
  cache_settings settings;
  settings.on = !options.given("no-cache");
  for (const char *name : {"cache-dir", "cache-size", "cache-dtype", "cache-verify"})
    if (!settings.on && options.given(name))
      throw std::runtime_error(fmt::format(
          "options --no-cache and --{} exclude each other; give one", name));
  settings.folder = options.text("cache-dir").value_or("");
  if (!settings.folder.empty())
    settings.folder = std::filesystem::absolute(settings.folder);
  settings.limit = options.bytes("cache-size", settings.limit);
  constexpr std::string_view formats[] = {"f32", "bf16"};
  settings.format =
      static_cast<record_format>(options.choice("cache-dtype", 0, formats));
  settings.verify = options.given("cache-verify");
  return settings;
}

resnetc_optimizer optimizer_of(const arguments &options,
                               resnetc_optimizer standard) {
  return static_cast<resnetc_optimizer>(
      options.choice("optimizer", standard, optimizer_names));
}

} // namespace resnetc
