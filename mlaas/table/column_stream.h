// Columns as one sequence of bytes, in a format that a part of the program registers: Arrow's IPC stream.
// Errors:  those of the format; kUnsupported where the program was built without it.
// Threads: register before others read and write.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/table/expression.h"

namespace mlaas::table {

struct StreamColumns {
  int64_t rows = 0;
  std::vector<std::string> names;  // all that the stream has
  std::vector<NamedType> types;    // of those that were wanted and are there
  std::vector<Column> columns;     // as types
};

struct ColumnStream {
  std::function<Result<StreamColumns>(std::string_view bytes, std::span<const std::string> wanted)> read;
  // Flat columns of one length.
  std::function<Result<std::string>(std::span<const std::string> names, std::span<const Column> columns)> write;
};

inline constexpr std::string_view kArrowStreamType = "application/vnd.apache.arrow.stream";

// Replaces an earlier one of that media type.
void registerColumnStream(std::string mediaType, ColumnStream format);

Result<ColumnStream> findColumnStream(std::string_view mediaType);

}  // namespace mlaas::table
