#include "data/png_write.h"

#include "state/atomic_file.h"

#include <fmt/format.h>

#include <png.h>

#include <stdexcept>

namespace resnetc {

void write_png(const std::filesystem::path &path, const image &picture) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(picture.width);
  header.height = static_cast<png_uint_32>(picture.height);
  header.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::byte> bytes(size);
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0,
                                 picture.pixels.data(), 0, nullptr))
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path.string(), header.message));
  bytes.resize(size);
  atomic_file file(path);
  file.write(bytes);
  file.commit();
}

} // namespace resnetc
