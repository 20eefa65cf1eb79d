// A friend as users describe it, and how it is opened.
// Errors:  those of opening and of the index; kInvalidArgument for a description that contradicts itself.
// Threads: any.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/memory_budget.h"
#include "mlaas/table/chain/friend_table.h"
#include "mlaas/table/chain/table_pool.h"

namespace mlaas::table {

struct FriendOptions {
  std::vector<std::string> files;  // as FileReference spells them; several are a chain
  std::string tree;                // of files that name none; empty: the only one
  std::string alias;               // empty: the name of the (first) tree, without folders
  // Columns of both tables that name an entry. Empty: by entry. Absent: by the index that the friend's file holds,
  // where the table has columns of its names, else by entry; as ROOT does.
  std::optional<std::vector<std::string>> index;
  std::optional<double> missing;  // for entries without partner, see FriendLink
};

// The alias that the friend will have, as far as it is known before its files are opened; else empty.
std::string aliasOf(const FriendOptions& options);

// Opens the friend's files; `table` is looked at for the columns of a stored index. The link of a friend by entry
// covers all entries of the friend.
Result<FriendLink> openFriend(const FriendOptions& options, const Table& table, TablePool& pool, MemoryBudget& budget,
                              const std::stop_token& stop);

// "FILE", "FILE:TREE", "FILE:TREE=ALIAS" (with patterns) as options.
Result<FriendOptions> parseFriend(const std::string& text);
// "-999", "nan", as FriendOptions::missing.
Result<double> parseMissing(const std::string& text);

// Whether `name` can be an alias: letters, digits and _, not a digit first.
bool isAlias(std::string_view name);

}  // namespace mlaas::table
