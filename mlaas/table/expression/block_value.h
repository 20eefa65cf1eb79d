// The values of a part of an expression in one block of entries.
// Shapes: level 0 are the entries; offsets[l] cuts the elements of level l + 1 into one list for each element of level
//         l. Offsets point at the block's first list and do not start at 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mlaas/table/expression/node.h"

namespace mlaas::table::expression {

struct BlockValue {
  const void* values = nullptr;  // of the node's kind
  bool constant = false;         // one value for all
  int depth = 0;                 // levels of lists
  std::array<const int64_t*, kMaxDepth> offsets = {};
  int offsetsColumn = -1;  // the column whose first `depth` levels of offsets these are, or -1

  const int64_t* innermost() const { return offsets[static_cast<size_t>(depth - 1)]; }
  // Elements of a level in a block of `entries`.
  size_t countAt(int level, size_t entries) const {
    for (size_t l = 0; l < static_cast<size_t>(level); ++l) {
      entries = static_cast<size_t>(offsets[l][entries] - offsets[l][0]);
    }
    return entries;
  }
  // Values that there are.
  size_t elements(size_t entries) const { return constant ? 1 : countAt(depth, entries); }
};

}  // namespace mlaas::table::expression
