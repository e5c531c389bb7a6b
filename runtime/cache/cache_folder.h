// The folder below which records are kept, as a whole.
#pragma once

#include "cache/digest.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace resnetc {

inline constexpr std::string_view records_suffix = ".records";
inline constexpr std::string_view about_name = "about.json";
inline constexpr std::string_view known_files_name = "known-files";

/// $XDG_CACHE_HOME/resnetc, else ~/.cache/resnetc; "" where the environment
/// names neither.
std::filesystem::path default_cache_folder();

struct cache_file {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  std::filesystem::file_time_type used; ///< last time that a run read or wrote it
};

/// The files of records of one prefix (`own`, a folder KEY), by name, and of all
/// prefixes in a cache folder. What cannot be read is left out.
std::vector<cache_file> prefix_files(const std::filesystem::path &own);
std::vector<cache_file> all_files(const std::filesystem::path &folder);

/// Deletes a file of records that prefix_files or all_files has listed, and the
/// folder KEY with it when that was the last one. False where it could not be,
/// or begins otherwise than our files do.
bool remove_file(const std::filesystem::path &path);

/// One frozen prefix in a cache folder.
struct cache_summary {
  digest key;
  /// From about.json; "" where that is missing. `holds`: "records", or "scales"
  /// of an int8 prefix.
  std::string model, spec, cpu, precision, holds;
  std::int64_t records = 0, bytes = 0;
  std::filesystem::file_time_type used;
};
std::vector<cache_summary> list_caches(const std::filesystem::path &folder);

/// What reading all records of a file gives.
struct verification {
  std::int64_t whole = 0, damaged = 0;
  bool readable = true; ///< it begins as our files do
};
verification verify_file(const std::filesystem::path &path);

/// Deletes what trainers have written there, and nothing else; gives the bytes.
/// Throws std::runtime_error where a file cannot be deleted.
std::int64_t clear_cache(const std::filesystem::path &folder);

} // namespace resnetc
