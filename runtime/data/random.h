// Counter-based random numbers: a number depends on what it is for, never on
// when or where it is drawn.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace resnetc {

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
/// as 1, 2, 3", SC 2011).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                               std::array<uint32_t, 2> key);

/// 64-bit FNV-1a: what is random for a file or a layer hangs on its name.
constexpr uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

/// What random numbers are drawn for; streams of different purposes are
/// independent.
enum class random_purpose : uint32_t { // below 16
  shuffle = 1,
  augment = 2,
  hold_out = 3,
  initialise = 4,
  measure = 5,
  view = 6
};

/// The numbers of one (seed, purpose, a, b), e.g. b = epoch and a = the image's
/// id.
class random_stream {
public:
  random_stream(uint64_t seed, random_purpose purpose, uint64_t a,
                uint32_t b = 0);

  /// The next 32 random bits; a stream holds 2^30 of them.
  uint32_t next();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform in 0 ... count - 1; count > 0.
  uint32_t below(uint32_t count);
  /// Standard normal (Box-Muller).
  double normal();

private:
  std::array<uint32_t, 2> key;
  std::array<uint32_t, 4> counter;
  std::array<uint32_t, 4> block;
  uint32_t used = 4;
};

} // namespace resnetc
