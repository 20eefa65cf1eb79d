// The friends that a file declares for its tree (TTree::AddFriend before TTree::Write), opened where a column of theirs
// is asked for.
// A friend's file is looked for beside the file that names it, then as the name stands. A friend with an index of its
// own goes by it where the table has columns of its names, others go by entry. Friends of friends are left alone.
// Errors:  those of openFriend() and attachFriends(), naming the friend and the column that it was opened for.
// Threads: any.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "mlaas/base/memory_budget.h"
#include "mlaas/table/chain/table_pool.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

// `table` with the friends that `names` (columns or patterns) need beside its own columns: "alias.x" and "alias.*" need
// that friend, a name that the table does not have needs all. Friends whose alias is in
// `taken` are left out, and so are names of theirs.
Result<std::shared_ptr<const Table>> attachDeclaredFriends(std::shared_ptr<const Table> table,
                                                           std::span<const std::string> names,
                                                           std::span<const std::string> taken, TablePool& pool,
                                                           MemoryBudget& budget, const std::stop_token& stop);

}  // namespace mlaas::table
