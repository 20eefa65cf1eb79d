// A table with others beside it: the columns of a friend stand as "alias.column" and, where neither the table nor
// another friend has a column of that name, also as "column". Friends by entry have as many entries as the table.
// Friends by index have an entry for each key of the table, in any order; the table's own columns of the index's names
// hold the keys.
// Errors:  kInvalidArgument (lengths that differ, an alias that stands twice, an entry without partner), those of the
//          tables.
// Threads: as Table. A friend by index is read when its column is decoded, on that thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlaas/table/chain/friend_index.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

struct FriendLink {
  std::string alias;
  std::shared_ptr<const Table> table;
  EntryRange entries;                        // by entry: those that stand beside the table's
  std::shared_ptr<const FriendIndex> index;  // by index; nullptr: by entry
  // By index: the value of every number of an entry without partner, whose lists are empty; without it such an entry is
  // an error.
  std::optional<double> missing;
};

Result<std::shared_ptr<const Table>> attachFriends(std::shared_ptr<const Table> table, std::vector<FriendLink> friends);

}  // namespace mlaas::table
