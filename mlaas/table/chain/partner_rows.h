// The rows of a friend by index: which entries of it a range of the table needs, and their values in the table's order.
// Errors: those of reading. Threads: immutable after it is made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

class PartnerRows {
 public:
  // `entries` are those of the friend, one a row; -1 for a row without partner.
  explicit PartnerRows(const std::vector<int64_t>& entries);

  // Reads `column` of the friend, cluster by cluster; rows without partner get `missing` (see fillColumn()).
  Result<Column> read(const Table& table, size_t column, const std::optional<double>& missing) const;

 private:
  std::vector<int64_t> wanted_;     // entries of the friend, ascending, each once
  std::vector<int64_t> positions_;  // of every row: index in wanted_, its size for one without partner
  bool isInOrder_ = true;           // positions_ are 0, 1, 2, ...
};

// Whether every number of a column of `type` can be `value`.
bool canHold(const ColumnType& type, double value);
// One row: `value` in every place of a flat or fixed column, an empty list or string otherwise.
Column fillColumn(const ColumnType& type, double value);

}  // namespace mlaas::table
