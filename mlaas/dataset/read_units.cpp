#include "mlaas/dataset/read_units.h"

#include <algorithm>
#include <map>

#include "mlaas/base/random.h"
#include "mlaas/table/range_reader.h"

namespace mlaas::dataset {

namespace {

constexpr size_t kLargestBuffer = size_t{64} << 20;  // larger ones mix hardly better and delay an epoch's first batch
constexpr size_t kUnitsInBuffer = 8;
// A row exists as columns, as tensors and as a record, which is what a buffer holds.
constexpr size_t kCopiesInWork = 3;
// Smaller units make clusters be cut, and what they share (baskets, pages) be decompressed again.
constexpr size_t kUsefulUnit = size_t{4} << 20;

std::vector<uint32_t> unitsWithRows(std::span<const int64_t> rowsOfUnit) {
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < rowsOfUnit.size(); ++i) {
    if (rowsOfUnit[i] > 0) chosen.push_back(i);
  }
  return chosen;
}

// A unit takes the place (rows of the sample's units before it in shuffled order + u * own rows) / all rows of the sample
// of the epoch, u random in [0, 1).
void shuffleUnits(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit, std::vector<uint32_t>& chosen,
                  uint64_t seed) {
  std::map<uint32_t, std::vector<uint32_t>> bySample;
  for (const uint32_t unit : chosen) bySample[units[unit].sample].push_back(unit);
  std::vector<std::pair<double, uint32_t>> places;
  places.reserve(chosen.size());
  for (auto& [sample, members] : bySample) {
    Random random(combineSeeds(seed, sample));
    random.shuffle(std::span(members));
    double numRows = 0;
    for (const uint32_t member : members) numRows += static_cast<double>(rowsOfUnit[member]);
    double before = 0;
    for (const uint32_t member : members) {
      const auto own = static_cast<double>(rowsOfUnit[member]);
      places.emplace_back((before + random.uniform() * own) / numRows, member);
      before += own;
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
  plan.unitBytes =
      std::max(kCopiesInWork * plan.bufferBytes / kUnitsInBuffer, std::min(plan.bufferBytes / 2, kUsefulUnit));
  plan.cacheBytes = limitBytes / 2;
  plan.workBytes = limitBytes / 8;
  plan.openFilesBytes = limitBytes / 8;
  return plan;
}

std::vector<table::EntryRange> unitRanges(const table::Table& table, const std::vector<size_t>& columns,
                                          UnitSizes sizes, const MemoryPlan& plan) {
  const size_t entryBytes = std::max<size_t>(1, sizes.entryBytes + 2 * sizes.rowBytes);
  const auto most = static_cast<int64_t>(std::max<size_t>(1, plan.unitBytes / entryBytes));
  return table::rangesOfEntries(table, {0, table.numEntries()}, columns, {std::max<int64_t>(1, most / 2), most});
}

size_t workingBytes(const table::Table& table, const std::vector<size_t>& columns,
                    std::span<const table::EntryRange> ranges) {
  uint64_t most = 0;
  for (const table::EntryRange& range : ranges) {
    uint64_t together = 0;
    uint64_t largest = 0;
    for (const size_t column : columns) {
      const uint64_t bytes = table.fetchBytes(range, column);
      together += bytes;
      largest = std::max(largest, bytes);
    }
    most = std::max(most, std::min(together, table::Table::kReadBytes + largest));
  }
  return most + table.scratchBytes(columns);
}

EpochPlan planEpoch(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit, int64_t bufferRows,
                    bool shuffle, uint64_t seed) {
  EpochPlan plan;
  plan.units = unitsWithRows(rowsOfUnit);
  for (const uint32_t unit : plan.units) plan.numRows += rowsOfUnit[unit];
  if (plan.numRows == 0) return plan;
  if (shuffle) shuffleUnits(units, rowsOfUnit, plan.units, seed);
  plan.buffers = cutBuffers(plan.units, rowsOfUnit, plan.numRows, std::max<int64_t>(1, bufferRows));
  return plan;
}

EpochPlan planMixedEpoch(std::span<const ReadUnit> units, std::span<const UnitTurn> turns, int64_t bufferRows,
                         uint64_t seed) {
  std::vector<ReadUnit> unitOfTurn;
  std::vector<int64_t> rowsOfTurn;
  for (const UnitTurn& turn : turns) {
    unitOfTurn.push_back(units[turn.unit]);
    rowsOfTurn.push_back(turn.rows.count);
  }
  EpochPlan plan = planEpoch(unitOfTurn, rowsOfTurn, bufferRows, true, seed);
  for (uint32_t& unit : plan.units) {
    plan.taken.push_back(turns[unit].rows);
    unit = turns[unit].unit;
  }
  return plan;
}

}  // namespace mlaas::dataset
