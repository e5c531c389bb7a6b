// What main memory gives: the slope of a roofline.
#pragma once

namespace resnetc {

/// GB/s (10^9 bytes) of `threads` threads that together add two arrays into a
/// third, larger than the caches: two reads and a write each element. The best
/// of several passes.
double memory_bandwidth(int threads);

} // namespace resnetc
