// The arguments that name what a command reads: files, one after the other, and the tree in them.
// Errors:  kInvalidArgument for a wrong spelling, those of opening.
// Threads: one.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/table/table.h"

namespace mlaas::command {

struct TableSource {
  std::vector<std::string> files;  // paths, patterns, URLs; each may name its tree: "a.root:dir/Events"
  std::string tree;                // where a file names none
};

// Adds FILE... and --tree.
void declareSource(CLI::App& command, TableSource& source);

// Opens all files as one table.
Result<std::shared_ptr<const table::Table>> openSource(const TableSource& source, const std::stop_token& stop);

}  // namespace mlaas::command
