// Turns the pages of a range of entries into a Column.
// Memory: a buffer is asked for only after the blocks of all pages that fill it promised what they have to.
// Errors:  kCorrupt, kUnsupported, kOverloaded (the range is too large for memory).
// Threads: pure function over a store that is filled.
// Source:  docs/formats/rntuple.md.
#pragma once

#include "mlaas/root/rntuple/level_walk.h"

namespace mlaas::root {

// Reads the values below `levels`, which are those of `column`, and joins both.
Result<Column> readColumn(const NTupleColumn& column, EntryRange range, WalkedLevels levels, const PageStore& store);

}  // namespace mlaas::root
