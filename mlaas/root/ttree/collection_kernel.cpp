#include "mlaas/root/ttree/collection_kernel.h"

#include <bit>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/big_endian.h"

namespace mlaas::root {

namespace {

constexpr uint32_t kByteCountMask = 0x40000000;
constexpr uint16_t kMemberWise = 0x4000;
constexpr size_t kHeaderBytes = 10;
constexpr size_t kShort = 16;  // so many numbers are swapped here, without a call

template <class T>
void copyNumbers(const std::byte* from, size_t count, std::byte* to) {
  if (count > kShort) return copyFromBigEndian(from, count, sizeof(T), to);
  for (size_t i = 0; i < count; ++i) {
    const T value = loadNumber<T, std::endian::big>(from + i * sizeof(T));
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

template <class T>
std::optional<size_t> place(std::span<const std::byte> data, std::span<const int64_t> offsets, int64_t* ends,
                            std::byte* to) {
  size_t placed = 0;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    const auto entryBytes = static_cast<size_t>(offsets[i + 1] - offsets[i]);
    if (entryBytes == 0) {  // old collections leave out their header too
      ends[i + 1] = ends[i];
      continue;
    }
    if (entryBytes < kHeaderBytes) return std::nullopt;
    const std::byte* entry = data.data() + offsets[i];
    const auto byteCount = loadNumber<uint32_t, std::endian::big>(entry);
    const auto version = loadNumber<uint16_t, std::endian::big>(entry + 4);
    const size_t count = loadNumber<uint32_t, std::endian::big>(entry + 6);
    const bool isGood = byteCount == (kByteCountMask | (entryBytes - 4)) && (version & kMemberWise) == 0 &&
                        count * sizeof(T) == entryBytes - kHeaderBytes;
    if (!isGood) return std::nullopt;
    copyNumbers<T>(entry + kHeaderBytes, count, to + placed);
    placed += count * sizeof(T);
    ends[i + 1] = ends[i] + static_cast<int64_t>(count);
  }
  return placed;
}

}  // namespace

std::optional<size_t> placeCollections(std::span<const std::byte> data, std::span<const int64_t> offsets, size_t width,
                                       int64_t* ends, std::byte* to) {
  if (offsets.empty() || offsets.back() > static_cast<int64_t>(data.size())) return std::nullopt;
  switch (width) {
    case 1:
      return place<uint8_t>(data, offsets, ends, to);
    case 2:
      return place<uint16_t>(data, offsets, ends, to);
    case 4:
      return place<uint32_t>(data, offsets, ends, to);
    case 8:
      return place<uint64_t>(data, offsets, ends, to);
    default:
      return std::nullopt;
  }
}

}  // namespace mlaas::root
