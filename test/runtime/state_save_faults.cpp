// A save in which the N-th system call fails, for N = 1, 2, ... until none does: the old file stays whole.
#include "state/atomic_file.h"
#include "state/checkpoint.h"

#include "state_files.h"
#include "state_model.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

using namespace resnetc;

namespace {

/// Fails the `failing`-th of the calls that can matter; close really closes and unlink is only counted.
struct faulty_ops : file_ops {
  int failing = 0, calls = 0, reason = ENOSPC;
  bool kills = false; // as `kill -9` does, instead of failing
  bool renamed = false;
  std::size_t largest_write = ~std::size_t{0};

  bool fails() {
    if (++calls != failing)
      return false;
    if (kills)
      raise(SIGKILL);
    errno = reason;
    return true;
  }
  int open(const char *path, int flags, mode_t mode) override {
    return fails() ? -1 : file_ops::open(path, flags, mode);
  }
  ssize_t write(int descriptor, const void *data, std::size_t size) override {
    return fails() ? -1 : file_ops::write(descriptor, data, std::min(size, largest_write));
  }
  int fsync(int descriptor) override { return fails() ? -1 : file_ops::fsync(descriptor); }
  int close(int descriptor) override {
    const int result = file_ops::close(descriptor);
    return fails() ? -1 : result;
  }
  int rename(const char *from, const char *to) override {
    if (fails())
      return -1;
    renamed = true;
    return file_ops::rename(from, to);
  }
};

class SaveFaults : public testing::Test {
protected:
  SaveFaults() : state((fill_small(t), t.variant())) {
    info = describe(t.model);
    info.classes = {"a", "b"};
  }

  table t;
  model_state state;
  checkpoint_info info;
  scratch_folder folder;
  const std::filesystem::path path = folder.path / "best.safetensors";
};

TEST_F(SaveFaults, LeaveTheOldFileWhole) {
  save_checkpoint(path, state, info);
  const std::string old = contents(path);
  state.initialise_all(1);
  save_checkpoint(folder.path / "new", state, info);
  const std::string expected = contents(folder.path / "new");
  ASSERT_NE(old, expected);
  int failures = 0;
  for (int n = 1;; ++n) {
    SCOPED_TRACE(n);
    folder.write("best.safetensors", old);
    faulty_ops ops;
    ops.failing = n;
    std::string error;
    try {
      save_checkpoint(path, state, info, ops);
    } catch (const file_error &caught) {
      error = caught.what();
    }
    EXPECT_EQ(folder.entries(), 2u) << "a partial file is left";
    // Once renamed, the new file is whole; only the folder's sync, whose failure is reported, and the closing of
    // descriptors that hold nothing come after.
    EXPECT_EQ(contents(path), ops.renamed ? expected : old);
    if (ops.calls < n) {
      EXPECT_EQ(error, "");
      break;
    }
    if (!ops.renamed || !error.empty()) {
      EXPECT_NE(error.find(path.string() + ": "), error.npos);
      EXPECT_NE(error.find("No space left on device"), error.npos);
      ++failures;
    }
  }
  // Two opens, a write for the header and each tensor, the file's sync, close, rename, the folder's sync.
  EXPECT_EQ(failures, 2 + 1 + static_cast<int>(t.tensors.size()) + 4);
}

TEST_F(SaveFaults, KilledAtAnyPointLeaveAWholeFile) {
  save_checkpoint(path, state, info);
  const std::string old = contents(path);
  state.initialise_all(1);
  save_checkpoint(folder.path / "new", state, info);
  const std::string expected = contents(folder.path / "new");
  int kills = 0, old_ones = 0;
  for (bool ended = false; !ended; ++kills) {
    SCOPED_TRACE(kills);
    save_checkpoint(path, state, info); // whatever the last one left
    EXPECT_EQ(folder.entries(), 2u);
    folder.write("best.safetensors", old);
    const pid_t child = fork();
    if (child == 0) {
      faulty_ops ops;
      ops.kills = true;
      ops.failing = kills + 1;
      ops.largest_write = 100;
      save_checkpoint(path, state, info, ops);
      _exit(0);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ended = WIFEXITED(status);
    ASSERT_TRUE(ended || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    const std::string left = contents(path);
    EXPECT_TRUE(left == (ended ? expected : old) || left == expected);
    old_ones += left == old;
  }
  EXPECT_EQ(contents(path), expected);
  // All but the last three: before the folder's sync, the closing of its descriptor, and after all.
  EXPECT_EQ(old_ones, kills - 3);
  EXPECT_GT(old_ones, 20);
}

TEST_F(SaveFaults, GoOnAfterInterruptionsAndShortWrites) {
  faulty_ops ops;
  ops.failing = 2; // the first write
  ops.reason = EINTR;
  ops.largest_write = 7;
  save_checkpoint(path, state, info, ops);
  save_checkpoint(folder.path / "new", state, info);
  EXPECT_EQ(contents(path), contents(folder.path / "new"));
}

TEST_F(SaveFaults, NameTheReason) {
  EXPECT_ERROR(save_checkpoint(folder.path / "none" / "a", state, info), "none/a: cannot be created: No such file");
  folder.write("file", "");
  EXPECT_ERROR(save_checkpoint(folder.path / "file" / "a", state, info), "cannot be created: Not a directory");
  std::filesystem::create_directory(path);
  EXPECT_ERROR(save_checkpoint(path, state, info), "cannot be replaced: Is a directory");
  EXPECT_EQ(folder.entries(), 2u);
}

TEST_F(SaveFaults, OverwriteWhatAKilledRunLeft) {
  folder.write(".best.safetensors.partial", std::string(1 << 20, 'x'));
  save_checkpoint(path, state, info);
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_LT(contents(path).size(), std::size_t{1} << 20);
}

TEST_F(SaveFaults, FollowNoLinkInThePartialFilesPlace) {
  folder.write("other", "precious");
  std::filesystem::create_symlink(folder.path / "other", folder.path / ".best.safetensors.partial");
  EXPECT_ERROR(save_checkpoint(path, state, info), "cannot be created");
  EXPECT_EQ(contents(folder.path / "other"), "precious");
}

TEST_F(SaveFaults, LeaveMappedFilesReadable) {
  save_checkpoint(path, state, info);
  const tensor_file mapped = tensor_file::open(path);
  state.initialise_all(1);
  save_checkpoint(path, state, info);
  EXPECT_EQ(*reinterpret_cast<const float *>(mapped.find("bn1.weight")->data), 0);
}

} // namespace

TEST(AtomicFile, LeavesAPipeAsItIs) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "atomic_file";
  std::filesystem::create_directories(folder);
  const std::filesystem::path pipe = folder / "pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THROW(atomic_file{pipe}, file_error);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}
