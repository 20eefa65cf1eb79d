#include "mlaas/dataset/read_units.h"

#include <algorithm>
#include <map>

#include "mlaas/base/random.h"

namespace mlaas::dataset {

namespace {

constexpr size_t kLargestBuffer = size_t{64} << 20;  // larger ones mix hardly better and delay an epoch's first batch
constexpr size_t kUnitsInBuffer = 8;
// Smaller units make clusters be cut, and what they share (baskets, pages) be decompressed again.
constexpr size_t kUsefulUnit = size_t{4} << 20;

std::vector<uint32_t> unitsWithRows(std::span<const int64_t> rowsOfUnit) {
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < rowsOfUnit.size(); ++i) {
    if (rowsOfUnit[i] > 0) chosen.push_back(i);
  }
  return chosen;
}

// Unit k of a sample's n units in shuffled order takes the place (k + u) / n of the epoch, u random in [0, 1).
void shuffleUnits(std::span<const ReadUnit> units, std::vector<uint32_t>& chosen, uint64_t seed) {
  std::map<uint32_t, std::vector<uint32_t>> bySample;
  for (const uint32_t unit : chosen) bySample[units[unit].sample].push_back(unit);
  std::vector<std::pair<double, uint32_t>> places;
  places.reserve(chosen.size());
  for (auto& [sample, members] : bySample) {
    Random random(combineSeeds(seed, sample));
    random.shuffle(std::span(members));
    const auto count = static_cast<double>(members.size());
    for (size_t k = 0; k < members.size(); ++k) {
      places.emplace_back((static_cast<double>(k) + random.uniform()) / count, members[k]);
    }
  }
  std::sort(places.begin(), places.end());
  std::transform(places.begin(), places.end(), chosen.begin(), [](const auto& place) { return place.second; });
}

// Unit i goes to the buffer in which the middle of its rows lies when all rows are cut into equal buffers.
std::vector<EpochBuffer> cutBuffers(std::span<const uint32_t> units, std::span<const int64_t> rowsOfUnit,
                                    int64_t numRows, int64_t bufferRows) {
  std::vector<EpochBuffer> buffers;
  const int64_t wanted = (numRows + bufferRows - 1) / bufferRows;
  double before = 0;
  int64_t previous = -1;
  for (size_t i = 0; i < units.size(); ++i) {
    const int64_t rows = rowsOfUnit[units[i]];
    const double middle = before + static_cast<double>(rows) / 2;
    const auto index = static_cast<int64_t>(middle / static_cast<double>(numRows) * static_cast<double>(wanted));
    if (index != previous) buffers.push_back({i, i, 0});
    previous = index;
    buffers.back().last = i + 1;
    buffers.back().numRows += rows;
    before += static_cast<double>(rows);
  }
  return buffers;
}

}  // namespace

MemoryPlan MemoryPlan::of(size_t limitBytes) {
  MemoryPlan plan;
  plan.bufferBytes = std::min(limitBytes / 16, kLargestBuffer);
  plan.unitBytes = std::max(plan.bufferBytes / kUnitsInBuffer, std::min(plan.bufferBytes / 2, kUsefulUnit));
  plan.cacheBytes = limitBytes / 2;
  plan.maxUnitsInWork = limitBytes / 8 / plan.unitBytes;
  return plan;
}

std::vector<ReadUnit> planUnits(std::span<const ClusteredFile> files, const MemoryPlan& plan, size_t rowBytes) {
  std::vector<ReadUnit> units;
  for (uint32_t i = 0; i < files.size(); ++i) {
    // A row exists as columns, as tensors and as a record.
    const size_t entryBytes = std::max<size_t>(1, files[i].entryBytes + 2 * rowBytes);
    const auto most = static_cast<int64_t>(std::max<size_t>(1, plan.unitBytes / entryBytes));
    for (const auto& cluster : files[i].clusters) {
      const int64_t pieces = (cluster.size() + most - 1) / most;
      for (int64_t piece = 0; piece < pieces; ++piece) {
        const int64_t first =
            cluster.first + cluster.size() / pieces * piece + std::min(piece, cluster.size() % pieces);
        const int64_t size = cluster.size() / pieces + (piece < cluster.size() % pieces ? 1 : 0);
        units.push_back({i, files[i].sample, {first, first + size}});
      }
    }
  }
  return units;
}

EpochPlan planEpoch(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit, int64_t bufferRows,
                    bool shuffle, uint64_t seed) {
  EpochPlan plan;
  plan.units = unitsWithRows(rowsOfUnit);
  for (const uint32_t unit : plan.units) plan.numRows += rowsOfUnit[unit];
  if (plan.numRows == 0) return plan;
  if (shuffle) shuffleUnits(units, plan.units, seed);
  plan.buffers = cutBuffers(plan.units, rowsOfUnit, plan.numRows, std::max<int64_t>(1, bufferRows));
  return plan;
}

}  // namespace mlaas::dataset
