// Rows of scores as a stream of bytes.
//   ndjson  an object a line; what is not a finite number is null
//   csv     RFC 4180, as `mlaas predict` writes it
//   npy     one structured array of numpy's format 1.0 with a field for each column
// Threads: values.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"

namespace mlaas::serve {

using ColumnNames = std::vector<std::pair<std::string, ColumnType>>;

class RowFormat {
 public:
  virtual ~RowFormat() = default;
  virtual std::string_view mediaType() const = 0;
  // What stands before `rows` rows.
  virtual std::string head(int64_t rows) const = 0;
  // Flat columns of one length, of the types given to makeRowFormat.
  virtual void append(std::string& out, std::span<const Column> columns) const = 0;
};

// kInvalidArgument for an unknown `name`, or columns that the format cannot hold.
Result<std::unique_ptr<RowFormat>> makeRowFormat(std::string_view name, const ColumnNames& columns);

}  // namespace mlaas::serve
