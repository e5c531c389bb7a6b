// Images that cannot be read: named once, counted.
#pragma once

#include "data/loader.h"
#include "report/console.h"
#include "report/format.h"

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

  /// Whether an image was among them.
  bool holds(const sample &image) const { return seen_.contains(image.path); }

  /// How many there were, if any.
  void say_count() const {
    if (!seen_.empty())
      out_.say(format_number_of(seen_.size(), "image") +
               " could not be read and " +
               (seen_.size() == 1 ? "was left out." : "were left out."));
  }

private:
  console &out_;
  std::set<std::string> seen_;
};

} // namespace resnetc
