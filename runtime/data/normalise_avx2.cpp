#include "data/normalise.h"

#include <cstring>

#include <immintrin.h>

#define RESNETC_FMA __attribute__((target("avx2,fma")))

namespace resnetc {
namespace {

/// value / divisor: the product with the reciprocal, then one step of Newton's
/// with the exact remainder.
RESNETC_FMA __m256 quotient(__m256 value, __m256 divisor, __m256 reciprocal) {
  __m256 guess = _mm256_mul_ps(value, reciprocal);
  __m256 remainder = _mm256_fnmadd_ps(guess, divisor, value);
  return _mm256_fmadd_ps(remainder, reciprocal, guess);
}

} // namespace

RESNETC_FMA void normalise_rgb_avx2(const rgb_scale &scale,
                                    const uint8_t *pixels, int64_t count,
                                    float *out) {
  constexpr int lanes = 8, vectors = 3; // after which the channels repeat
  constexpr int64_t step = lanes * vectors;
  float mean[step], std[step], reciprocal[step];
  for (int i = 0; i < step; ++i) {
    mean[i] = scale.mean[i % 3];
    std[i] = scale.std[i % 3];
    reciprocal[i] = 1 / scale.std[i % 3];
  }
  const __m256 most = _mm256_set1_ps(255),
               most_reciprocal = _mm256_set1_ps(1 / 255.f);
  __m256 means[vectors], stds[vectors], reciprocals[vectors];
  for (int i = 0; i < vectors; ++i) {
    means[i] = _mm256_loadu_ps(mean + i * lanes);
    stds[i] = _mm256_loadu_ps(std + i * lanes);
    reciprocals[i] = _mm256_loadu_ps(reciprocal + i * lanes);
  }
  auto part = [&](const uint8_t *from, int i) RESNETC_FMA {
    __m256 values = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(
        _mm_loadl_epi64(reinterpret_cast<const __m128i *>(from))));
    __m256 centred =
        _mm256_sub_ps(quotient(values, most, most_reciprocal), means[i]);
    return quotient(centred, stds[i], reciprocals[i]);
  };
  const int64_t total = count * 3;
  int64_t done = 0;
  for (; done + step <= total; done += step)
    for (int i = 0; i < vectors; ++i)
      _mm256_storeu_ps(out + done + i * lanes,
                       part(pixels + done + i * lanes, i));
  if (done == total)
    return;
  uint8_t bytes[step] = {};
  float rest[step];
  std::memcpy(bytes, pixels + done, total - done);
  for (int i = 0; i < vectors; ++i)
    _mm256_storeu_ps(rest + i * lanes, part(bytes + i * lanes, i));
  std::memcpy(out + done, rest, (total - done) * sizeof(float));
}

} // namespace resnetc
