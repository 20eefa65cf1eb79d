// Where a range of entries is best cut, so that few baskets or pages lie on both sides of a cut and are decompressed
// twice.
// Threads: pure function.
// Source:  docs/formats/ttree.md, "Clusters".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/root/entry_range.h"

namespace mlaas::root {

// The baskets or pages of a column: piece i holds the entries [firstEntry[i], firstEntry[i + 1]).
struct StoredPieces {
  std::span<const int64_t> firstEntry;  // one more than there are pieces, unless both are empty
  std::span<const uint32_t> bytes;      // compressed
};

struct RangeSize {
  int64_t preferred = 0;
  int64_t most = 0;  // at least preferred
};

// Cuts `range` into ranges of about `size.preferred` entries. A range grows, to `size.most` at most, where far fewer bytes
// of `columns` then stand on both sides of its end.
std::vector<EntryRange> cutRange(std::span<const StoredPieces> columns, EntryRange range, RangeSize size);

}  // namespace mlaas::root
