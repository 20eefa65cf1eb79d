// Values of columns as JSON.
// Threads: pure functions.
#pragma once

#include <string>

#include "mlaas/base/column.h"

namespace mlaas::serve {

// One value of a flat column: integers exactly, floats in the fewest digits, those that are not finite as null.
void appendCell(std::string& out, const Column& column, size_t row);

}  // namespace mlaas::serve
