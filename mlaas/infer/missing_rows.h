// Rows that get no score because a feature of theirs is NaN; padding does not count.
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "mlaas/feature/tensors.h"

namespace mlaas::infer {

bool hasNan(const feature::Tensors& tensors, int64_t row);

}  // namespace mlaas::infer
