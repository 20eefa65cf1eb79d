// Runs a typed expression over whole columns, in blocks of entries whose intermediate values stay in cache.
// Shapes:  a block's values are either one for each entry, one for each element of its lists, or one constant.
// Errors:  kInvalidArgument where two lists that meet have different counts; the message names both and the entry.
// Threads: evaluateTree() from any thread.
#pragma once

#include <span>
#include <string_view>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/expression/node.h"

namespace mlaas::table::expression {

// `columns` in the order of Node::column, each of `length` entries and of the type that it was typed with; `type` is
// that of the result. Adds to `counts` where it is not null.
Result<Column> evaluateTree(const Node& root, const ColumnType& type, std::string_view text,
                            std::span<const Column> columns, int64_t length, const EntryNumbers& entries,
                            ArithmeticCounts* counts);

}  // namespace mlaas::table::expression
