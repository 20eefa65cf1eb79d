// The hash of an event's identity, from which its part and its fold follow: training and predicting agree on it.
// Formula (docs/workflow.md, "The split"): h = mix64(seed); h = mix64(h ^ v) for each identity value v as uint64.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"

namespace mlaas::feature {

// Of many events; `identity` are flat integer columns of one length. Signed values are sign-extended. kInvalidArgument for a
// column of another type, naming its type.
Result<std::vector<uint64_t>> identityHashes(std::span<const Column> identity, uint64_t seed);

// (h >> 11) / 2^53: in [0, 1).
double positionOfHash(uint64_t hash);
// Which of `folds` has the event.
int64_t foldOfHash(uint64_t hash, int64_t folds);

}  // namespace mlaas::feature
