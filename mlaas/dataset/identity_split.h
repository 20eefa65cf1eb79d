// Which part of the data an event belongs to: decided by its identity alone, so that it keeps its place whatever the
// list of files, their order, or the selection.
// Formula (docs/workflow.md, "The split"): h = mix64(seed); h = mix64(h ^ v) for each identity value v as uint64;
// u = (h >> 11) / 2^53; train where u < train, validation where u < train + validation, else test.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

enum class Part : uint8_t { kTrain, kValidation, kTest };
inline constexpr std::array kAllParts = {Part::kTrain, Part::kValidation, Part::kTest};
const char* partName(Part part);

// The part of an event with these identity values.
Part partOf(std::span<const uint64_t> identity, const Split& split);

// The parts of many events; `identity` are flat integer columns of one length. Signed values are sign-extended.
// kInvalidArgument for a column of another type, naming its type.
Result<std::vector<Part>> partsOf(std::span<const Column> identity, const Split& split);

}  // namespace mlaas::dataset
