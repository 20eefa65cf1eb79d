#include "mlaas/dataset/mixing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "mlaas/dataset/dataset.h"
#include "tests/unit/dataset/tth_config.h"

namespace mlaas::dataset {
namespace {

using Sampling = Mixing::Sampling;

constexpr size_t kCached = size_t{64} << 20;  // holds all rows of the example; 1 MiB none
constexpr size_t kReadAnew = size_t{1} << 20;

Statistics statisticsOf(const std::vector<std::pair<int64_t, int64_t>>& labelsAndEvents) {
  Statistics statistics;
  for (const auto& [label, events] : labelsAndEvents) {
    SampleStatistics sample;
    sample.label = label;
    sample.selected = {events, 7, 7};
    statistics.samples.push_back(sample);
  }
  return statistics;
}

DatasetConfig configOf(std::vector<double> bySample, std::vector<double> byClass, Sampling sampling) {
  DatasetConfig config = tthConfig();
  config.mixing = Mixing{std::move(bySample), std::move(byClass), sampling, "w.yaml:9:3"};
  return config;
}

std::vector<double> timesOf(const DatasetConfig& config, Statistics statistics) {
  mixSamples(config, statistics).value();
  std::vector<double> times;
  for (const auto& sample : statistics.samples) times.push_back(sample.timesInEpoch);
  return times;
}

TEST(Mixing, SaysHowOftenEventsCome) {
  // 100 : 300 : 600 events in equal shares.
  const auto statistics = statisticsOf({{1, 100}, {0, 300}, {0, 600}});
  const std::vector<double> shares = {0.25, 0.25, 0.5};
  EXPECT_EQ(timesOf(configOf(shares, {}, Sampling::kUnder), statistics),
            (std::vector<double>{1, 1.0 / 3, 1.0 / 3}));  // an epoch of 400
  EXPECT_EQ(timesOf(configOf(shares, {}, Sampling::kOver), statistics), (std::vector<double>{3, 1, 1}));  // of 1,200
  // A class shares by events: 900 of label 0, 100 of label 1.
  EXPECT_EQ(timesOf(configOf({}, {0.6, 0.4}, Sampling::kUnder), statistics),
            (std::vector<double>{1, 1.0 / 6, 1.0 / 6}));  // of 250
  EXPECT_EQ(timesOf(tthConfig(), statistics), (std::vector<double>{1, 1, 1}));
}

TEST(Mixing, RefusesWhatEventsCannotGive) {
  const auto none = statisticsOf({{1, 100}, {0, 300}, {0, 0}});
  auto statistics = none;
  const auto empty = mixSamples(configOf({0.25, 0.25, 0.5}, {}, Sampling::kUnder), statistics);
  ASSERT_FALSE(empty.ok());
  EXPECT_NE(std::string(empty.error().what()).find("w.yaml:9:3: dataset.mixing: sample 'multijet' has no selected"),
            std::string::npos);
  statistics = statisticsOf({{1, 1}, {0, 3000}, {0, 0}});
  const auto often = mixSamples(configOf({}, {0.5, 0.5}, Sampling::kOver), statistics);
  ASSERT_FALSE(often.ok());
  EXPECT_NE(std::string(often.error().what()).find("the 1 training events of label 1 would come 3000 times"),
            std::string::npos);
}

TEST(Mixing, TurnsTakeEachRowAsOftenAsEachOther) {
  std::vector<ReadUnit> units(60);
  std::vector<int64_t> rows;
  for (uint32_t i = 0; i < units.size(); ++i) {
    units[i].sample = i % 2;
    rows.push_back(3 + i % 7);
  }
  rows[5] = 0;
  const std::vector<double> times = {0.3, 2.25};
  std::map<std::pair<uint32_t, uint32_t>, int> taken;  // by unit and row
  const uint64_t numEpochs = 8;
  std::array<double, 2> numRows = {};
  for (uint32_t i = 0; i < units.size(); ++i) numRows[units[i].sample] += static_cast<double>(rows[i]);
  for (uint64_t epoch = 0; epoch < numEpochs; ++epoch) {
    std::array<double, 2> ofSample = {};
    for (const UnitTurn& turn : mixedTurns(units, rows, times, epoch)) {
      const auto chosen = takenRows(turn.rows, rows[turn.unit], turn.unit, 9);
      EXPECT_EQ(static_cast<int64_t>(chosen.size()), turn.rows.count);
      for (const uint32_t row : chosen) ++taken[{turn.unit, row}];
      ofSample[units[turn.unit].sample] += static_cast<double>(turn.rows.count);
    }
    // The fractions of 30 units are rounded; in the first epoch their sum is too, and nothing else.
    const double tolerance = epoch == 0 ? 1 : 10;
    EXPECT_NEAR(ofSample[0], 0.3 * numRows[0], tolerance);
    EXPECT_NEAR(ofSample[1], 2.25 * numRows[1], tolerance);
  }
  // After eight epochs each row has come 8 * 0.3 = 2.4 or 8 * 2.25 = 18 times, and no row much less than another.
  for (uint32_t i = 0; i < units.size(); ++i) {
    for (uint32_t row = 0; row < rows[i]; ++row) {
      const double expected = static_cast<double>(numEpochs) * times[units[i].sample];
      EXPECT_NEAR((taken[{i, row}]), expected, 1) << "unit " << i << " row " << row;
    }
  }
}

struct Rows {
  std::vector<int64_t> rows;
  std::vector<int32_t> samples;
  std::vector<float> weights;
};

Rows readStream(Dataset& data, const StreamOptions& options) {
  const auto stream = data.stream(options).value();
  Rows read;
  for (Batch batch; stream->next(batch).value();) {
    read.rows.insert(read.rows.end(), batch.row.begin(), batch.row.end());
    read.samples.insert(read.samples.end(), batch.sample.begin(), batch.sample.end());
    read.weights.insert(read.weights.end(), batch.weight.begin(), batch.weight.end());
  }
  return read;
}

StreamOptions mixedOptions(int64_t firstBatch = 0, int64_t rank = 0, int64_t numRanks = 1) {
  StreamOptions options{Part::kTrain, 100, true, 5, 3, firstBatch, rank, numRanks};
  options.mixed = true;
  return options;
}

std::array<double, 3> fractionsOf(std::span<const int32_t> samples) {
  std::array<double, 3> fractions = {};
  for (const int32_t sample : samples) {
    fractions[static_cast<size_t>(sample)] += 1 / static_cast<double>(samples.size());
  }
  return fractions;
}

class MixedEpoch : public ::testing::TestWithParam<Sampling> {};

TEST_P(MixedEpoch, HasTheSharesAllAlongTheStream) {
  const std::array<double, 3> shares = {0.2, 0.3, 0.5};
  TaskPool pool(2);
  auto config = configOf({shares.begin(), shares.end()}, {}, GetParam());
  const auto data = Dataset::open(config, pool, {}).value();
  const Rows read = readStream(*data, mixedOptions());
  const auto all = fractionsOf(read.samples);
  const size_t quarter = read.samples.size() / 4;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(all[i], shares[i], 0.002);
    for (size_t piece = 0; piece < 4; ++piece) {
      const auto fractions = fractionsOf(std::span(read.samples).subspan(piece * quarter, quarter));
      // Five deviations of a binomial distribution; buffers hold the samples more evenly than that.
      EXPECT_NEAR(fractions[i], shares[i], 5 * std::sqrt(shares[i] * (1 - shares[i]) / static_cast<double>(quarter)));
    }
  }
}

TEST_P(MixedEpoch, KeepsTheSumOfWeightsOfEachSample) {
  TaskPool pool(2);
  const auto config = configOf({0.2, 0.3, 0.5}, {}, GetParam());
  const auto data = Dataset::open(config, pool, {}).value();
  const Rows read = readStream(*data, mixedOptions());
  const auto statistics = data->statistics().value();
  std::array<double, 3> sums = {};
  std::array<double, 3> squares = {};
  for (size_t i = 0; i < read.weights.size(); ++i) {
    const auto weight = static_cast<double>(read.weights[i]);
    sums[static_cast<size_t>(read.samples[i])] += weight;
    squares[static_cast<size_t>(read.samples[i])] += weight * weight;
  }
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(sums[i], statistics.samples[i].sumWeights[0], 3 * std::sqrt(squares[i])) << i;
  }
  EXPECT_NEAR(statistics.rowsOfMixedEpoch(), static_cast<double>(read.rows.size()), 20);
}

TEST_P(MixedEpoch, HasEachEventAsOftenAsItsSampleSays) {
  TaskPool pool(2);
  const auto data = Dataset::open(configOf({0.2, 0.3, 0.5}, {}, GetParam()), pool, {}).value();
  const Rows read = readStream(*data, mixedOptions());
  const Rows plain = readStream(*data, {Part::kTrain, 100, true, 5, 3});
  const auto statistics = data->statistics().value();
  std::map<int64_t, int> times;
  for (const int64_t row : read.rows) ++times[row];
  for (size_t i = 0; i < plain.rows.size(); ++i) {
    const double expected = statistics.samples[static_cast<size_t>(plain.samples[i])].timesInEpoch;
    EXPECT_GE(times[plain.rows[i]], std::floor(expected));
    EXPECT_LE(times[plain.rows[i]], std::ceil(expected));
  }
  EXPECT_EQ(times.size(), plain.rows.size());  // no others
}

TEST_P(MixedEpoch, GoesOnAndIsSharedFromMemoryAndFromFiles) {
  for (const size_t memory : {kCached, kReadAnew}) {
    auto config = configOf({0.2, 0.3, 0.5}, {}, GetParam());
    config.memoryBytes = memory;
    TaskPool pool(2);
    const auto data = Dataset::open(config, pool, {}).value();
    const Rows whole = readStream(*data, mixedOptions());
    EXPECT_EQ(readStream(*data, mixedOptions()).rows, whole.rows);
    const Rows rest = readStream(*data, mixedOptions(7));
    EXPECT_TRUE(std::equal(rest.rows.begin(), rest.rows.end(), whole.rows.begin() + 700, whole.rows.end()));
    std::vector<int64_t> together;
    for (int64_t rank = 0; rank < 3; ++rank) {
      const auto share = readStream(*data, mixedOptions(0, rank, 3)).rows;
      together.insert(together.end(), share.begin(), share.end());
    }
    auto sorted = whole.rows;
    std::sort(sorted.begin(), sorted.end());
    std::sort(together.begin(), together.end());
    EXPECT_EQ(together, sorted);
    StreamOptions other = mixedOptions();
    other.epoch = 4;
    EXPECT_NE(readStream(*data, other).rows, whole.rows);
    EXPECT_LE(data->memory().peakBytes(), memory);
  }
}

INSTANTIATE_TEST_SUITE_P(Samplings, MixedEpoch, ::testing::Values(Sampling::kUnder, Sampling::kOver));

TEST(Mixing, IsOfTheShuffledTrainingPartAlone) {
  TaskPool pool(2);
  const auto data = Dataset::open(configOf({0.2, 0.3, 0.5}, {}, Sampling::kUnder), pool, {}).value();
  StreamOptions options = mixedOptions();
  options.part = Part::kTest;
  EXPECT_NE(std::string(data->stream(options).error().what()).find("a mixed epoch is one of the training part"),
            std::string::npos);
  options = mixedOptions();
  options.shuffle = false;
  EXPECT_FALSE(data->stream(options).ok());
}

}  // namespace
}  // namespace mlaas::dataset
