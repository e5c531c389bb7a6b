#include "train/prefix_cache.h"

#include "cache/cache_folder.h"
#include "report/json_text.h"
#include "state/blocking.h"
#include "train/precision.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace resnetc {
namespace {

/// To be raised when reading images (decoding, resizing, normalising) gives
/// other values than before, or records are kept in another form.
constexpr int records_version = 1;

/// A quarter of the machine's memory, or of what a container has of it.
std::size_t memory_for_records() {
  std::size_t memory = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::size_t limit = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit) // or "max"
    memory = std::min(memory, limit);
  return memory / 4;
}

std::size_t element_bytes(const engine &engine) {
  return size_of(element_type_of(engine.variant()));
}

} // namespace

std::string about(const engine &engine, std::string_view what) {
  const resnetc_model &model = engine.model();
  return json_text(
             nlohmann::ordered_json{{"model", model.name},
                                    {"spec", model.spec},
                                    {"mcpu", engine.variant().mcpu},
                                    {"precision", precision_of(engine.variant())},
                                    {"holds", what}}) +
         "\n";
}

void add_inputs(digester &key, const engine &engine,
                const transform_spec &input, exif orientation) {
  key.add(std::span(static_cast<const std::byte *>(engine.state().frozen()),
                    engine.model().frozen_size * element_bytes(engine)))
      .add(decoder_versions())
      .add(input.height)
      .add(input.width)
      .add(input.channels)
      .add(input.resize);
  for (int c = 0; c < input.channels; ++c)
    key.add(input.mean[c]).add(input.std[c]);
  key.add(static_cast<int>(orientation));
}

digest prefix_key(const engine &engine, const transform_spec &input,
                  exif orientation, record_format format) {
  const resnetc_model &model = engine.model();
  digester key;
  key.add(records_version)
      .add(std::string_view(model.prefix_hash))
      .add(model.record_size);
  add_inputs(key, engine, input, orientation);
  key.add(static_cast<int>(format));
  if (!engine.scales().empty())
    key.add(std::as_bytes(engine.scales()));
  return key.value();
}

prefix_cache::prefix_cache(const engine &engine, const digest &key,
                           const cache_settings &settings,
                           std::size_t &memory)
    : folder_(settings.folder.empty() ? default_cache_folder()
                                      : settings.folder),
      records_(engine.model().record_size, element_bytes(engine),
               settings.format, memory),
      files_(folder_), verify_(settings.verify) {
  if (!folder_.empty())
    records_.keep_on_disk(folder_, key, settings.limit, about(engine, "records"));
}

void prefix_cache::say_trouble(console &out) {
  if (!records_.store() || !records_.store()->trouble() ||
      std::exchange(said_trouble_, true))
    return;
  out.warn(*records_.store()->trouble() +
           "; training goes on, and nothing more is kept on disk");
}

prefix_caches::prefix_caches(cache_settings settings)
    : settings_(std::move(settings)), memory_(memory_for_records()) {}

prefix_cache *prefix_caches::find(const engine &engine,
                                  const transform_spec &input,
                                  exif orientation) {
  if (!settings_.on || !engine.variant().features)
    return nullptr;
  digest key = prefix_key(engine, input, orientation, settings_.format);
  std::unique_ptr<prefix_cache> &cache = caches_[key];
  if (!cache)
    cache = std::make_unique<prefix_cache>(engine, key, settings_, memory_);
  return cache.get();
}

} // namespace resnetc
