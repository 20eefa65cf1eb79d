// The arguments that name what a command reads: files, one after the other, and the tree in them.
// Friends stand beside the files' tables; those that a file declares are opened where a column of theirs is asked for.
// Errors:  kInvalidArgument for a wrong spelling, those of opening.
// Threads: one.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/table.h"

namespace mlaas::command {

struct TableSource {
  std::vector<std::string> files;        // paths, patterns, URLs; each may name its tree: "a.root:dir/Events"
  std::string tree;                      // where a file names none
  std::vector<std::string> friends;      // "FILE:TREE=ALIAS"
  std::vector<std::string> friendIndex;  // "run,event" or "none": one for all friends, or one for each
  std::string friendMissing;             // for entries without partner; empty: they are an error
  std::string memory = "1 GiB";          // for the indices of friends
};

// What was opened, with the limit that its indices count to.
struct OpenedSource {
  std::unique_ptr<MemoryBudget> budget;  // outlives the table
  std::shared_ptr<const table::Table> table;
};

// Adds FILE... and --tree.
void declareSource(CLI::App& command, TableSource& source);

// Adds --friend, --friend-index, --friend-missing and --memory.
void declareFriends(CLI::App& command, TableSource& source);

// Opens all files as one table with its friends; `columns` (names or patterns) are what will be asked for.
Result<OpenedSource> openSource(const TableSource& source, const std::vector<std::string>& columns,
                                const std::stop_token& stop);

// The same for `files` in the place of those that `source` names.
Result<OpenedSource> openFiles(std::span<const table::FileReference> files, const TableSource& source,
                               const std::vector<std::string>& columns, const std::stop_token& stop);

}  // namespace mlaas::command
