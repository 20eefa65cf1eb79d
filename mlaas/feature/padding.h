// Writes columns into the rows of tensors: the last step, where lists are cut, padded or not, and values become float32.
// Threads: functions without state.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/feature/tensors.h"

namespace mlaas::feature {

// A column and which of its rows are wanted: `rows`, or all where it is null.
struct RowsOf {
  const Column* column = nullptr;
  const int64_t* rows = nullptr;
};

// Fills tensors.scalars from flat columns, in the order of `columns`; tensors.rows and numScalars are set.
void fillScalars(std::span<const RowsOf> columns, Tensors& tensors);

// Fills group.values, count and, where `isRagged`, offsets for `rows` rows from jagged columns of the same counts, which
// fit into 32 bits.
void fillGroup(std::span<const RowsOf> columns, int64_t rows, bool isRagged, GroupTensor& group);

// The first of `rows` rows in which the lists of two columns differ in length, or -1.
int64_t findCountMismatch(const RowsOf& a, const RowsOf& b, int64_t rows);

// The elements of row `row`.
int64_t countOf(const RowsOf& list, int64_t row);

}  // namespace mlaas::feature
