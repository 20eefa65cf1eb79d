// Which part of the data an event belongs to: decided by its identity alone, so that it keeps its place whatever the
// list of files, their order, or the selection.
// Formula (docs/workflow.md, "The split"): h = mix64(seed); h = mix64(h ^ v) for each identity value v as uint64;
// u = (h >> 11) / 2^53; train where u < train, validation where u < train + validation, else test. With folds the test
// part is where floor(u * folds) = fold, and validation where a second hash lies below its fraction.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

enum class Part : uint8_t { kTrain, kValidation, kTest };
inline constexpr std::array kAllParts = {Part::kTrain, Part::kValidation, Part::kTest};
const char* partName(Part part);

// The hash of an event's identity, from which all else follows.
uint64_t identityHash(std::span<const uint64_t> identity, uint64_t seed);
// The same of many events; `identity` are flat integer columns of one length. Signed values are sign-extended.
// kInvalidArgument for a column of another type, naming its type.
Result<std::vector<uint64_t>> identityHashes(std::span<const Column> identity, uint64_t seed);

// The part of an event with such a hash.
Part partOfHash(uint64_t hash, const Split& split);
// Whether a subsample of this fraction has the event; those of a smaller fraction are among those of a larger one.
bool isInSubsample(uint64_t hash, double fraction);
// The positions of the events that it has.
std::vector<int64_t> rowsInSubsample(std::span<const uint64_t> hashes, double fraction);

// The part of an event with these identity values.
Part partOf(std::span<const uint64_t> identity, const Split& split);

// The parts of many events, see identityHashes().
Result<std::vector<Part>> partsOf(std::span<const Column> identity, const Split& split);

}  // namespace mlaas::dataset
