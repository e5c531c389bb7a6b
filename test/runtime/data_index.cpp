#include "data/index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

using namespace resnetc;
namespace fs = std::filesystem;

namespace {

class Index : public testing::Test {
protected:
  void SetUp() override {
    const auto *test = testing::UnitTest::GetInstance()->current_test_info();
    root = fs::temp_directory_path() /
           ("resnetc_index_" + std::to_string(::getpid()) + "_" + test->name());
    fs::remove_all(root);
    fs::create_directories(root);
  }
  void TearDown() override { fs::remove_all(root); }

  void add(const std::string &path) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << "x";
  }
  void add_many(const std::string &name, int count) {
    for (int i = 0; i < count; ++i)
      add(name + "/" + std::to_string(i) + ".jpg");
  }
  std::vector<std::string> names(const image_index &index) const {
    std::vector<std::string> out;
    for (const sample &image : index.samples)
      out.push_back(image.relative);
    return out;
  }
  template <typename Call> std::string error_of(Call call) const {
    try {
      call();
    } catch (const data_error &error) {
      std::string text = error.what(), folder = root.string();
      for (size_t at; (at = text.find(folder)) != text.npos;)
        text.replace(at, folder.size(), "ROOT");
      return text;
    }
    return "none";
  }
  std::string training_error() const {
    return error_of([&] { index_folder(root, index_purpose::training); });
  }

  fs::path root;
};

using strings = std::vector<std::string>;

TEST_F(Index, FindsImagesAtAnyDepthInTheOrderOfBytes) {
  for (const char *path :
       {"b/2.JPG", "b/10.jpeg", "B/x.Png", "\xc3\xa4/1.jpg", "b/deep/er/0.png",
        "b/.hidden.jpg", ".git/1.jpg", "b/.cache/1.jpg", "b/notes.txt",
        "B/archive.tar.jpg.gz", "stray.txt"})
    add(path);
  image_index index = index_folder(root, index_purpose::training);
  EXPECT_EQ(index.classes, (strings{"B", "b", "\xc3\xa4"}));
  EXPECT_EQ(names(index), (strings{"B/x.Png", "b/10.jpeg", "b/2.JPG",
                                   "b/deep/er/0.png", "\xc3\xa4/1.jpg"}));
  EXPECT_EQ(index.samples[2].label, 1);
  EXPECT_EQ(index.samples[2].path, (root / "b/2.JPG").string());
  EXPECT_EQ(index.samples[2].id, sample_id("b/2.JPG"));
  EXPECT_EQ(index.other_files, 2);
  EXPECT_EQ(index.other_examples,
            (strings{"B/archive.tar.jpg.gz", "b/notes.txt"}));
}

TEST_F(Index, PathsDoNotDependOnHowTheFolderIsNamed) {
  add("a/1.jpg");
  add("b/1.jpg");
  strings expected = names(index_folder(root, index_purpose::training));
  EXPECT_EQ(names(index_folder(root.string() + "/", index_purpose::training)),
            expected);
  EXPECT_EQ(names(index_folder(root / "a/..", index_purpose::training)),
            expected);
  fs::path here = fs::current_path();
  fs::current_path(root);
  EXPECT_EQ(names(index_folder(".", index_purpose::training)), expected);
  fs::current_path(here);
}

TEST_F(Index, FollowsLinksOnce) {
  add("a/1.jpg");
  add("b/1.jpg");
  add("elsewhere.d/c/9.jpg");
  fs::rename(root / "elsewhere.d", root.string() + "_elsewhere");
  fs::create_directory_symlink(root / "a", root / "a/circle");
  fs::create_directory_symlink(root, root / "a/up");
  fs::create_directory_symlink(root.string() + "_elsewhere", root / "b/other");
  fs::create_directory_symlink(root.string() + "_elsewhere", root / "b/same");
  fs::create_symlink("nowhere", root / "b/broken.jpg");
  image_index index = index_folder(root, index_purpose::training);
  fs::remove_all(root.string() + "_elsewhere");
  // `a/up` leads to the root and so into b, which is new there; `a/circle` and
  // `b/same` were entered before.
  EXPECT_EQ(names(index),
            (strings{"a/1.jpg", "a/up/b/1.jpg", "a/up/b/broken.jpg",
                     "a/up/b/other/c/9.jpg", "b/1.jpg", "b/broken.jpg",
                     "b/other/c/9.jpg"}));
}

TEST_F(Index, SaysWhatIsWrongWithAFolder) {
  EXPECT_EQ(
      error_of([&] { index_folder(root / "none", index_purpose::training); }),
      "ROOT/none: no such folder; expected one with a sub-folder of images for "
      "each class");
  EXPECT_EQ(training_error(), "no class folders in ROOT; expected one "
                              "sub-folder of images for each class");
  add("1.jpg");
  EXPECT_EQ(training_error(), "no class folders in ROOT, only images; expected "
                              "one sub-folder of images for each class");
  EXPECT_EQ(
      error_of([&] { index_folder(root / "1.jpg", index_purpose::training); }),
      "ROOT/1.jpg: not a folder; expected one with a sub-folder of images for "
      "each class");
  add("a/1.jpg");
  EXPECT_EQ(training_error(),
            "only one class (\"a\") in ROOT; at least two are needed");
  add("b/notes.txt");
  EXPECT_EQ(training_error(), "class \"b\" in ROOT holds no images (.jpg, "
                              ".jpeg or .png); add some or remove the folder");
}

TEST_F(Index, EvaluationTakesOneClassAndLeavesEmptyOnesOut) {
  add("a/notes.txt");
  add("b/1.jpg");
  image_index index = index_folder(root, index_purpose::evaluation);
  EXPECT_EQ(index.classes, strings{"b"});
  EXPECT_EQ(index.samples[0].label, 0);
}

TEST_F(Index, MapsClassesByName) {
  add("cat/1.jpg");
  add("dog/1.jpg");
  image_index index = index_folder(root, index_purpose::evaluation);
  EXPECT_EQ(map_classes(index, {"dog", "cow", "cat"}), strings{"cow"});
  EXPECT_EQ(index.classes, (strings{"dog", "cow", "cat"}));
  EXPECT_EQ(names(index), (strings{"dog/1.jpg", "cat/1.jpg"}));
  EXPECT_EQ(index.samples[1].label, 2);
  EXPECT_EQ(error_of([&] {
              image_index other = index_folder(root, index_purpose::evaluation);
              map_classes(other, {"cat", "cow"});
            }),
            "ROOT holds unknown class dog; the known ones are cat, cow");
}

TEST_F(Index, FindsSplitFolders) {
  add("train/a/1.jpg");
  EXPECT_EQ(find_training_folders(root).training, root / "train");
  EXPECT_TRUE(find_training_folders(root).validation.empty());
  EXPECT_EQ(find_evaluation_folder(root), root / "train");
  for (const char *name :
       {"test", "valid", "val"}) { // each goes before the one before
    add(name + std::string("/a/1.jpg"));
    EXPECT_EQ(find_training_folders(root).training, root / "train");
    EXPECT_EQ(find_training_folders(root).validation, root / name);
    EXPECT_EQ(find_evaluation_folder(root), root / name);
  }
  add("README.txt");
  EXPECT_EQ(find_evaluation_folder(root), root / "val");
  fs::remove_all(root / "train");
  EXPECT_EQ(error_of([&] { find_training_folders(root); }),
            "ROOT holds test and valid, but no train folder; name the one to "
            "train on with --data and the other with --val");
  add("bus/1.jpg"); // then they are classes
  EXPECT_EQ(find_training_folders(root).training, root);
  EXPECT_EQ(find_evaluation_folder(root), root);
}

TEST_F(Index, HoldsOutAShareOfEachClass) {
  add_many("a", 40);
  add_many("b", 3);
  image_index index = index_folder(root, index_purpose::training),
              again = index, other = index;
  image_index held = hold_out(index, 0.1, 0);
  auto count = [](const image_index &of, int64_t label) {
    return std::ranges::count(of.samples, label, &sample::label);
  };
  EXPECT_EQ(count(held, 0), 4);
  EXPECT_EQ(count(held, 1), 1);
  EXPECT_EQ(count(index, 0), 36);
  EXPECT_EQ(count(index, 1), 2);
  EXPECT_EQ(held.classes, index.classes);
  std::ranges::reverse(again.samples); // the choice is by path, not by position
  strings first = names(held), second = names(hold_out(again, 0.1, 0));
  std::ranges::reverse(second);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, names(hold_out(other, 0.1, 1)));
}

TEST_F(Index, HoldsOutTheSameFilesWhenOthersAreRenumbered) {
  add_many("a", 40);
  add_many("b", 40);
  image_index index = index_folder(root, index_purpose::training);
  strings before = names(hold_out(index, 0.25, 5));
  fs::remove(root / names(index).front()); // one of those that were kept
  image_index changed = index_folder(root, index_purpose::training);
  EXPECT_EQ(names(hold_out(changed, 0.25, 5)), before);
}

TEST_F(Index, AClassTooSmallToHoldOutFromIsNamed) {
  add_many("a", 5);
  add_many("b", 1);
  image_index index = index_folder(root, index_purpose::training);
  EXPECT_EQ(error_of([&] { hold_out(index, 0.1, 0); }),
            "class \"b\" in ROOT has 1 image, and 1 would be held out for "
            "validation; add images or name a validation "
            "folder with --val");
}

} // namespace
