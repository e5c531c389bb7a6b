// What files were found to hold, so that an unchanged one need not be read
// again.
#pragma once

#include "cache/digest.h"
#include "data/image_file.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace resnetc {

/// A file of fixed-size lines in a cache folder, each with a checksum: path (as
/// its digest), stamp, digest of the contents. It is a memory: without it
/// nothing is wrong, only read again; so what cannot be read or written is
/// passed over. All methods may be called from any thread.
class known_files {
public:
  /// Takes up what FOLDER remembers; "" remembers within this object alone.
  explicit known_files(const std::filesystem::path &folder);

  /// What the file at `path` held when it was last read, where its stamp is
  /// still that of then.
  std::optional<digest> contents(const std::string &path) const;
  /// After reading it. Without a stamp nothing is remembered.
  void remember(const std::string &path, const std::optional<file_stamp> &stamp,
                const digest &contents);
  /// Writes what is new.
  void save();

  /// Whether a file is one of these.
  static bool is_one(const std::filesystem::path &path);

private:
  struct line {
    digest path;
    file_stamp stamp;
    digest contents;
    std::uint64_t checksum; // of what is before it
  };
  static std::uint64_t checksum_of(const line &line);
  static line make_line(const digest &path, const file_stamp &stamp,
                        const digest &contents);
  static line header();
  static bool is_header(const line &first);
  static std::vector<line> read_lines(const std::filesystem::path &path);
  bool append(int descriptor);
  bool rewrite();

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::unordered_map<digest, std::pair<file_stamp, digest>> known_;
  std::vector<line> unsaved_;
  std::size_t lines_ = 0; // in the file
};

} // namespace resnetc
