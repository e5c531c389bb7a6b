#include "data/index.h"

#include "data/random.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sys/stat.h>
#include <utility>

namespace resnetc {
namespace fs = std::filesystem;
namespace {

bool is_hidden(const fs::path &path) {
  return path.filename().native().starts_with('.');
}

bool is_image_name(const fs::path &path) {
  std::string extension = path.extension().native();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return std::tolower(c); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

/// The length of the UTF-8 character that begins at `at`; 0 for a control
/// character, and for what is none.
size_t character_size(std::string_view text, size_t at) {
  auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  unsigned first = byte(at);
  if (first < 0x80)
    return first >= 0x20 && first != 0x7f;
  size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  for (size_t i = 1; i < size; ++i)
    if ((byte(at + i) & 0xc0) != 0x80)
      return 0;
  unsigned second = byte(at + 1);
  bool none = (first == 0xe0 && second < 0xa0) ||  // longer than need be
              (first == 0xed && second >= 0xa0) || // half of a pair
              (first == 0xf0 && second < 0x90) ||
              (first == 0xf4 && second >= 0x90) || first > 0xf4;
  return none ? 0 : size;
}

bool is_text(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    size_t size = character_size(text, at);
    if (size == 0)
      return false;
    at += size;
  }
  return true;
}

/// What is no text as \xNN.
std::string printable(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t size = character_size(text, at);
    out += size ? std::string(text.substr(at, size))
                : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    at += std::max<size_t>(size, 1);
  }
  return out;
}

/// Entries of a folder sorted by the bytes of their names, hidden ones left
/// out.
std::vector<fs::directory_entry> sorted_entries(const fs::path &folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error))
    if (!is_hidden(it->path()))
      entries.push_back(*it);
  if (error)
    throw data_error(fmt::format("cannot read folder {}: {}", folder.string(),
                                 error.message()));
  std::ranges::sort(entries, {}, [](const fs::directory_entry &entry) {
    return entry.path().native();
  });
  return entries;
}

/// Collects one class; a folder is known by device and inode, so that links
/// can't lead in circles.
class class_walk {
public:
  class_walk(image_index &index, int64_t label) : index(index), label(label) {}

  void visit(const fs::path &folder) {
    struct stat status;
    if (::stat(folder.c_str(), &status) != 0 ||
        !entered.emplace(status.st_dev, status.st_ino).second)
      return;
    for (const fs::directory_entry &entry : sorted_entries(folder)) {
      std::error_code error; // a link to nowhere has no type; one named as an
                             // image is found bad when it is read
      if (entry.is_directory(error))
        visit(entry.path());
      else if (is_image_name(entry.path()) &&
               (error || entry.is_regular_file(error) ||
                entry.is_symlink(error)))
        add_image(entry.path());
      else
        add_other(entry.path());
    }
  }

private:
  std::string relative(const fs::path &path) const {
    return path.lexically_relative(index.root).string();
  }

  void add_image(const fs::path &path) {
    std::string name = relative(path);
    int64_t id = sample_id(name);
    index.samples.push_back({path.string(), std::move(name), label, id});
  }

  void add_other(const fs::path &path) {
    constexpr size_t named = 3;
    if (index.other_examples.size() < named)
      index.other_examples.push_back(relative(path));
    ++index.other_files;
  }

  image_index &index;
  int64_t label;
  std::set<std::pair<dev_t, ino_t>> entered;
};

void sort_samples(image_index &index) {
  std::ranges::sort(index.samples, {}, [](const sample &image) {
    return std::pair<int64_t, std::string_view>(image.label, image.relative);
  });
}

[[noreturn]] void no_classes(const fs::path &root, bool has_images) {
  throw data_error(fmt::format("no class folders in {}{}; expected one "
                               "sub-folder of images for each class",
                               root.string(),
                               has_images ? ", only images" : ""));
}

} // namespace

int64_t sample_id(std::string_view relative) {
  return static_cast<int64_t>(fnv1a(relative));
}

image_index index_folder(const fs::path &root, index_purpose purpose) {
  image_index index;
  std::error_code error;
  index.root = fs::absolute(root, error).lexically_normal();
  if (!index.root
           .has_filename()) // "data/" would make relative paths begin with ".."
    index.root = index.root.parent_path();
  if (!fs::is_directory(index.root, error))
    throw data_error(fmt::format(
        "{}: {}; expected one with a sub-folder of images for each class",
        root.string(),
        fs::exists(index.root, error) ? "not a folder" : "no such folder"));

  bool has_images = false;
  for (const fs::directory_entry &entry : sorted_entries(index.root)) {
    if (!entry.is_directory(error)) {
      has_images = has_images || is_image_name(entry.path());
      continue;
    }
    size_t before = index.samples.size();
    class_walk(index, static_cast<int64_t>(index.classes.size()))
        .visit(entry.path());
    std::string name = entry.path().filename().string();
    if (!is_text(name))
      throw data_error(fmt::format(
          "class \"{}\" in {}: the folder's name is no text in UTF-8, or holds "
          "control characters; rename it",
          printable(name), index.root.string()));
    if (index.samples.size() > before)
      index.classes.push_back(name);
    else if (purpose == index_purpose::training)
      throw data_error(
          fmt::format("class \"{}\" in {} holds no images (.jpg, .jpeg or "
                      ".png); add some or remove the folder",
                      name, index.root.string()));
  }
  if (index.classes.empty())
    no_classes(index.root, has_images);
  if (purpose == index_purpose::training && index.classes.size() == 1)
    throw data_error(
        fmt::format("only one class (\"{}\") in {}; at least two are needed",
                    index.classes[0], index.root.string()));
  sort_samples(index);
  return index;
}

std::vector<std::string> map_classes(image_index &index,
                                     const std::vector<std::string> &classes) {
  std::map<std::string_view, int64_t> labels;
  for (const std::string &name : classes)
    labels.emplace(name, static_cast<int64_t>(labels.size()));
  std::vector<std::string> unknown, missing;
  for (const std::string &name : index.classes)
    if (!labels.contains(name))
      unknown.push_back(name);
  if (!unknown.empty())
    throw data_error(
        fmt::format("{} holds unknown class{} {}; the known ones are {}",
                    index.root.string(), unknown.size() > 1 ? "es" : "",
                    fmt::join(unknown, ", "), fmt::join(classes, ", ")));
  for (const std::string &name : classes)
    if (std::ranges::find(index.classes, name) == index.classes.end())
      missing.push_back(name);
  for (sample &image : index.samples)
    image.label = labels.at(index.classes[image.label]);
  sort_samples(index);
  index.classes = classes;
  return missing;
}

image_index hold_out(image_index &index, double fraction, uint64_t seed) {
  std::vector<std::vector<std::pair<uint64_t, size_t>>> ranked(
      index.classes.size());
  for (size_t i = 0; i < index.samples.size(); ++i) {
    random_stream random(seed, random_purpose::hold_out,
                         static_cast<uint64_t>(index.samples[i].id));
    uint64_t high = random.next();
    ranked[index.samples[i].label].emplace_back(high << 32 | random.next(), i);
  }
  std::vector<bool> taken(index.samples.size());
  for (size_t label = 0; label < ranked.size(); ++label) {
    auto &members = ranked[label];
    size_t count = std::max<size_t>(std::llround(fraction * members.size()), 1);
    if (count >= members.size())
      throw data_error(
          fmt::format("class \"{}\" in {} has {} image{}, and {} would be held "
                      "out for validation; add images "
                      "or name a validation folder with --val",
                      index.classes[label], index.root.string(), members.size(),
                      members.size() == 1 ? "" : "s", count));
    std::ranges::nth_element(members, members.begin() + count);
    for (size_t i = 0; i < count; ++i)
      taken[members[i].second] = true;
  }
  image_index held{index.root, index.classes, {}, 0, {}};
  std::vector<sample> kept;
  for (size_t i = 0; i < taken.size(); ++i)
    (taken[i] ? held.samples : kept).push_back(std::move(index.samples[i]));
  index.samples = std::move(kept);
  return held;
}

} // namespace resnetc
