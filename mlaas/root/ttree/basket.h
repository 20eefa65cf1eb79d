// One basket: a record with the entries of one branch.
// Errors:  kCorrupt.
// Threads: pure functions; the scratch memory belongs to the calling thread.
// Source:  docs/formats/ttree.md, "Baskets".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/root/ttree/tree_metadata.h"

namespace mlaas::root {

// The header in a basket's key: what is known before its data is decompressed.
struct BasketHeader {
  uint32_t keyBytes = 0;
  uint32_t objectBytes = 0;  // data, and offsets behind them, without compression
  uint32_t storedBytes = 0;  // of the same in the file
  uint32_t numEntries = 0;
  uint32_t dataBytes = 0;  // of the entries alone
  uint8_t ioBits = 0;
  bool offsetsLeftOut = false;  // to be made from the counter

  bool isCompressed() const { return objectBytes > storedBytes; }
};

// Reads the header of the basket whose record is `record`, and checks its sizes against the record's.
Result<BasketHeader> readBasketHeader(std::span<const std::byte> record);

// A basket's bytes without compression.
struct BasketData {
  std::span<const std::byte> entries;  // numEntries entries one after the other
  std::span<const std::byte> offsets;  // what stands behind them in the record; empty if nothing does
};

// Decompresses the basket into `scratch` where it is compressed; the spans point into `scratch` or `record`.
Result<BasketData> openBasket(std::span<const std::byte> record, const BasketHeader& header,
                              std::vector<std::byte>& scratch);

// Fills `offsets` (numEntries + 1, from 0 to entriesBytes) from the array behind a basket's entries.
Result<void> readEntryOffsets(const BasketHeader& header, std::span<const std::byte> array,
                              std::vector<int64_t>& offsets);

// The same for a basket of the tree's record.
Result<void> readEntryOffsets(const EmbeddedBasket& basket, std::vector<int64_t>& offsets);

}  // namespace mlaas::root
