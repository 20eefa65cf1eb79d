// The names that expressions over a table may use: its columns, then its aliases.
// Threads: any.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

struct NamedColumns {
  std::vector<NamedType> readable;
  std::map<std::string, std::string> unreadable;  // name to reason
};

NamedColumns nameColumns(const Table& table);

}  // namespace mlaas::table
