#include "mlaas/dataset/identity_split.h"

#include "mlaas/base/random.h"
#include "mlaas/feature/identity_hash.h"

namespace mlaas::dataset {

namespace {

// Other hashes of the same event, independent of the one that makes the parts.
constexpr uint64_t kValidationSalt = 0x76616C6964617465ULL;
constexpr uint64_t kSubsampleSalt = 0x73756273616D706CULL;

double positionOf(uint64_t hash) { return feature::positionOfHash(hash); }

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

Part partOfHash(uint64_t hash, const Split& split) {
  const double position = positionOf(hash);
  if (split.folds > 0) {
    if (feature::foldOfHash(hash, split.folds) == split.fold) return Part::kTest;
    return positionOf(mix64(hash ^ kValidationSalt)) < split.validation ? Part::kValidation : Part::kTrain;
  }
  if (position < split.train) return Part::kTrain;
  // Rounding of the fractions must not fill a part that was asked to be empty.
  if (split.test <= 0) return split.validation <= 0 ? Part::kTrain : Part::kValidation;
  return position < split.train + split.validation ? Part::kValidation : Part::kTest;
}

bool isInSubsample(uint64_t hash, double fraction) { return positionOf(mix64(hash ^ kSubsampleSalt)) < fraction; }

std::vector<int64_t> rowsInSubsample(std::span<const uint64_t> hashes, double fraction) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (isInSubsample(hashes[i], fraction)) rows.push_back(static_cast<int64_t>(i));
  }
  return rows;
}

uint64_t identityHash(std::span<const uint64_t> identity, uint64_t seed) {
  uint64_t hash = mix64(seed);
  for (const uint64_t value : identity) hash = mix64(hash ^ value);
  return hash;
}

Part partOf(std::span<const uint64_t> identity, const Split& split) {
  return partOfHash(identityHash(identity, split.seed), split);
}

Result<std::vector<uint64_t>> identityHashes(std::span<const Column> identity, uint64_t seed) {
  return feature::identityHashes(identity, seed);
}

Result<std::vector<Part>> partsOf(std::span<const Column> identity, const Split& split) {
  MLAAS_TRY(const auto hashes, identityHashes(identity, split.seed));
  std::vector<Part> parts(hashes.size());
  for (size_t i = 0; i < parts.size(); ++i) parts[i] = partOfHash(hashes[i], split);
  return parts;
}

}  // namespace mlaas::dataset
