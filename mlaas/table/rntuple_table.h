// An RNTuple as a Table.
#pragma once

#include <memory>

#include "mlaas/root/rntuple/ntuple.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

// `ntuple` under the interface of Table.
std::shared_ptr<const Table> makeNTupleTable(std::shared_ptr<const root::NTuple> ntuple);

// What `mlaas inspect` shows of an ntuple.
std::vector<ColumnInfo> describeColumns(const root::NTuple& ntuple);

}  // namespace mlaas::table
