#include "train/scale_cache.h"

#include "cache/cache_folder.h"
#include "cache/known_files.h"
#include "data/image_file.h"
#include "state/scales.h"
#include "train/evaluate.h"
#include "train/prefix_cache.h"

#include <algorithm>

namespace resnetc {
namespace {

/// To be raised when the same histograms give other scales than before.
constexpr int scales_version = 1;

digest key_of(const resnetc_variant &low, const resnetc_variant &plain) {
  digester key;
  key.add(std::string_view("scales"))
      .add(scales_version)
      .add(std::string_view(low.model->prefix_hash))
      .add(std::string_view(plain.model->prefix_hash));
  for (const resnetc_scale &row : needed_scales(low))
    key.add(std::string_view(row.name)).add(row.is_signed);
  return key.value();
}

digest contents_of(const sample &image, known_files &known, bool verify) {
  if (!verify)
    if (std::optional<digest> contents = known.contents(image.path))
      return *contents;
  try {
    const image_file file = read_image_file(image.path);
    const digest contents = digest_of(file.bytes);
    known.remember(image.path, file.stamp, contents);
    return contents;
  } catch (const bad_image &) { // whoever looks at it will say so
    return {};
  }
}

digest id_of(const engine &engine, const std::vector<sample> &images,
             const train_settings &settings,
             const std::filesystem::path &folder) {
  known_files known(folder);
  digester id;
  add_inputs(id, engine, input_of(engine.model()), settings.orientation);
  for (const sample &image : images)
    id.add(contents_of(image, known, settings.cache.verify));
  known.save();
  return id.value();
}

} // namespace

scale_cache::scale_cache(const engine &engine, const resnetc_variant &plain,
                         const std::vector<sample> &images,
                         const train_settings &settings)
    : count_(needed_scales(engine.variant()).size()) {
  const std::filesystem::path folder = settings.cache.folder.empty()
                                           ? default_cache_folder()
                                           : settings.cache.folder;
  if (!settings.cache.on || folder.empty())
    return;
  store_.emplace(folder, key_of(engine.variant(), plain),
                 static_cast<std::int64_t>(count_ * sizeof(float)),
                 settings.cache.limit, about(engine, "scales"));
  id_ = id_of(engine, images, settings, folder);
}

std::optional<std::vector<float>> scale_cache::find() {
  std::vector<float> scales(count_);
  if (!store_ ||
      !store_->read(id_, std::as_writable_bytes(std::span(scales))) ||
      !std::ranges::all_of(scales, is_scale))
    return std::nullopt;
  return scales;
}

void scale_cache::keep(const std::vector<float> &scales) {
  const record_entry entry{id_, std::as_bytes(std::span(scales)).data()};
  if (store_)
    store_->append({&entry, 1});
}

} // namespace resnetc
