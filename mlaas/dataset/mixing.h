// Mixing of samples in the shares of DatasetConfig::mixing. An event of a sample comes r times in an epoch, r being the
// same for the whole sample (or class): below 1 where events are left out in turn, above 1 where they are repeated. Its
// weight is divided by r, so that what training minimises is the same on average, whatever the shares.
// Undersampling: the sample that runs out first comes once, no event comes twice. Oversampling: the sample that has
// most to give comes once, every event comes at least once.
// Which events come is a function of the data, the seed and the epoch: each unit's rows stand in a fixed random order,
// of which every epoch takes the next part, so that none comes twice more often than another over any number of epochs.
// Errors:  kInvalidArgument for a share that the events cannot give.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/read_units.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

// Sets SampleStatistics::timesInEpoch by the events that the training part has; does nothing without a mixing.
Result<void> mixSamples(const DatasetConfig& config, Statistics& statistics);

// What an epoch takes of each unit; timesOfSample[units[i].sample] is r, rowsOfUnit[i] and units[i] belong together.
std::vector<UnitTurn> mixedTurns(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit,
                                 std::span<const double> timesOfSample, uint64_t epoch);

// The rows that are taken of the `numRows` of a unit, in [0, numRows).
std::vector<uint32_t> takenRows(const TakenRows& taken, int64_t numRows, uint32_t unit, uint64_t seed);

}  // namespace mlaas::dataset
