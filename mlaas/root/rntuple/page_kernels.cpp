#include "mlaas/root/rntuple/page_kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "mlaas/base/wide_vectors.h"

static_assert(std::endian::native == std::endian::little, "pages of RNTuples hold little-endian numbers");

namespace mlaas::root {

namespace {

using Bytes = const uint8_t* __restrict;

MLAAS_WIDE_VECTORS void joinTwo(Bytes a, Bytes b, size_t count, uint8_t* __restrict to) {
  for (size_t i = 0; i < count; ++i) {
    to[2 * i] = a[i];
    to[2 * i + 1] = b[i];
  }
}

MLAAS_WIDE_VECTORS void joinFour(Bytes a, Bytes b, Bytes c, Bytes d, size_t count, uint8_t* __restrict to) {
  for (size_t i = 0; i < count; ++i) {
    to[4 * i] = a[i];
    to[4 * i + 1] = b[i];
    to[4 * i + 2] = c[i];
    to[4 * i + 3] = d[i];
  }
}

// `stride` bytes lie between the planes.
MLAAS_WIDE_VECTORS void joinEight(Bytes planes, size_t stride, size_t count, uint8_t* __restrict to) {
  const uint8_t* __restrict b = planes + stride;
  const uint8_t* __restrict c = planes + 2 * stride;
  const uint8_t* __restrict d = planes + 3 * stride;
  const uint8_t* __restrict e = planes + 4 * stride;
  const uint8_t* __restrict f = planes + 5 * stride;
  const uint8_t* __restrict g = planes + 6 * stride;
  const uint8_t* __restrict h = planes + 7 * stride;
  for (size_t i = 0; i < count; ++i) {
    to[8 * i] = planes[i];
    to[8 * i + 1] = b[i];
    to[8 * i + 2] = c[i];
    to[8 * i + 3] = d[i];
    to[8 * i + 4] = e[i];
    to[8 * i + 5] = f[i];
    to[8 * i + 6] = g[i];
    to[8 * i + 7] = h[i];
  }
}

template <class T>
void undoZigzagAs(std::byte* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, values + i * sizeof(T), sizeof(T));
    value = static_cast<T>((value >> 1) ^ (T{0} - (value & T{1})));
    std::memcpy(values + i * sizeof(T), &value, sizeof(T));
  }
}

float widenHalf(uint16_t half) {
  const uint32_t sign = uint32_t{half & 0x8000U} << 16;
  const uint32_t exponent = half >> 10 & 0x1FU;
  const uint32_t fraction = half & 0x3FFU;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  // A subnormal number counts units of 2^-24.
  const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
}

// All bits that are set in any of the bytes.
MLAAS_WIDE_VECTORS uint8_t allBits(Bytes bytes, size_t count) {
  uint8_t bits = 0;
  for (size_t i = 0; i < count; ++i) bits |= bytes[i];
  return bits;
}

}  // namespace

void joinPlanes(const std::byte* page, size_t numElements, size_t width, size_t first, size_t count, std::byte* to) {
  const auto* from = reinterpret_cast<const uint8_t*>(page) + first;
  auto* out = reinterpret_cast<uint8_t*>(to);
  if (width == 2) return joinTwo(from, from + numElements, count, out);
  if (width == 8) return joinEight(from, numElements, count, out);
  joinFour(from, from + numElements, from + 2 * numElements, from + 3 * numElements, count, out);
}

std::optional<uint64_t> addUpSmall(const std::byte* page, size_t numElements, size_t width, size_t first, size_t count,
                                   uint64_t sum, uint64_t* to) {
  const auto* lowest = reinterpret_cast<const uint8_t*>(page) + first;
  for (size_t plane = 0; plane < width; ++plane) {
    const uint8_t mask = plane == 0 ? 0xE0 : 0xFF;
    if ((allBits(lowest + plane * numElements, count) & mask) != 0) return std::nullopt;
  }
  // Eight at a time: a product with ones adds up bytes that do not overflow.
  constexpr size_t kStep = 8;
  size_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    uint64_t lengths;
    std::memcpy(&lengths, lowest + i, kStep);
    const auto sums = std::bit_cast<std::array<uint8_t, kStep>>(lengths * 0x0101010101010101ULL);
    for (size_t k = 0; k < kStep; ++k) to[i + k] = sum + sums[k];
    sum += sums[kStep - 1];
  }
  for (; i < count; ++i) to[i] = sum += lowest[i];
  return sum;
}

void undoZigzag(std::byte* values, size_t width, size_t count) {
  if (width == 2) return undoZigzagAs<uint16_t>(values, count);
  if (width == 4) return undoZigzagAs<uint32_t>(values, count);
  undoZigzagAs<uint64_t>(values, count);
}

void unpackBits(const std::byte* page, size_t first, size_t count, std::byte* to) {
  const auto bitAt = [&](size_t i) { return page[i / 8] >> (i % 8) & std::byte{1}; };
  size_t i = first;
  const size_t end = first + count;
  for (; i < end && i % 8 != 0; ++i) *to++ = bitAt(i);
  // Eight at a time: the byte in every lane, one bit of each lane kept and moved to its lowest place.
  for (; i + 8 <= end; i += 8, to += 8) {
    const uint64_t spread = std::to_integer<uint64_t>(page[i / 8]) * 0x0101010101010101ULL & 0x8040201008040201ULL;
    const uint64_t bits = (spread + 0x7F7F7F7F7F7F7F7FULL) >> 7 & 0x0101010101010101ULL;
    std::memcpy(to, &bits, sizeof(bits));
  }
  for (; i < end; ++i) *to++ = bitAt(i);
}

void unpackIntegers(const std::byte* page, size_t pageBytes, uint32_t bits, size_t first, size_t count, uint32_t* to) {
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  const size_t end = first + count;
  size_t i = first;
  // Eight bytes hold any 32 bits with up to 7 before them, as long as that many are left.
  for (; i < end && i * bits / 8 + sizeof(uint64_t) <= pageBytes; ++i) {
    uint64_t word;
    std::memcpy(&word, page + i * bits / 8, sizeof(word));
    *to++ = static_cast<uint32_t>(word >> (i * bits % 8) & mask);
  }
  for (; i < end; ++i) {
    uint64_t word = 0;
    std::memcpy(&word, page + i * bits / 8, std::min(sizeof(word), pageBytes - i * bits / 8));
    *to++ = static_cast<uint32_t>(word >> (i * bits % 8) & mask);
  }
}

void widenHalfs(const uint16_t* from, size_t count, float* to) {
  for (size_t i = 0; i < count; ++i) to[i] = widenHalf(from[i]);
}

}  // namespace mlaas::root
