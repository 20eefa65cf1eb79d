// The columns of a written table and the rows that come for them, whatever the table is stored as.
// Threads: values and pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"

namespace mlaas::root {

struct OutputColumn {
  std::string name;
  ColumnType type;
  // The TTree's branch that counts the elements of a jagged column of numbers; columns may share one. An RNTuple needs
  // none and ignores it.
  std::string counter = {};
  DType counterType = DType::kInt32;  // an integer of 2 to 8 bytes
};

// kInvalidArgument where the rows have other columns, types or lengths; `table` names the written table.
Result<void> checkRows(const std::string& table, std::span<const OutputColumn> columns, std::span<const Column> rows);

// `name` with everything but ASCII letters, digits, '_' and bytes beyond ASCII replaced by '_', which every reader of
// trees and RNTuples takes as one name. "Jet/Jet.PT" becomes "Jet_PT": a child that repeats its parent loses it.
std::string legalColumnName(std::string_view name);

// legalColumnName of each name, with "_2", "_3", ... where that is taken by an earlier one.
std::vector<std::string> legalColumnNames(std::span<const std::string> names);

}  // namespace mlaas::root
