#include "mlaas/feature/identity_hash.h"

#include <algorithm>

#include "mlaas/base/random.h"

namespace mlaas::feature {

double positionOfHash(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1.0p-53; }

int64_t foldOfHash(uint64_t hash, int64_t folds) {
  return std::min(static_cast<int64_t>(positionOfHash(hash) * static_cast<double>(folds)), folds - 1);
}

Result<std::vector<uint64_t>> identityHashes(std::span<const Column> identity, uint64_t seed) {
  const auto length = identity.empty() ? size_t{0} : static_cast<size_t>(identity.front().length);
  std::vector<uint64_t> hashes(length, mix64(seed));
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
  return hashes;
}

}  // namespace mlaas::feature
