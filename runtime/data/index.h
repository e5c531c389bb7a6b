// Which images a folder holds, and of which class each is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace resnetc {

/// A data set that can't be used; the message is one line that names what and
/// where.
struct data_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct sample {
  std::string path;     // absolute
  std::string relative; // below the root, with the class: "cat/1.jpg"
  int64_t label = 0;    // index into the class names
  int64_t id = 0;       // sample_id(relative)
};

/// A hash of the relative path (FNV-1a, 64 bits): what an image's random
/// numbers are keyed by.
int64_t sample_id(std::string_view relative);

struct image_index {
  std::filesystem::path root;
  std::vector<std::string> classes; // sorted by bytes
  std::vector<sample> samples;      // sorted by class, then relative path
  int64_t other_files = 0;          // files in the folders that are no images
  std::vector<std::string>
      other_examples; // the first few of them, relative paths
};

/// What an index is for. Training needs two classes and an image in each;
/// evaluation takes one class, and leaves a class without images out.
enum class index_purpose { training, evaluation };

/// Indexes an ImageFolder: each sub-folder is a class. Hidden entries are
/// skipped, images (.jpg, .jpeg, .png) may lie at any depth, links are
/// followed, but no folder is entered twice in a class. Throws data_error.
image_index index_folder(const std::filesystem::path &root,
                         index_purpose purpose);

/// Where training and validation images lie: in `train` and `val` (else
/// `valid`, else `test`) if DIR holds only these; else all in DIR, and
/// `validation` is empty. Throws data_error.
struct data_folders {
  std::filesystem::path training, validation;
};
data_folders find_training_folders(const std::filesystem::path &directory);
/// The same for evaluation: `val`, else `valid`, else `test`; or DIR itself.
std::filesystem::path
find_evaluation_folder(const std::filesystem::path &directory);

/// Maps an index to other class names, by name (a model's, or the training
/// folder's). A class that is not among `classes` throws data_error; those
/// without images are returned, for a warning.
std::vector<std::string> map_classes(image_index &index,
                                     const std::vector<std::string> &classes);

/// Takes `fraction` (0 < fraction < 1) of each class, at least one image, out
/// of `index` and returns it; which ones depends on relative path and seed
/// alone. Throws data_error where a class would be left without images.
image_index hold_out(image_index &index, double fraction, uint64_t seed);

} // namespace resnetc
