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

/// Taps of one step of the horizontal pass: a pair, and another.
constexpr int step_taps = 4;
/// Words of a step: high parts of both pairs, then low ones; eight a pair.
constexpr int step_words = 32;

int steps_of(const filter_taps &taps) {
  return (taps.stride + step_taps - 1) / step_taps;
}

/// Per output and step, each pair of weights repeated for the channels.
void pack(filter_taps &taps) {
  const int steps = steps_of(taps);
  taps.packed.assign(taps.ranges.size() * steps * step_words, 0);
  int16_t *to = taps.packed.data();
  for (size_t output = 0; output < taps.ranges.size(); ++output)
    for (int step = 0; step < steps; ++step, to += step_words)
      for (int i = 0; i < step_taps; ++i) {
        int tap = step * step_taps + i;
        if (tap >= taps.stride)
          break;
        int32_t weight = taps.weights[output * taps.stride + tap];
        for (int channel = 0; channel < 3; ++channel) {
          int16_t *word = to + i / 2 * 8 + channel * 2 + i % 2;
          word[0] = high_part(weight);
          word[step_words / 2] = low_part(weight);
        }
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

RESNETC_AVX2 __m256i repeated(const int16_t *words) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i *>(words)));
}

/// 16 bytes of two rows, a lane each.
RESNETC_AVX2 __m256i both(const uint8_t *first, const uint8_t *second) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(
          _mm_loadu_si128(reinterpret_cast<const __m128i *>(first))),
      _mm_loadu_si128(reinterpret_cast<const __m128i *>(second)), 1);
}

RESNETC_AVX2 __m256i sum_of_pairs(__m256i pixels, const __m256i spread[2],
                                  __m256i first, __m256i second) {
  return _mm256_add_epi32(
      _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, spread[0]), first),
      _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, spread[1]), second));
}

RESNETC_AVX2 void store_pixel(uint8_t *out, int pixel) {
  std::memcpy(out, &pixel, // the fourth byte is the next pixel's, or slack
              sizeof pixel);
}

/// Four rows at a time, two in each vector: that way a weight is loaded once
/// for all of them, and sums lie in their lane.
RESNETC_AVX2 void horizontal_rgb(const uint8_t *const rows[4],
                                 const filter_taps &taps,
                                 uint8_t *const out[4]) {
  // Two pixels RGBRGB to 16-bit R0R1G0G1B0B1; the first two and the next.
  const __m256i spread[2] = {
      _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,
                       0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1,
                       -1),
      _mm256_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1,
                       -1, 6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1,
                       -1, -1)};
  const int16_t *weights = taps.packed.data();
  const ptrdiff_t output_words =
      static_cast<ptrdiff_t>(steps_of(taps)) * step_words;
  ptrdiff_t to = 0;
  for (filter_taps::range range : taps.ranges) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i high[2] = {zero, zero}, low[2] = {zero, zero};
    ptrdiff_t from = static_cast<ptrdiff_t>(range.first) * 3;
    const int16_t *step = weights;
    for (int tap = 0; tap < range.count;
         tap += step_taps, step += step_words, from += step_taps * 3) {
      const __m256i first_high = repeated(step),
                    second_high = repeated(step + 8),
                    first_low = repeated(step + 16),
                    second_low = repeated(step + 24);
      for (int i = 0; i < 2; ++i) {
        __m256i pixels = both(rows[2 * i] + from, rows[2 * i + 1] + from);
        high[i] = _mm256_add_epi32(
            high[i], sum_of_pairs(pixels, spread, first_high, second_high));
        low[i] = _mm256_add_epi32(
            low[i], sum_of_pairs(pixels, spread, first_low, second_low));
      }
    }
    __m256i words = _mm256_packs_epi32(shifted_down(sum_of(high[0], low[0])),
                                       shifted_down(sum_of(high[1], low[1])));
    __m256i bytes = _mm256_packus_epi16(words, words);
    __m128i even = _mm256_castsi256_si128(bytes),
            odd = _mm256_extracti128_si256(bytes, 1);
    store_pixel(out[0] + to, _mm_cvtsi128_si32(even));
    store_pixel(out[1] + to, _mm_cvtsi128_si32(odd));
    store_pixel(out[2] + to, _mm_extract_epi32(even, 1));
    store_pixel(out[3] + to, _mm_extract_epi32(odd, 1));
    to += 3;
    weights += output_words;
  }
}

void horizontal(const uint8_t *rows, size_t stride, int count, int channels,
                const filter_taps &taps, uint8_t *out, size_t out_stride) {
  if (channels != 3)
    return portable_passes.horizontal(rows, stride, count, channels, taps, out,
                                      out_stride);
  for (int y = 0; y < count; y += 4) {
    const uint8_t *from[4];
    uint8_t *to[4];
    for (int i = 0; i < 4; ++i) { // the last row again where there are no more
      int row = std::min(y + i, count - 1);
      from[i] = rows + stride * row;
      to[i] = out + out_stride * row;
    }
    horizontal_rgb(from, taps, to);
  }
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
