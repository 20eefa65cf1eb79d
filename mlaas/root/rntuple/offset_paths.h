// Which columns of an ntuple have the same offsets: those below the same collections, and those below collections
// whose ends ROOT wrote once, because all of their pages were equal.
// Threads: pure function.
// Source:  docs/formats/rntuple.md, "Columns".
#pragma once

#include <vector>

#include "mlaas/root/rntuple/field_columns.h"
#include "mlaas/root/rntuple/page_list.h"

namespace mlaas::root {

struct OffsetPaths {
  std::vector<int> ofColumn;  // columns of one number have the same offsets; -1: they have none that are stored
  size_t numPaths = 0;
};

OffsetPaths findOffsetPaths(const Schema& schema, const PageList& pages, const std::vector<NTupleColumn>& columns);

}  // namespace mlaas::root
