// The values of a column as float64.
// Threads: any.
#pragma once

#include <vector>

#include "mlaas/base/column.h"

namespace mlaas::dataset {

// All values of all elements; exact for all but large 64-bit integers. A bool is 0 or 1.
std::vector<double> columnNumbers(const Column& column);

}  // namespace mlaas::dataset
