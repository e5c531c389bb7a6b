// Normalisation of RGB in single precision for machines with AVX2 and FMA.
#pragma once

#include <cstdint>

namespace resnetc {

/// (v / 255 - mean) / std for three channels.
struct rgb_scale {
  float mean[3], std[3];
};

/// `count` RGB pixels to floats. Quotients come from reciprocals and a
/// correction: right in all but rare cases, so that who uses this has to try
/// the scale's 256 values first.
void normalise_rgb_avx2(const rgb_scale &scale, const uint8_t *pixels,
                        int64_t count, float *out);

} // namespace resnetc
