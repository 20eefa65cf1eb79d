// Puts the results of the blocks together to one column.
// Threads: one thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/table/expression/block_value.h"

namespace mlaas::table::expression {

class ResultBuilder {
 public:
  // `type` has no fixed shape; `length` entries will be appended in all.
  ResultBuilder(const ColumnType& type, int64_t length);

  void append(const BlockValue& value, size_t entries);
  size_t numValues() const { return numValues_; }

  // A result with the lists of one of `columns` shares its offsets.
  Column finish(std::span<const Column> columns) &&;

 private:
  // Values that grow as they come.
  struct Store {
    std::shared_ptr<Buffer> buffer;
    size_t usedBytes = 0;
    std::byte* grow(size_t bytes);
  };
  void appendOffsets(const BlockValue& value, size_t entries);

  ColumnType type_;
  int64_t length_;
  size_t valueBytes_;
  Store values_;
  size_t numValues_ = 0;
  std::vector<Store> offsets_;  // by level; empty stores where the lists are a column's
  int offsetsColumn_ = -1;
};

}  // namespace mlaas::table::expression
