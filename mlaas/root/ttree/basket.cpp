#include "mlaas/root/ttree/basket.h"

#include <algorithm>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/compression.h"
#include "mlaas/root/key.h"

namespace mlaas::root {

namespace {

constexpr uint16_t kWideVersion = 1000;
constexpr uint8_t kOffsetsLeftOut = 80;  // added to the flag
constexpr uint8_t kGenerateOffsetMap = 1;

// kCorrupt unless the offsets rise from 0 to at most the last.
Result<void> checkOffsets(const std::vector<int64_t>& offsets) {
  // One pass without branches: a negative step sets the sign bit.
  int64_t steps = offsets.front();
  for (size_t i = 1; i < offsets.size(); ++i) steps |= offsets[i] - offsets[i - 1];
  if (steps < 0 || offsets.front() != 0)
    return Error(ErrorCode::kCorrupt, "its entry offsets do not rise from the first byte");
  return {};
}

}  // namespace

Result<BasketHeader> readBasketHeader(std::span<const std::byte> record) {
  ByteCursor cursor(record);
  BasketHeader header;
  const auto recordBytes = cursor.big<uint32_t>();
  const auto version = cursor.big<uint16_t>();
  header.objectBytes = cursor.big<uint32_t>();
  cursor.skip(4);  // date and time
  header.keyBytes = cursor.big<uint16_t>();
  cursor.skip(2 + (version > kWideVersion ? 16 : 8));  // cycle, places
  for (int i = 0; i < 3; ++i) readString(cursor);      // class, name, title
  cursor.skip(2 + 4);                                  // version and size of the buffer in memory
  const auto offsetsCapacity = cursor.big<int32_t>();
  if (offsetsCapacity < 0) header.ioBits = cursor.big<uint8_t>();
  header.numEntries = cursor.big<uint32_t>();
  const auto last = cursor.big<uint32_t>();
  header.offsetsLeftOut = cursor.big<uint8_t>() >= kOffsetsLeftOut;
  MLAAS_CHECK(cursor.check("its header"));
  if (recordBytes > record.size() || header.keyBytes > recordBytes || cursor.position() > header.keyBytes ||
      last < header.keyBytes || last - header.keyBytes > header.objectBytes || header.objectBytes > INT32_MAX) {
    return Error(ErrorCode::kCorrupt, "the sizes in its header contradict each other");
  }
  header.storedBytes = recordBytes - header.keyBytes;
  header.dataBytes = last - header.keyBytes;
  if (header.isCompressed()) {
    MLAAS_CHECK(checkBlocks(record.subspan(header.keyBytes, header.storedBytes), header.objectBytes));
  }
  return header;
}

Result<BasketData> openBasket(std::span<const std::byte> record, const BasketHeader& header,
                              std::vector<std::byte>& scratch) {
  std::span<const std::byte> all = record.subspan(header.keyBytes, std::min(header.storedBytes, header.objectBytes));
  if (header.isCompressed()) {
    if (scratch.size() < header.objectBytes) scratch.resize(header.objectBytes);
    const auto plain = std::span(scratch).first(header.objectBytes);
    MLAAS_CHECK(decompress(record.subspan(header.keyBytes, header.storedBytes), plain));
    all = plain;
  }
  return BasketData{all.first(header.dataBytes), all.subspan(header.dataBytes)};
}

Result<void> readEntryOffsets(const BasketHeader& header, std::span<const std::byte> array,
                              std::vector<int64_t>& offsets) {
  const size_t numEntries = header.numEntries;
  ByteCursor cursor(array);
  const auto count = cursor.big<uint32_t>();
  // The array has one element more than there are entries; what it says is not the end of the last entry.
  if (!cursor.ok() || count < numEntries || cursor.remaining() / 4 < numEntries) {
    return Error(ErrorCode::kCorrupt, "its entry offsets are missing or cut short");
  }
  offsets.resize(numEntries + 1);
  const std::byte* from = cursor.rest().data();
  for (size_t i = 0; i < numEntries; ++i) {
    offsets[i] = int64_t{loadNumber<int32_t, std::endian::big>(from + 4 * i)} - header.keyBytes;
  }
  if ((header.ioBits & kGenerateOffsetMap) != 0 && numEntries > 0) {
    // Differences from entry to entry.
    offsets[0] = 0;
    for (size_t i = 1; i < numEntries; ++i) offsets[i] += offsets[i - 1] + header.keyBytes;
  }
  offsets[numEntries] = header.dataBytes;
  return checkOffsets(offsets);
}

Result<void> readEntryOffsets(const EmbeddedBasket& basket, std::vector<int64_t>& offsets) {
  const size_t numEntries = basket.numEntries;
  if (basket.entryOffsets.size() < numEntries || basket.bytes.size() < basket.keyBytes) {
    return Error(ErrorCode::kCorrupt, "its entry offsets are missing or cut short");
  }
  offsets.resize(numEntries + 1);
  for (size_t i = 0; i < numEntries; ++i) offsets[i] = basket.entryOffsets[i] - basket.keyBytes;
  offsets[numEntries] = static_cast<int64_t>(basket.bytes.size()) - basket.keyBytes;
  return checkOffsets(offsets);
}

}  // namespace mlaas::root
