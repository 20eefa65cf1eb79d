// Counts what IEEE 754 flags: results that are NaN or infinite though no operand was.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mlaas/table/expression.h"
#include "mlaas/table/expression/node.h"

namespace mlaas::table::expression {

// Adds what `count` results of an element-by-element loop show.
void watchElements(Watch watch, std::span<const Operand> operands, size_t count, const void* results,
                   ArithmeticCounts& counts);

// The same of a reduction to float64: `operands` are float64 in the lists of `offsets`.
void watchLists(std::span<const Operand> operands, const int64_t* offsets, size_t lists, const void* results,
                ArithmeticCounts& counts);

}  // namespace mlaas::table::expression
