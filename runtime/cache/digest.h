// 128-bit hashes of contents.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace resnetc {

/// XXH3-128. Two contents with the same digest count as the same; it is no
/// protection from someone who looks for a collision.
struct digest {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const digest &) const = default;
};

digest digest_of(std::span<const std::byte> bytes);

/// 32 hexadecimal digits.
std::string to_hex(const digest &value);
std::optional<digest> digest_from_hex(std::string_view text);

/// The digest of several parts. Each part is told from the next: ("ab", "c") is
/// not ("a", "bc").
class digester {
public:
  digester();
  ~digester();
  digester(const digester &) = delete;
  digester &operator=(const digester &) = delete;

  digester &add(std::span<const std::byte> bytes);
  digester &add(std::string_view text);
  template <typename T>
    requires std::is_arithmetic_v<T>
  digester &add(T value) {
    return add(std::as_bytes(std::span(&value, 1)));
  }
  digester &add(const digest &value) { return add(value.high).add(value.low); }
  digest value() const;

private:
  void *state_; // XXH3_state_t
};

} // namespace resnetc

template <> struct std::hash<resnetc::digest> {
  std::size_t operator()(const resnetc::digest &value) const noexcept {
    return value.low;
  }
};
