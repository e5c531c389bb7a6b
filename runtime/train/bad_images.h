// Images that cannot be read: named once, counted.
#pragma once

#include "data/loader.h"
#include "report/console.h"

#include <set>
#include <string>

namespace resnetc {

/// Outlives the loaders that hold its callback.
class bad_images {
public:
  explicit bad_images(console &out) : out_(out) {}

  bad_image_callback callback() {
    return [this](const sample &image, const std::string &reason) {
      if (seen_.insert(image.path).second)
        out_.warn(image.path + ": skipped: " + reason);
    };
  }

  std::size_t count() const { return seen_.size(); }

private:
  console &out_;
  std::set<std::string> seen_;
};

} // namespace resnetc
