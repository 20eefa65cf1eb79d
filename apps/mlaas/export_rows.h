// The rows that `mlaas export` writes, read piece by piece: some columns of a range of entries, of which a selection may
// keep a part.
// Errors:  kInvalidArgument (the selection), kCancelled, those of the table.
// Threads: one; columns are decoded on the pool.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "apps/mlaas/progress.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace mlaas::command {

// Keeps the entries for which an expression is true.
class RowSelection {
 public:
  // An empty text keeps all.
  static Result<RowSelection> compile(const table::Table& table, const std::string& text);

  bool keepsAll() const { return !expression_.has_value(); }
  // The columns that it needs, as indices in the table.
  const std::vector<size_t>& columns() const { return columns_; }
  // The rows that it keeps of `length` entries from `first` on; `values` in the order of columns().
  Result<std::vector<int64_t>> rows(std::span<const Column> values, table::EntryRange range) const;

 private:
  std::optional<table::Expression> expression_;
  std::vector<size_t> columns_;
};

struct ExportRows {
  const table::Table& table;
  table::EntryRange range;
  const RowSelection& selection;
  TaskPool& pool;
  ProgressBar& progress;  // counts entries * columns
  std::stop_token stop;
};

using WriteRows = std::function<Result<void>(std::span<const Column>)>;

// Calls `write` with the kept rows of `columns`, piece by piece and in order. Where a piece keeps no row, its other
// columns are not read. After a failure `failed`, where given, is the piece at which it came.
Result<void> forEachPiece(const ExportRows& rows, const std::vector<size_t>& columns, const WriteRows& write,
                          table::EntryRange* failed = nullptr);

}  // namespace mlaas::command
