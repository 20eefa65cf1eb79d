// One page of an RNTuple: its checksum, decompression, and the numbers in it, while they are in cache.
// Errors:  kCorrupt (checksum, blocks that give other sizes), kUnsupported (codec).
// Threads: pure functions; each thread reuses scratch memory from page to page.
// Source:  docs/formats/rntuple.md, "Encodings".
#pragma once

#include <span>

#include "mlaas/root/rntuple/page_list.h"

namespace mlaas::root {

// A page and what the file holds of it, its checksum included.
struct PageBytes {
  const Page* page = nullptr;
  std::span<const std::byte> stored;
};

// Elements of a page, counted within it.
struct ElementRun {
  size_t first = 0;
  size_t count = 0;
};

// What a switch column says of one element: the alternative that it holds (0: none) and its place among those.
struct SwitchValue {
  uint64_t index = 0;
  uint32_t alternative = 0;
};

// kCorrupt unless the page's blocks promise what its elements need. To be called before memory for them is asked for.
Result<void> checkPage(const PageBytes& page, const PhysicalColumn& column);

// Fills `to` with elements of the page as numbers of the column's dtype.
Result<void> decodeValues(const PageBytes& page, const PhysicalColumn& column, ElementRun run, std::byte* to);

// Fills `to` with elements of an index column: ends of collections, from the cluster's begin on.
Result<void> decodeIndexes(const PageBytes& page, const PhysicalColumn& column, ElementRun run, int64_t* to);

// Fills `to` with elements of a switch column.
Result<void> decodeSwitches(const PageBytes& page, const PhysicalColumn& column, ElementRun run, SwitchValue* to);

}  // namespace mlaas::root
