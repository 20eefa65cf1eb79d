// Tables one after the other under the interface of one: entries and clusters of each follow those of the one before;
// columns go by name (see chain_columns.h). The tables' names may differ.
// Errors:  those of the tables.
// Threads: as Table.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/chain/table_pool.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

// One of a chain's tables and the entries that it contributes.
struct ChainMember {
  std::shared_ptr<const Table> table;
  EntryRange entries;
};

// Chains `tables`; a single one is returned as it is. kInvalidArgument for an empty list.
Result<std::shared_ptr<const Table>> chainTables(std::vector<std::shared_ptr<const Table>> tables);

// The tables of a chain with their entries, or the table itself.
std::vector<ChainMember> chainMembers(const std::shared_ptr<const Table>& table);

// Opens every file once, one after the other, and chains them; files are open only while they are read. `change`, where
// given, replaces each table before it joins the chain.
using TableChange = std::function<Result<std::shared_ptr<const Table>>(std::shared_ptr<const Table>)>;
Result<std::shared_ptr<const Table>> openChain(std::span<const FileReference> files, TablePool& pool,
                                               const std::stop_token& stop = {}, const TableChange& change = {});

}  // namespace mlaas::table
