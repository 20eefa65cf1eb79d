// Keeps the rows of a column that a selection names.
#pragma once

#include <cstdint>
#include <span>

#include "mlaas/base/column.h"

namespace mlaas::table {

// The rows `rows` (in any order, also more than once) of `column`, jagged levels included, as a column of their own.
Column takeRows(const Column& column, std::span<const int64_t> rows);

}  // namespace mlaas::table
