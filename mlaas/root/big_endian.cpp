#include "mlaas/root/big_endian.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace mlaas::root {

namespace {

uint16_t swapped(uint16_t v) { return static_cast<uint16_t>((v >> 8) | (v << 8)); }
uint32_t swapped(uint32_t v) { return __builtin_bswap32(v); }
uint64_t swapped(uint64_t v) { return __builtin_bswap64(v); }

// A loop that compilers turn into vector shuffles.
template <class T>
void copySwapped(const std::byte* __restrict from, size_t count, std::byte* __restrict to) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    value = swapped(value);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

template <class T>
void swapInPlace(std::byte* data, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data + i * sizeof(T), sizeof(T));
    value = swapped(value);
    std::memcpy(data + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

void copyFromBigEndian(const std::byte* from, size_t count, size_t width, std::byte* to) {
  if (count == 0) return;
  if (width == 1 || std::endian::native == std::endian::big) {
    std::memcpy(to, from, count * width);
  } else if (width == 2) {
    copySwapped<uint16_t>(from, count, to);
  } else if (width == 4) {
    copySwapped<uint32_t>(from, count, to);
  } else {
    copySwapped<uint64_t>(from, count, to);
  }
}

void swapFromBigEndian(std::byte* data, size_t count, size_t width) {
  if (width == 1 || std::endian::native == std::endian::big) return;
  if (width == 2) {
    swapInPlace<uint16_t>(data, count);
  } else if (width == 4) {
    swapInPlace<uint32_t>(data, count);
  } else {
    swapInPlace<uint64_t>(data, count);
  }
}

}  // namespace mlaas::root
