#include "mlaas/table/expression/evaluation.h"

#include <algorithm>

#include "mlaas/table/expression/evaluator.h"
#include "mlaas/table/expression/result_builder.h"

namespace mlaas::table::expression {

namespace {

// Values of a result beyond those of the columns that it was made of: 1 GiB of float64.
constexpr size_t kMaxResultValues = size_t{1} << 27;

size_t valuesOf(std::span<const Column> columns) {
  size_t count = 0;
  for (const Column& column : columns) {
    count += static_cast<size_t>(column.numElements()) * column.type.valuesPerElement();
  }
  return count;
}

}  // namespace

Result<Column> evaluateTree(const Node& root, const ColumnType& type, std::string_view text,
                            std::span<const Column> columns, int64_t length, const EntryNumbers& entries,
                            ArithmeticCounts* counts) {
  Evaluator evaluator(text, columns, entries, counts != nullptr);
  ResultBuilder builder(type, length);
  const size_t mostValues = kMaxResultValues + valuesOf(columns);
  int64_t most = length;
  for (int64_t first = 0; first < length;) {
    const int64_t last = std::min(evaluator.blockEnd(first, length), first + most);
    const auto value = evaluator.runBlock(root, first, last);
    if (!value.ok() && evaluator.isTooLarge()) {
      most = (last - first) / 2;
      continue;
    }
    if (!value.ok()) return value.error();
    if (counts) *counts += evaluator.counts();
    builder.append(*value, static_cast<size_t>(last - first));
    if (builder.numValues() > mostValues) {
      return Error(ErrorCode::kInvalidArgument, "the result has more than " + std::to_string(mostValues) +
                                                    " values in " + std::to_string(length) +
                                                    " entries; reduce the lists, or take fewer entries at once");
    }
    first = last;
    most = std::min(length, 2 * most);
  }
  return std::move(builder).finish(columns);
}

}  // namespace mlaas::table::expression
