#include "data/random.h"

#include <cmath>
#include <numbers>

namespace resnetc {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                               std::array<uint32_t, 2> key) {
  constexpr uint32_t multiplier[] = {0xd2511f53, 0xcd9e8d57},
                     weyl[] = {0x9e3779b9, 0xbb67ae85};
  for (int round = 0; round < 10; ++round) {
    uint64_t first = uint64_t{multiplier[0]} * counter[0],
             second = uint64_t{multiplier[1]} * counter[2];
    counter = {static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(second),
               static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(first)};
    key = {key[0] + weyl[0], key[1] + weyl[1]};
  }
  return counter;
}

random_stream::random_stream(uint64_t seed, random_purpose purpose, uint64_t a,
                             uint32_t b)
    : key{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
      counter{static_cast<uint32_t>(purpose) << 28, b, static_cast<uint32_t>(a),
              static_cast<uint32_t>(a >> 32)} {}

uint32_t random_stream::next() {
  if (used == block.size()) {
    block = philox(counter, key);
    ++counter[0];
    used = 0;
  }
  return block[used++];
}

double random_stream::uniform() {
  uint64_t high = next() >> 5, low = next() >> 6; // 27 and 26 bits
  return static_cast<double>(high << 26 | low) * 0x1p-53;
}

double random_stream::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

uint32_t random_stream::below(uint32_t count) {
  return static_cast<uint32_t>(uint64_t{next()} * count >> 32);
}

double random_stream::normal() {
  double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

} // namespace resnetc
