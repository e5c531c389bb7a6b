// Files and expected errors, for the tests of runtime/state.
#ifndef RESNETC_TEST_STATE_FILES_H
#define RESNETC_TEST_STATE_FILES_H

#include "state/mapped_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// A folder of the test's own, removed at its end.
class scratch_folder {
public:
  scratch_folder() {
    const auto *test = testing::UnitTest::GetInstance()->current_test_info();
    path = std::filesystem::temp_directory_path() /
           (std::string("resnetc.") + test->test_suite_name() + "." + test->name() + "." + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
  }
  ~scratch_folder() { std::filesystem::remove_all(path); }

  std::filesystem::path write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
    return path / name;
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }

  std::filesystem::path path;
};

inline std::string contents(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the file_error that `action` throws; fails the test where it throws none.
template <typename Action> std::string error_of(Action action) {
  try {
    action();
  } catch (const resnetc::file_error &error) {
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// `action` must throw a file_error whose text contains `part`.
#define EXPECT_ERROR(action, part)                                                                                     \
  EXPECT_PRED2([](const std::string &text, const std::string &what) { return text.find(what) != text.npos; },          \
               error_of([&] { action; }), part)

#endif
