// The values of entries as a basket has them: big-endian, objects framed.
// Threads: pure functions. Source: docs/formats/tree-writing.md, "Tree".
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlaas/base/column.h"

namespace mlaas::root {

// Appends the values [first, last) of a column, counted one by one.
void appendValues(std::vector<std::byte>& bytes, const Column& column, int64_t first, int64_t last);

// Appends one entry of a column of strings or of nested vectors as the object that it is.
void appendObject(std::vector<std::byte>& bytes, const Column& column, int64_t entry);

}  // namespace mlaas::root
