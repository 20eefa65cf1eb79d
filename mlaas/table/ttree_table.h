// A TTree as a Table.
#pragma once

#include <memory>

#include "mlaas/root/ttree/tree.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

// `tree` under the interface of Table.
std::shared_ptr<const Table> makeTreeTable(std::shared_ptr<const root::Tree> tree);

// What the file says about friends and index of `tree`.
TableLinks linksOf(const root::Tree& tree);

// What `mlaas inspect` shows of a tree; with the codec of each column, which reads a basket of each.
std::vector<ColumnInfo> describeColumns(const root::Tree& tree, bool withCompression);

}  // namespace mlaas::table
