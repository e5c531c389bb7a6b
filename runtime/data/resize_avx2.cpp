// A product of a byte and a 22-bit weight doesn't fit the 16-bit multiply-add
// that x86 has, so each weight is split into high * 2^11 + low, and two such
// sums make the exact one.
#include "data/resize_passes.h"

#include <algorithm>
#include <cstring>

#include <immintrin.h>

#define RESNETC_AVX2 __attribute__((target("avx2")))

namespace resnetc {
namespace {

constexpr int low_bits = 11;
constexpr int16_t high_part(int32_t weight) {
  return static_cast<int16_t>(weight >> low_bits);
}
constexpr int16_t low_part(int32_t weight) {
  return static_cast<int16_t>(weight & ((1 << low_bits) - 1));
}

/// Taps of one step of the horizontal pass: two in each 128-bit lane.
constexpr int step_taps = 4;
constexpr int step_words = 32; // a vector of high parts and one of low parts

int steps_of(const filter_taps &taps) {
  return (taps.stride + step_taps - 1) / step_taps;
}

/// Per output and step, the pair of weights of a lane repeated for each
/// channel.
void pack(filter_taps &taps) {
  int steps = steps_of(taps);
  taps.packed.assign(taps.ranges.size() * steps * step_words, 0);
  int16_t *to = taps.packed.data();
  for (size_t output = 0; output < taps.ranges.size(); ++output)
    for (int step = 0; step < steps; ++step, to += step_words)
      for (int word = 0; word < step_words / 2; ++word) {
        int tap = step * step_taps + word / 8 * 2 + word % 2;
        int32_t weight =
            tap < taps.stride ? taps.weights[output * taps.stride + tap] : 0;
        to[word] = high_part(weight);
        to[step_words / 2 + word] = low_part(weight);
      }
}

RESNETC_AVX2 __m256i sum_of(__m256i high, __m256i low) {
  return _mm256_add_epi32(_mm256_slli_epi32(high, low_bits), low);
}

RESNETC_AVX2 __m256i shifted_down(__m256i sum) {
  return _mm256_srai_epi32(
      _mm256_add_epi32(sum, _mm256_set1_epi32(1 << (weight_bits - 1))),
      weight_bits);
}

RESNETC_AVX2 void horizontal_rgb(const uint8_t *row, const filter_taps &taps,
                                 uint8_t *out) {
  // Four pixels RGBRGBRGBRGB to 16-bit R0R1G0G1B0B1 in one lane, R2R3G2G3B2B3
  // in the other.
  const __m256i spread = _mm256_setr_epi8(
      0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, //
      6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const int16_t *weights = taps.packed.data();
  const int steps = steps_of(taps);
  for (filter_taps::range range : taps.ranges) {
    __m256i high = _mm256_setzero_si256(), low = high;
    const uint8_t *from = row + static_cast<ptrdiff_t>(range.first) * 3;
    for (int step = 0; step * step_taps < range.count; ++step) {
      auto pixels = _mm_loadu_si128(
          reinterpret_cast<const __m128i *>(from + step * step_taps * 3));
      __m256i words =
          _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(pixels), spread);
      auto pairs =
          reinterpret_cast<const __m256i *>(weights + step * step_words);
      high = _mm256_add_epi32(
          high, _mm256_madd_epi16(words, _mm256_loadu_si256(pairs)));
      low = _mm256_add_epi32(
          low, _mm256_madd_epi16(words, _mm256_loadu_si256(pairs + 1)));
    }
    __m256i lanes = sum_of(high, low);
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes),
                                _mm256_extracti128_si256(lanes, 1));
    sum = _mm_srai_epi32(
        _mm_add_epi32(sum, _mm_set1_epi32(1 << (weight_bits - 1))),
        weight_bits);
    sum = _mm_packs_epi32(sum, sum);
    int pixel = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
    std::memcpy(out, &pixel,
                sizeof pixel); // the fourth byte is the next pixel's, or slack
    out += 3;
    weights += static_cast<ptrdiff_t>(steps) * step_words;
  }
}

void horizontal(const uint8_t *row, int channels, const filter_taps &taps,
                uint8_t *out) {
  if (channels == 3)
    horizontal_rgb(row, taps, out);
  else
    portable_passes.horizontal(row, channels, taps, out);
}

/// Two weights as the pairs that _mm256_madd_epi16 takes.
RESNETC_AVX2 __m256i pair_of(int16_t first, int16_t second) {
  return _mm256_set1_epi32(static_cast<uint16_t>(first) |
                           static_cast<int32_t>(second) << 16);
}

RESNETC_AVX2 void vertical(const uint8_t *rows, size_t row_bytes,
                           const int32_t *weights, int count, uint8_t *out,
                           size_t bytes) {
  constexpr size_t width = 32;
  size_t x = 0;
  const __m256i zero = _mm256_setzero_si256();
  for (; x + width <= bytes; x += width) {
    __m256i high[4] = {zero, zero, zero, zero},
            low[4] = {zero, zero, zero, zero};
    for (int i = 0; i < count; i += 2) {
      bool paired = i + 1 < count;
      int32_t second = paired ? weights[i + 1] : 0;
      const uint8_t *row = rows + row_bytes * i + x;
      __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(row));
      __m256i b = paired ? _mm256_loadu_si256(reinterpret_cast<const __m256i *>(
                               row + row_bytes))
                         : zero;
      __m256i highs = pair_of(high_part(weights[i]), high_part(second));
      __m256i lows = pair_of(low_part(weights[i]), low_part(second));
      __m256i front = _mm256_unpacklo_epi8(a, b),
              back = _mm256_unpackhi_epi8(a, b);
      __m256i words[4] = {
          _mm256_unpacklo_epi8(front, zero), _mm256_unpackhi_epi8(front, zero),
          _mm256_unpacklo_epi8(back, zero), _mm256_unpackhi_epi8(back, zero)};
      for (int part = 0; part < 4; ++part) {
        high[part] =
            _mm256_add_epi32(high[part], _mm256_madd_epi16(words[part], highs));
        low[part] =
            _mm256_add_epi32(low[part], _mm256_madd_epi16(words[part], lows));
      }
    }
    __m256i sums[4];
    for (int part = 0; part < 4; ++part)
      sums[part] = shifted_down(sum_of(high[part], low[part]));
    // Packing undoes the order that unpacking within lanes made.
    __m256i packed = _mm256_packus_epi16(_mm256_packs_epi32(sums[0], sums[1]),
                                         _mm256_packs_epi32(sums[2], sums[3]));
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(out + x), packed);
  }
  if (x < bytes)
    portable_passes.vertical(rows + x, row_bytes, weights, count, out + x,
                             bytes - x);
}

} // namespace

const resize_passes avx2_passes = {pack, horizontal, vertical};

} // namespace resnetc
