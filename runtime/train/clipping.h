// Where an activation is clipped that is kept in int8.
#pragma once

#include <resnetc/abi.h>

#include <cstdint>
#include <span>

namespace resnetc {

/// Magnitudes where bin i of a histogram begins, 0 < i <= RESNETC_BINS; of the
/// last one also where it is taken to end. Bin 0 begins at 0.
double bin_edge(int bin);

/// The scale by which magnitudes with this histogram ([RESNETC_BINS] counts)
/// are rounded to 0 ... 255, or to 0 ... 127 where their sign is kept, with the
/// least squared error that is to be expected, that of clipping counted
/// fourfold. Largest magnitudes are clipped where that makes the steps for all
/// others finer by more than it costs. Positive and finite whatever the
/// histogram holds; 1/255 or 1/127 where all is zero.
float least_error_scale(std::span<const std::int64_t> histogram,
                        bool is_signed);

} // namespace resnetc
