// JSON as text.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace resnetc {

/// On one line. Names of files and classes may be no UTF-8: what is not is
/// replaced, and nothing is lost over it.
template <typename Json> std::string json_text(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace resnetc
