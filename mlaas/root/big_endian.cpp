#include "mlaas/root/big_endian.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "mlaas/base/wide_vectors.h"

namespace mlaas::root {

namespace {

inline uint16_t swapped(uint16_t v) { return static_cast<uint16_t>((v >> 8) | (v << 8)); }
inline uint32_t swapped(uint32_t v) { return __builtin_bswap32(v); }
inline uint64_t swapped(uint64_t v) { return __builtin_bswap64(v); }

inline uint8_t swapped(uint8_t v) { return v; }

template <class T>
void copyStrided(const std::byte* from, size_t stride, size_t count, std::byte* to) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * stride, sizeof(T));
    if constexpr (std::endian::native == std::endian::little) value = swapped(value);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

// Loops that compilers turn into vector shuffles.
template <class T>
[[gnu::always_inline]] inline void copySwapped(const std::byte* __restrict from, size_t count,
                                               std::byte* __restrict to) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    value = swapped(value);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

template <class T>
[[gnu::always_inline]] inline void swapInPlace(std::byte* data, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data + i * sizeof(T), sizeof(T));
    value = swapped(value);
    std::memcpy(data + i * sizeof(T), &value, sizeof(T));
  }
}

MLAAS_WIDE_VECTORS void copy16(const std::byte* from, size_t count, std::byte* to) {
  copySwapped<uint16_t>(from, count, to);
}
MLAAS_WIDE_VECTORS void copy32(const std::byte* from, size_t count, std::byte* to) {
  copySwapped<uint32_t>(from, count, to);
}
MLAAS_WIDE_VECTORS void copy64(const std::byte* from, size_t count, std::byte* to) {
  copySwapped<uint64_t>(from, count, to);
}
MLAAS_WIDE_VECTORS void swap16(std::byte* data, size_t count) { swapInPlace<uint16_t>(data, count); }
MLAAS_WIDE_VECTORS void swap32(std::byte* data, size_t count) { swapInPlace<uint32_t>(data, count); }
MLAAS_WIDE_VECTORS void swap64(std::byte* data, size_t count) { swapInPlace<uint64_t>(data, count); }

}  // namespace

void copyFromBigEndian(const std::byte* from, size_t count, size_t width, std::byte* to) {
  if (count == 0) return;
  if (width == 1 || std::endian::native == std::endian::big) {
    std::memcpy(to, from, count * width);
  } else if (width == 2) {
    copy16(from, count, to);
  } else if (width == 4) {
    copy32(from, count, to);
  } else {
    copy64(from, count, to);
  }
}

void copyStridedFromBigEndian(const std::byte* from, size_t stride, size_t count, size_t width, std::byte* to) {
  if (width == 1) {
    copyStrided<uint8_t>(from, stride, count, to);
  } else if (width == 2) {
    copyStrided<uint16_t>(from, stride, count, to);
  } else if (width == 4) {
    copyStrided<uint32_t>(from, stride, count, to);
  } else {
    copyStrided<uint64_t>(from, stride, count, to);
  }
}

void swapFromBigEndian(std::byte* data, size_t count, size_t width) {
  if (width == 1 || std::endian::native == std::endian::big) return;
  if (width == 2) {
    swap16(data, count);
  } else if (width == 4) {
    swap32(data, count);
  } else {
    swap64(data, count);
  }
}

}  // namespace mlaas::root
