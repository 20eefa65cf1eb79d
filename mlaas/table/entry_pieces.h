// Ranges of entries to read one after the other: a table's clusters, cut where they are too long for memory and joined
// where they are short.
// Threads: any.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::table {

// Covers the part of `wanted` that `clusters` (ascending) cover, in order, in pieces of at most `maxEntries` (at least
// 1). A piece is several whole clusters, or one, or a part of one.
std::vector<EntryRange> entryPieces(std::span<const EntryRange> clusters, EntryRange wanted, int64_t maxEntries);

}  // namespace mlaas::table
