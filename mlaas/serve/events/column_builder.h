// One column from the JSON values of its events: the type that they suggest, and the values in memory.
// The rules are those of event_columns.h.
// Errors:  kInvalidArgument, naming the event and the column.
// Threads: pure functions.
#pragma once

#include <simdjson.h>

#include <span>
#include <string>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"

namespace mlaas::serve {

inline constexpr int kMostListLevels = 4;
inline constexpr uint64_t kMostShapeValues = uint64_t{1} << 20;

Result<ColumnType> inferColumnType(const std::string& name, std::span<const simdjson::dom::element> values);

// `values` has one for each event.
Result<Column> buildColumn(const std::string& name, const ColumnType& type,
                           std::span<const simdjson::dom::element> values);

}  // namespace mlaas::serve
