// Turns the baskets of a range of entries into a Column: one pass over each basket while it is in cache.
// Memory: the result is asked for only after every basket's header agreed with its record.
// Errors:  kCorrupt, kOverloaded (the range is too large for memory).
// Threads: one decoder per call; each thread keeps scratch memory for the basket in hand.
// Source:  docs/formats/ttree.md, "Entries".
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "mlaas/root/entry_range.h"
#include "mlaas/root/ttree/basket.h"
#include "mlaas/root/ttree/column_plan.h"

namespace mlaas::root {

// A basket and the bytes of its record.
struct BasketPart {
  EntryRange entries;
  std::span<const std::byte> record;         // of a basket in the file
  const EmbeddedBasket* embedded = nullptr;  // else
  uint64_t offset = 0;                       // in the file, for messages
  // Neither: entries from before the branch was made.
  bool isGap() const { return record.empty() && !embedded; }
};

// The values of the column that counts, for a range of entries.
using CounterReader = std::function<Result<Column>(EntryRange)>;

// Decodes the entries `range` of a column from the baskets that cover it, in order. `readCounter` is called where a
// basket leaves out its offsets.
Result<Column> decodeColumn(const ColumnPlan& plan, EntryRange range, std::span<const BasketPart> baskets,
                            const CounterReader& readCounter);

// A column of a branch, and what reads the column that counts its elements.
struct BranchColumn {
  const ColumnPlan* plan = nullptr;
  CounterReader readCounter;
};

// The same for several columns of one branch: each basket is decompressed once. One that fails leaves the others alone.
std::vector<Result<Column>> decodeColumns(std::span<const BranchColumn> columns, EntryRange range,
                                          std::span<const BasketPart> baskets);

}  // namespace mlaas::root
