#include "state/atomic_file.h"

#include "state/mapped_file.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace resnetc {

// The partial file's name is fixed, so that what a killed run left behind is
// overwritten by the next one.
atomic_file::atomic_file(std::filesystem::path target, file_ops &calls)
    : path(std::move(target)),
      partial(path.parent_path() /
              ("." + path.filename().string() + ".partial")),
      ops(calls) {
  // A rename would put a file in the place of a device or a pipe.
  std::error_code unknown;
  const auto what = std::filesystem::status(path, unknown).type();
  using std::filesystem::file_type;
  if (what == file_type::character || what == file_type::block ||
      what == file_type::fifo || what == file_type::socket)
    throw file_error(path, "is no file that could be replaced");
  descriptor =
      ops.open(partial.c_str(),
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0)
    fail("cannot be created");
}

atomic_file::~atomic_file() {
  if (descriptor >= 0)
    ops.close(descriptor);
  if (!renamed)
    ops.unlink(partial.c_str());
}

// The constructor's exception skips the destructor, but then there is nothing
// to remove.
void atomic_file::fail(const char *action) {
  throw file_error(path, std::string(action) + ": " + std::strerror(errno));
}

void atomic_file::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t written = ops.write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      fail("cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void atomic_file::write(const std::string &text) {
  write(std::as_bytes(std::span(text)));
}

void atomic_file::commit() {
  if (ops.fsync(descriptor) != 0)
    fail("cannot be written to the disk");
  // Network file systems report a full disk here at the latest. Linux closes
  // the descriptor even then.
  if (ops.close(std::exchange(descriptor, -1)) != 0)
    fail("cannot be written");
  // Opened before the rename, so that only its sync can fail after it.
  descriptor = open_folder();
  if (ops.rename(partial.c_str(), path.c_str()) != 0)
    fail("cannot be replaced");
  renamed = true;
  // Some file systems cannot sync a folder and say so with EINVAL.
  if (ops.fsync(descriptor) != 0 && errno != EINVAL)
    fail("was written, but a power cut could still bring the old file back");
}

int atomic_file::open_folder() {
  const std::filesystem::path folder =
      path.has_parent_path() ? path.parent_path() : ".";
  const int opened =
      ops.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (opened < 0)
    fail("its folder cannot be opened");
  return opened;
}

} // namespace resnetc
