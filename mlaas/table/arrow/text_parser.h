// Records of a block of CSV or NDJSON text as Arrow arrays, with types that are found or given.
// Threads: any; immutable once made.
#pragma once

#include <arrow/buffer.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <memory>
#include <string>
#include <vector>

#include "mlaas/table/arrow/text_table.h"

namespace mlaas::table {

class TextParser {
 public:
  explicit TextParser(TextFormat format) : format_(format) {}

  // Takes the column names of a CSV file from its first line; returns the bytes of that line.
  Result<uint64_t> readHeader(io::ByteSource& text);

  // A block as its own values suggest; `known` is what earlier blocks suggested.
  Result<std::shared_ptr<arrow::Table>> infer(std::shared_ptr<arrow::Buffer> block, const arrow::Schema& known) const;
  // The columns of `schema` of a block; a record's other fields are passed over, absent ones are missing.
  Result<std::shared_ptr<arrow::Table>> parse(std::shared_ptr<arrow::Buffer> block,
                                              const std::shared_ptr<arrow::Schema>& schema) const;

 private:
  Result<std::shared_ptr<arrow::Table>> parseCsv(std::shared_ptr<arrow::Buffer> block,
                                                 const arrow::Schema* schema) const;
  Result<std::shared_ptr<arrow::Table>> parseJson(std::shared_ptr<arrow::Buffer> block,
                                                  const std::shared_ptr<arrow::Schema>& schema) const;
  Result<void> findLargeIntegers(const std::shared_ptr<arrow::Buffer>& block, const arrow::Schema& known,
                                 std::shared_ptr<arrow::Table>& table) const;

  const TextFormat format_;
  std::vector<std::string> names_;  // of a CSV file
};

// The narrowest type that holds the values of both.
std::shared_ptr<arrow::DataType> commonType(const std::shared_ptr<arrow::DataType>& a,
                                            const std::shared_ptr<arrow::DataType>& b);
// The fields of both, in the order of `a` and then of `b`.
std::shared_ptr<arrow::Schema> commonSchema(const arrow::Schema& a, const arrow::Schema& b);

}  // namespace mlaas::table
