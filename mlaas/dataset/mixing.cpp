#include "mlaas/dataset/mixing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mlaas/base/random.h"

namespace mlaas::dataset {

namespace {

constexpr double kMostTimes = 1000;
constexpr uint64_t kOrderSalt = 0x6D697865645F726FULL;

// One that has a share: a sample or a class.
struct Holder {
  std::string name;
  double share = 0;
  int64_t events = 0;  // for training
  double times = 1;
};

std::vector<Holder> holdersOf(const DatasetConfig& config, const Statistics& statistics) {
  const Mixing& mixing = *config.mixing;
  std::vector<Holder> holders;
  for (size_t i = 0; i < mixing.bySample.size(); ++i) {
    holders.push_back({"sample '" + config.samples[i].name + "'", mixing.bySample[i], 0});
  }
  for (size_t i = 0; i < mixing.byClass.size(); ++i) {
    holders.push_back({"label " + std::to_string(i), mixing.byClass[i], 0});
  }
  for (size_t i = 0; i < statistics.samples.size(); ++i) {
    const auto& sample = statistics.samples[i];
    holders[mixing.byClass.empty() ? i : static_cast<size_t>(sample.label)].events += sample.selected[0];
  }
  return holders;
}

// Events of an epoch in which each of them would come once on its own.
double epochOf(const Holder& holder) { return static_cast<double>(holder.events) / holder.share; }

}  // namespace

Result<void> mixSamples(const DatasetConfig& config, Statistics& statistics) {
  if (!config.mixing) return {};
  const Mixing& mixing = *config.mixing;
  auto holders = holdersOf(config, statistics);
  for (const Holder& holder : holders) {
    if (holder.events > 0) continue;
    return Error(ErrorCode::kInvalidArgument, mixing.where + ": dataset.mixing: " + holder.name +
                                                  " has no selected event in the training part, which cannot be a "
                                                  "share of the epoch; leave it out or loosen the selection");
  }
  const auto byEpoch = [](const Holder& a, const Holder& b) { return epochOf(a) < epochOf(b); };
  const auto [least, most] = std::minmax_element(holders.begin(), holders.end(), byEpoch);
  const double epoch = epochOf(mixing.sampling == Mixing::Sampling::kUnder ? *least : *most);
  for (Holder& holder : holders) {
    holder.times = epoch / epochOf(holder);
    if (holder.times <= kMostTimes) continue;
    return Error(ErrorCode::kInvalidArgument,
                 mixing.where + ": dataset.mixing: the " + std::to_string(holder.events) + " training events of " +
                     holder.name + " would come " + std::to_string(std::llround(holder.times)) +
                     " times each in an epoch, at most 1000 are allowed; give it a smaller share or undersample");
  }
  for (size_t i = 0; i < statistics.samples.size(); ++i) {
    auto& sample = statistics.samples[i];
    sample.timesInEpoch = holders[mixing.byClass.empty() ? i : static_cast<size_t>(sample.label)].times;
  }
  return {};
}

std::vector<UnitTurn> mixedTurns(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit,
                                 std::span<const double> timesOfSample, uint64_t epoch) {
  std::vector<UnitTurn> turns;
  std::vector<double> before(timesOfSample.size());  // rows of the units before, times the fraction
  for (uint32_t i = 0; i < units.size(); ++i) {
    const int64_t numRows = rowsOfUnit[i];
    if (numRows == 0) continue;
    const double times = timesOfSample[units[i].sample];
    const double whole = std::floor(times);
    for (double turn = 0; turn < whole; ++turn) turns.push_back({i, {0, numRows}});
    // The fractions of units that are rounded add up to that of all of them.
    const double fraction = (times - whole) * static_cast<double>(numRows);
    double& offset = before[units[i].sample];
    const auto until = [&](uint64_t e) {
      return static_cast<int64_t>(std::floor(static_cast<double>(e) * fraction + offset - std::floor(offset)));
    };
    const int64_t first = until(epoch);
    const int64_t count = std::min(until(epoch + 1) - first, numRows);
    if (count > 0) turns.push_back({i, {first % numRows, count}});
    offset += fraction;
  }
  return turns;
}

std::vector<uint32_t> takenRows(const TakenRows& taken, int64_t numRows, uint32_t unit, uint64_t seed) {
  std::vector<uint32_t> order(static_cast<size_t>(numRows));
  std::iota(order.begin(), order.end(), 0U);
  if (taken.count == numRows) return order;
  Random(combineSeeds(combineSeeds(seed, kOrderSalt), unit)).shuffle(std::span(order));
  std::vector<uint32_t> rows;
  rows.reserve(static_cast<size_t>(taken.count));
  for (int64_t i = 0; i < taken.count; ++i) rows.push_back(order[static_cast<size_t>((taken.first + i) % numRows)]);
  return rows;
}

}  // namespace mlaas::dataset
