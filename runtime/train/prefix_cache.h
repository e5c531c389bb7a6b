// What a trainer keeps of its frozen prefix: which records, for how long, where.
#pragma once

#include "cache/known_files.h"
#include "cache/record_cache.h"
#include "data/decode.h"
#include "data/transform.h"
#include "report/console.h"
#include "train/engine.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace resnetc {

struct cache_settings {
  bool on = true;
  std::filesystem::path folder; ///< "": the user's cache folder
  std::int64_t limit = 10'000'000'000; ///< bytes in the folder
  record_format format = record_format::native;
  bool verify = false; ///< read every photo again, whatever its times say
};

/// The records behind the frozen prefix of a prepared engine for one way to read
/// images.
class prefix_cache {
public:
  prefix_cache(const engine &engine, const digest &key,
               const cache_settings &settings, std::size_t &memory);

  record_cache &records() { return records_; }
  known_files &files() { return files_; }
  bool verify() const { return verify_; }
  /// Where the records are on disk; "" where they are not.
  const std::filesystem::path &folder() const { return folder_; }

  /// Warns, once, where nothing more can be kept on disk.
  void say_trouble(console &out);

private:
  std::filesystem::path folder_;
  record_cache records_;
  known_files files_;
  bool verify_, said_trouble_ = false;
};

/// JSON text for people and for `cache list`: which program writes this, and
/// `what` it is.
std::string about(const engine &engine, std::string_view what);

/// What an image's activations hang on beside the code and the image: the frozen
/// weights, and how images are read.
void add_inputs(digester &key, const engine &engine,
                const transform_spec &input, exif orientation);

/// What the records are keyed by: the prefix's code, its frozen weights, the
/// scales of what it keeps in int8, how images are read. Two runs with the same key compute the same records, to the
/// bit.
digest prefix_key(const engine &engine, const transform_spec &input,
                  exif orientation, record_format format);

/// The caches of a process: runs of the same prefix share one.
class prefix_caches {
public:
  explicit prefix_caches(cache_settings settings);

  /// The cache for a prepared engine; null where it is off or nothing is frozen
  /// before the first trained layer. Lives as long as this object.
  prefix_cache *find(const engine &engine, const transform_spec &input,
                     exif orientation);
  const cache_settings &settings() const { return settings_; }

private:
  cache_settings settings_;
  std::size_t memory_; // that records may still take
  std::map<digest, std::unique_ptr<prefix_cache>> caches_;
};

} // namespace resnetc
