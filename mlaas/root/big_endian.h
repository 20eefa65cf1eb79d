// Turns arrays of big-endian numbers into native ones while they are in cache.
// Threads: pure functions.
#pragma once

#include <cstddef>

namespace mlaas::root {

// Copies `count` big-endian numbers of `width` bytes (1, 2, 4 or 8) from `from` to `to` in native order; the two must
// not overlap and need no alignment.
void copyFromBigEndian(const std::byte* from, size_t count, size_t width, std::byte* to);

// The same for numbers that lie `stride` bytes apart, of which the last may be the end of what can be read.
void copyStridedFromBigEndian(const std::byte* from, size_t stride, size_t count, size_t width, std::byte* to);

// Turns `count` big-endian numbers at `data` into native ones where they are.
void swapFromBigEndian(std::byte* data, size_t count, size_t width);

}  // namespace mlaas::root
