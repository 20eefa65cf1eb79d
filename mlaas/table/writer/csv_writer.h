// Flat columns as CSV (RFC 4180): a line with the names, then a line for each row.
// Integers are exact; a floating-point number is the shortest text that reads back as the same number; bool is 0 or 1.
// Errors:  kIo, kInvalidArgument. Threads: one. Owns: the file, which is absent until close().
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/io/output_file.h"

namespace mlaas::table {

// The line of names, with its end.
std::string csvHeader(std::span<const std::string> names);

// A line for each row of flat columns of one length.
void appendCsvRows(std::string& text, std::span<const Column> columns);

class CsvWriter {
 public:
  static Result<CsvWriter> create(const std::string& path, const std::vector<std::string>& names);

  // Appends rows: one flat column for each name, all of the same length.
  Result<void> append(std::span<const Column> columns);

  Result<void> close();

 private:
  CsvWriter(io::OutputFile file, size_t numColumns) : file_(std::move(file)), numColumns_(numColumns) {}

  io::OutputFile file_;
  size_t numColumns_;
};

}  // namespace mlaas::table
