// The columns of a chain: those of all its tables, by name.
// A column that some table lacks, or has with another type, cannot be read from the chain; its `unsupported` says in
// which files, and the others read.
// Threads: one.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::table {

class ChainColumns {
 public:
  // Adds the columns of the next table.
  void add(const Table& table);
  std::vector<ColumnInfo> take();

 private:
  struct Origin {
    size_t firstTable = 0;
    size_t lastTable = 0;  // that has the column
  };
  void merge(const ColumnInfo& column, size_t index, const Table& table);

  std::vector<ColumnInfo> columns_;
  std::vector<Origin> origins_;                    // of columns_
  std::unordered_map<std::string, size_t> index_;  // by name
  std::vector<std::string> tables_;                // "FILE: tree T", in their order
};

}  // namespace mlaas::table
