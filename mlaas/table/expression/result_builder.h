// Puts the results of the blocks together to one column.
// Threads: one thread.
#pragma once

#include <memory>
#include <span>

#include "mlaas/base/column.h"

namespace mlaas::table::expression {

// The values of a part of an expression in one block of entries.
struct BlockValue {
  const void* values = nullptr;      // of the node's kind
  bool constant = false;             // one value for all
  const int64_t* offsets = nullptr;  // entries + 1, not from 0; null for one value an entry
  int offsetsColumn = -1;            // the column whose offsets these are, or -1

  // Values that there are for `entries` entries.
  size_t elements(size_t entries) const {
    if (constant) return 1;
    return offsets ? static_cast<size_t>(offsets[entries] - offsets[0]) : entries;
  }
};

class ResultBuilder {
 public:
  // `type` is flat or jagged by one level; `length` entries will be appended in all.
  ResultBuilder(const ColumnType& type, int64_t length);

  void append(const BlockValue& value, size_t entries);

  // A result with the lists of one of `columns` shares its offsets.
  Column finish(std::span<const Column> columns) &&;

 private:
  void appendBytes(const void* values, size_t count);
  void appendConstant(const void* value, size_t count);
  void grow(size_t count);

  ColumnType type_;
  int64_t length_;
  size_t valueBytes_;
  std::shared_ptr<Buffer> values_;
  size_t numValues_ = 0;
  std::shared_ptr<Buffer> offsets_;  // made where the lists are no column's
  int64_t numEntries_ = 0;
  int offsetsColumn_ = -1;
};

}  // namespace mlaas::table::expression
