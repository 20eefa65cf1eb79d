// Events of a request as columns in memory: a list of objects, or an object of lists.
//   {"events": [{"ht": 512.3, "Jet_pt": [61.5, 40.25]}, ...]}
//   {"columns": {"ht": [512.3, ...], "Jet_pt": [[61.5, 40.25], ...]}}
// Types:   a column of a known type takes what fits that type exactly or, for floats, is rounded to it; null is NaN and
//          so is for floats only. A column without a known type gets one from its values: bool, string, int64, uint64
//          beyond it, else float64; where there is no value at all, float64. Lists are at most 4 levels deep.
// Errors:  kInvalidArgument, naming the event (counted from 0) and the column, with the nearest names where one is
//          missing. Names that nobody asked for are passed over.
// Threads: pure functions.
#pragma once

#include <simdjson.h>

#include <map>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/table/expression.h"

namespace mlaas::serve {

struct EventColumns {
  int64_t rows = 0;
  bool asEvents = false;  // came as a list of events
  std::vector<table::NamedType> types;
  std::vector<Column> columns;  // as types
};

// What is wanted of a request.
struct EventNeeds {
  std::vector<std::string> required;
  std::vector<std::string> optional;  // taken where all events have them
  std::map<std::string, ColumnType, std::less<>> types = {};
};

Result<EventColumns> readEventColumns(const simdjson::dom::object& request, const EventNeeds& needs);

// "var * float32[3]", as ColumnType::name() spells it; kCorrupt for anything else.
Result<ColumnType> columnTypeFrom(std::string_view name);

}  // namespace mlaas::serve
