#include "mlaas/dataset/identity_split.h"

#include <type_traits>

#include "mlaas/base/random.h"

namespace mlaas::dataset {

namespace {

Part partOfHash(uint64_t hash, const Split& split) {
  const double position = static_cast<double>(hash >> 11) * 0x1.0p-53;
  if (position < split.train) return Part::kTrain;
  // Rounding of the fractions must not fill a part that was asked to be empty.
  if (split.test <= 0) return split.validation <= 0 ? Part::kTrain : Part::kValidation;
  return position < split.train + split.validation ? Part::kValidation : Part::kTest;
}

}  // namespace

const char* partName(Part part) {
  switch (part) {
    case Part::kTrain:
      return "train";
    case Part::kValidation:
      return "validation";
    case Part::kTest:
      break;
  }
  return "test";
}

Part partOf(std::span<const uint64_t> identity, const Split& split) {
  uint64_t hash = mix64(split.seed);
  for (const uint64_t value : identity) hash = mix64(hash ^ value);
  return partOfHash(hash, split);
}

Result<std::vector<Part>> partsOf(std::span<const Column> identity, const Split& split) {
  const auto length = identity.empty() ? size_t{0} : static_cast<size_t>(identity.front().length);
  std::vector<uint64_t> hashes(length, mix64(split.seed));
  for (const auto& column : identity) {
    if (!column.type.isFlat() || isFloating(column.type.dtype) || column.type.dtype == DType::kBool) {
      return Error(ErrorCode::kInvalidArgument,
                   "an identity column must hold one integer an event, found " + column.type.name());
    }
    visitDType(column.type.dtype, [&](auto type) {
      using Value = decltype(type);
      const auto values = column.valuesAs<Value>();
      // From a signed type to uint64_t: the sign is extended.
      for (size_t i = 0; i < length; ++i) hashes[i] = mix64(hashes[i] ^ static_cast<uint64_t>(values[i]));
    });
  }
  std::vector<Part> parts(length);
  for (size_t i = 0; i < length; ++i) parts[i] = partOfHash(hashes[i], split);
  return parts;
}

}  // namespace mlaas::dataset
