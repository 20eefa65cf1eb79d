// A column read whole and in two parts: both ways must give the same bytes, or the process aborts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::fuzz {

inline bool sameBytes(const SharedBuffer& a, const SharedBuffer& b) {
  return std::ranges::equal(a->bytes(), b->bytes());
}

inline void readInParts(const table::Table& table, size_t column) {
  // A damaged count may promise more entries than are worth reading.
  constexpr int64_t kMostEntries = 20000;
  const int64_t last = std::min(table.numEntries(), kMostEntries);
  const auto whole = table.read({0, last}, {column});
  const auto front = table.read({0, last / 2}, {column});
  const auto back = table.read({last / 2, last}, {column});
  if (!whole.ok() || !front.ok() || !back.ok()) return;
  const std::vector<Column> parts = {front->front(), back->front()};
  const Column joined = concatenateColumns(parts);
  if (!sameBytes(joined.values, whole->front().values)) std::abort();
  for (size_t level = 0; level < joined.offsets.size(); ++level) {
    if (!sameBytes(joined.offsets[level], whole->front().offsets[level])) std::abort();
  }
}

}  // namespace mlaas::fuzz
