// The .npy files of one column: NAME.npy with the values and, where the column is jagged, NAME.offsets.npy (int64,
// rows + 1), or NAME.offsets0.npy, NAME.offsets1.npy, ... outermost first where it is nested.
// Errors:  kIo. Threads: one. Owns: the files, which are absent until close().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/table/writer/npy_writer.h"

namespace mlaas::table {

// The names of a column's files within the folder, the values first. A '/' in the column's name becomes '.'.
std::vector<std::string> columnFileNames(const std::string& columnName, const ColumnType& type);

class ColumnFiles {
 public:
  // `directory` must exist.
  static Result<ColumnFiles> create(const std::string& directory, const std::string& columnName, ColumnType type);

  // Appends rows; they must have the type given to create().
  Result<void> append(const Column& rows);

  Result<void> close();

 private:
  ColumnFiles(ColumnType type, NpyWriter values) : type_(std::move(type)), values_(std::move(values)) {}

  ColumnType type_;
  NpyWriter values_;
  std::vector<NpyWriter> offsets_;  // by level
  std::vector<int64_t> ends_;       // by level: the last offset written
};

}  // namespace mlaas::table
