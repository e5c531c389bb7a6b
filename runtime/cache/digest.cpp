#include "cache/digest.h"

#include <charconv>
#include <fmt/format.h>
#include <new>
#include <xxhash.h>

namespace resnetc {
namespace {

digest from(const XXH128_hash_t &hash) { return {hash.high64, hash.low64}; }

XXH3_state_t *state_of(void *state) { return static_cast<XXH3_state_t *>(state); }

} // namespace

digest digest_of(std::span<const std::byte> bytes) {
  return from(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string to_hex(const digest &value) {
  return fmt::format("{:016x}{:016x}", value.high, value.low);
}

std::optional<digest> digest_from_hex(std::string_view text) {
  digest value;
  auto parse = [](std::string_view part, std::uint64_t &out) {
    auto [end, failure] =
        std::from_chars(part.data(), part.data() + part.size(), out, 16);
    return failure == std::errc() && end == part.data() + part.size();
  };
  if (text.size() != 32 || !parse(text.substr(0, 16), value.high) ||
      !parse(text.substr(16), value.low))
    return std::nullopt;
  return value;
}

digester::digester() : state_(XXH3_createState()) {
  if (!state_)
    throw std::bad_alloc();
  XXH3_128bits_reset(state_of(state_));
}

digester::~digester() { XXH3_freeState(state_of(state_)); }

digester &digester::add(std::span<const std::byte> bytes) {
  std::uint64_t size = bytes.size();
  XXH3_128bits_update(state_of(state_), &size, sizeof(size));
  XXH3_128bits_update(state_of(state_), bytes.data(), bytes.size());
  return *this;
}

digester &digester::add(std::string_view text) {
  return add(std::as_bytes(std::span(text)));
}

digest digester::value() const {
  return from(XXH3_128bits_digest(state_of(state_)));
}

} // namespace resnetc
