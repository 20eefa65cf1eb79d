#include "mlaas/dataset/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "mlaas/table/table.h"
#include "tests/unit/dataset/tth_config.h"

namespace mlaas::dataset {
namespace {

// All batches of one epoch, one after the other.
Batch readEpoch(Dataset& dataset, const StreamOptions& options) {
  auto stream = dataset.stream(options).value();
  Batch batch;
  Batch all;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  while (stream->next(batch).value()) {
    all.features.rows += batch.features.rows;
    all.features.numScalars = batch.features.numScalars;
    append(all.features.scalars, batch.features.scalars);
    all.features.groups.resize(batch.features.groups.size());
    for (size_t g = 0; g < batch.features.groups.size(); ++g) {
      append(all.features.groups[g].values, batch.features.groups[g].values);
      append(all.features.groups[g].count, batch.features.groups[g].count);
    }
    append(all.label, batch.label);
    append(all.weight, batch.weight);
    append(all.sample, batch.sample);
    append(all.row, batch.row);
  }
  return all;
}

bool sameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void expectSame(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.row, b.row);
  EXPECT_EQ(a.label, b.label);
  EXPECT_EQ(a.sample, b.sample);
  EXPECT_TRUE(sameBytes(a.weight, b.weight));
  EXPECT_TRUE(sameBytes(a.features.scalars, b.features.scalars));
  ASSERT_EQ(a.features.groups.size(), b.features.groups.size());
  for (size_t g = 0; g < a.features.groups.size(); ++g) {
    EXPECT_TRUE(sameBytes(a.features.groups[g].values, b.features.groups[g].values));
    EXPECT_EQ(a.features.groups[g].count, b.features.groups[g].count);
  }
}

std::string openError(DatasetConfig config) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(std::move(config), pool, {});
  return dataset.ok() ? "" : dataset.error().what();
}

Error passError(DatasetConfig config) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(std::move(config), pool, {}).value();
  const auto statistics = dataset->statistics();
  return statistics.ok() ? Error(ErrorCode::kInternal, "no error") : statistics.error();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Dataset, EveryEventComesExactlyOnce) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(tthConfig(), pool, {}).value();
  std::vector<int64_t> rows;
  for (const Part part : kAllParts) {
    const auto epoch = readEpoch(*dataset, {part, 333, true, 1, 0});
    rows.insert(rows.end(), epoch.row.begin(), epoch.row.end());
  }
  std::sort(rows.begin(), rows.end());
  ASSERT_EQ(rows.size(), static_cast<size_t>(kTthEntries + kTtbarEntries + kMultijetEntries));
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], static_cast<int64_t>(i));
}

TEST(Dataset, SplitFractionsAreBinomial) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(tthConfig(), pool, {}).value();
  const auto statistics = dataset->statistics().value();
  const std::array<double, 3> fractions = {0.64, 0.16, 0.20};
  for (const auto& sample : statistics.samples) {
    for (size_t part = 0; part < 3; ++part) {
      const auto entries = static_cast<double>(sample.numEntries);
      const double sigma = std::sqrt(entries * fractions[part] * (1 - fractions[part]));
      EXPECT_NEAR(static_cast<double>(sample.selected[part]), entries * fractions[part], 4 * sigma) << sample.name;
    }
  }
}

// The values of a batch are those of the file, found through the row number.
TEST(Dataset, RowsHoldTheFilesValues) {
  auto config = tthConfig();
  config.samples.resize(2);
  config.samples[0].files = {tthFiles("tth_4.root")};
  config.samples[1].files = {tthFiles("ttbar_1.root")};
  TaskPool pool(2);
  const auto dataset = Dataset::open(config, pool, {}).value();
  const auto epoch = readEpoch(*dataset, {Part::kTrain, 100, true, 3, 2});
  const auto first = table::openTable(tthFiles("tth_4.root"), "Events").value();
  const auto second = table::openTable(tthFiles("ttbar_1.root"), "Events").value();
  const auto read = [&](const table::Table& table, const std::string& name) {
    return table.read({0, table.numEntries()}, {table.findColumn(name).value()}).value().front();
  };
  struct Columns {
    Column met, weight, jetPt, nJet;
  };
  const auto columnsOf = [&](const table::Table& table) {
    return Columns{read(table, "met"), read(table, "weight"), read(table, "Jet_pt"), read(table, "nJet")};
  };
  const std::array<Columns, 2> columns = {columnsOf(*first), columnsOf(*second)};
  ASSERT_GT(epoch.row.size(), 1000U);
  for (size_t i = 0; i < epoch.row.size(); ++i) {
    const auto sample = static_cast<size_t>(epoch.sample[i]);
    const auto entry = static_cast<size_t>(epoch.row[i] - (sample == 0 ? 0 : first->numEntries()));
    ASSERT_EQ(epoch.label[i], sample == 0 ? 1 : 0);
    ASSERT_EQ(epoch.features.scalars[3 * i + 1], columns[sample].met.valuesAs<float>()[entry]);
    const float weight = columns[sample].weight.valuesAs<float>()[entry];
    ASSERT_EQ(epoch.weight[i], sample == 0 ? weight : 2 * weight);
    const auto& pt = columns[sample].jetPt;
    const auto begin = static_cast<size_t>(pt.offsetsAt(0)[entry]);
    const auto jets = static_cast<int64_t>(pt.offsetsAt(0)[entry + 1]) - static_cast<int64_t>(begin);
    ASSERT_EQ(epoch.features.groups[0].count[i], std::min<int64_t>(jets, 6));
    for (size_t k = 0; k < 6; ++k) {
      const float expected = static_cast<int64_t>(k) < jets ? pt.valuesAs<float>()[begin + k] : 0.0F;
      ASSERT_EQ(epoch.features.groups[0].values[(i * 6 + k) * 3], expected);
    }
  }
}

// Rows of a subsample have the values of the same rows of all, lists and scalars.
TEST(Dataset, SubsamplesKeepTheirRows) {
  auto config = tthConfig();
  TaskPool pool(2);
  const auto whole = Dataset::open(config, pool, {}).value();
  const auto all = readEpoch(*whole, {Part::kTrain, 1000, false, 1, 0});
  std::map<int64_t, size_t> places;
  for (size_t i = 0; i < all.row.size(); ++i) places[all.row[i]] = i;
  for (auto& sample : config.samples) sample.subsample = 0.3;
  const auto dataset = Dataset::open(config, pool, {}).value();
  const auto some = readEpoch(*dataset, {Part::kTrain, 1000, true, 1, 0});
  ASSERT_GT(some.row.size(), all.row.size() / 5);
  ASSERT_LT(some.row.size(), all.row.size() / 2);
  for (size_t i = 0; i < some.row.size(); ++i) {
    const size_t at = places.at(some.row[i]);
    const auto& jets = all.features.groups[0];
    ASSERT_EQ(some.features.groups[0].count[i], jets.count[at]);
    for (size_t k = 0; k < 3; ++k) ASSERT_EQ(some.features.scalars[3 * i + k], all.features.scalars[3 * at + k]);
    for (size_t k = 0; k < 18; ++k) ASSERT_EQ(some.features.groups[0].values[18 * i + k], jets.values[18 * at + k]);
  }
}

TEST(Dataset, TheStreamDoesNotDependOnThreads) {
  // With 64 MiB the cache holds all rows, with 1 MiB nothing: both ways must be reproducible.
  for (const size_t memory : {size_t{64} << 20, size_t{1} << 20}) {
    auto config = tthConfig();
    config.memoryBytes = memory;
    Batch reference;
    Statistics statistics;
    for (const size_t threads : {1, 2, 8}) {
      TaskPool pool(threads);
      const auto dataset = Dataset::open(config, pool, {}).value();
      const auto found = dataset->statistics().value();
      const auto epoch = readEpoch(*dataset, {Part::kTrain, 250, true, 9, 4});
      if (threads == 1) {
        reference = epoch;
        statistics = found;
      }
      expectSame(reference, epoch);
      EXPECT_EQ(statistics.toJson(), found.toJson());
    }
  }
}

TEST(Dataset, SeedAndEpochChangeTheOrderOnly) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(tthConfig(), pool, {}).value();
  auto first = readEpoch(*dataset, {Part::kTrain, 250, true, 1, 0}).row;
  expectSame(readEpoch(*dataset, {Part::kTrain, 250, true, 1, 1}),
             readEpoch(*dataset, {Part::kTrain, 250, true, 1, 1}));
  auto nextEpoch = readEpoch(*dataset, {Part::kTrain, 100, true, 1, 1}).row;
  auto otherSeed = readEpoch(*dataset, {Part::kTrain, 250, true, 2, 0}).row;
  EXPECT_NE(first, nextEpoch);
  EXPECT_NE(first, otherSeed);
  std::sort(first.begin(), first.end());
  std::sort(nextEpoch.begin(), nextEpoch.end());
  std::sort(otherSeed.begin(), otherSeed.end());
  EXPECT_EQ(first, nextEpoch);
  EXPECT_EQ(first, otherSeed);
}

TEST(Dataset, WithoutShufflingEventsComeInTheOrderOfTheFiles) {
  for (const size_t memory : {size_t{64} << 20, size_t{1} << 20}) {
    auto config = tthConfig();
    config.memoryBytes = memory;
    TaskPool pool(4);
    const auto dataset = Dataset::open(config, pool, {}).value();
    const auto rows = readEpoch(*dataset, {Part::kTest, 77, false, 1, 0}).row;
    EXPECT_GT(rows.size(), 2000U);
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  }
}

TEST(Dataset, BatchesAreFullButTheLast) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(tthConfig(), pool, {}).value();
  const int64_t rows = dataset->statistics().value().numSelected(Part::kTrain);
  auto stream = dataset->stream({Part::kTrain, 1000, true, 1, 0}).value();
  Batch batch;
  int64_t seen = 0;
  while (stream->next(batch).value()) {
    EXPECT_EQ(batch.features.rows, std::min<int64_t>(1000, rows - seen));
    EXPECT_EQ(batch.label.size(), static_cast<size_t>(batch.features.rows));
    seen += batch.features.rows;
  }
  EXPECT_EQ(seen, rows);
  EXPECT_FALSE(stream->next(batch).value());
  EXPECT_EQ(batch.features.rows, 0);
}

// Files are sorted by class. In a random permutation of n labels the lag-1 autocorrelation has mean -1/(n-1) and
// deviation about 1/sqrt(n) (Wald and Wolfowitz 1943).
TEST(Dataset, LabelsAlongTheStreamAreUncorrelated) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(tthConfig(), pool, {}).value();
  const auto labels = readEpoch(*dataset, {Part::kTrain, 1000, true, 1, 0}).label;
  const auto n = static_cast<double>(labels.size());
  double mean = 0;
  for (const int32_t label : labels) mean += label / n;
  double variance = 0;
  for (const int32_t label : labels) variance += (label - mean) * (label - mean);
  for (const size_t lag : {1U, 2U, 10U, 100U, 1000U}) {
    double sum = 0;
    for (size_t i = 0; i + lag < labels.size(); ++i) sum += (labels[i] - mean) * (labels[i + lag] - mean);
    EXPECT_LT(std::abs(sum / variance), 4 / std::sqrt(n)) << lag;
  }
}

TEST(Dataset, StaysInsideTheMemoryBudget) {
  auto config = tthConfig();
  config.memoryBytes = size_t{1} << 20;
  TaskPool pool(4);
  const auto dataset = Dataset::open(config, pool, {}).value();
  const size_t ofOpenFiles = dataset->memory().usedBytes();
  EXPECT_FALSE(readEpoch(*dataset, {Part::kTrain, 500, true, 1, 0}).row.empty());
  auto train = dataset->stream({Part::kTrain, 500, true, 1, 1}).value();
  auto validation = dataset->stream({Part::kValidation, 500, false, 1, 1}).value();
  Batch batch;
  ASSERT_TRUE(train->next(batch).value());
  ASSERT_TRUE(validation->next(batch).value());
  EXPECT_GT(dataset->memory().usedBytes(), ofOpenFiles);
  EXPECT_LE(dataset->memory().peakBytes(), config.memoryBytes);
  train.reset();
  validation.reset();
  EXPECT_EQ(dataset->memory().usedBytes(), ofOpenFiles);
}

TEST(Dataset, SaysWhenStreamsDoNotFit) {
  auto config = tthConfig();
  config.memoryBytes = size_t{1} << 20;
  TaskPool pool(2);
  const auto dataset = Dataset::open(config, pool, {}).value();
  std::vector<std::unique_ptr<BatchStream>> streams;
  std::string message;
  while (streams.size() < 50 && message.empty()) {
    auto stream = dataset->stream({Part::kTrain, 500, true, 1, 0});
    if (stream.ok()) {
      streams.push_back(*std::move(stream));
    } else {
      message = stream.error().what();
    }
  }
  EXPECT_TRUE(contains(message, "raise dataset.memory")) << message;
}

TEST(Dataset, StatisticsAreThoseOfTheTrainingPart) {
  TaskPool pool(2);
  const auto dataset = Dataset::open(tthConfig(), pool, {}).value();
  const auto statistics = dataset->statistics().value();
  const auto epoch = readEpoch(*dataset, {Part::kTrain, 1000, false, 1, 0});
  const auto n = static_cast<double>(epoch.row.size());
  double sum = 0;
  double weights = 0;
  double absoluteWeights = 0;
  int64_t negative = 0;
  for (size_t i = 0; i < epoch.row.size(); ++i) {
    sum += static_cast<double>(epoch.features.scalars[3 * i + 1]);
    if (epoch.sample[i] != 0) continue;
    weights += static_cast<double>(epoch.weight[i]);
    absoluteWeights += std::abs(static_cast<double>(epoch.weight[i]));
    negative += epoch.weight[i] < 0 ? 1 : 0;
  }
  double squares = 0;
  for (size_t i = 0; i < epoch.row.size(); ++i) {
    const double difference = static_cast<double>(epoch.features.scalars[3 * i + 1]) - sum / n;
    squares += difference * difference;
  }
  ASSERT_EQ(statistics.scalars.size(), 3U);
  EXPECT_EQ(statistics.scalars[1].name, "met");
  EXPECT_EQ(statistics.scalars[1].count, static_cast<int64_t>(epoch.row.size()));
  EXPECT_NEAR(statistics.scalars[1].mean, sum / n, 1e-9 * sum / n);
  EXPECT_NEAR(statistics.scalars[1].deviation, std::sqrt(squares / n), 1e-9 * std::sqrt(squares / n));
  EXPECT_NEAR(statistics.samples[0].sumWeights[0], weights, 1e-5 * weights);
  EXPECT_NEAR(statistics.samples[0].sumAbsoluteWeights[0], absoluteWeights, 1e-5 * absoluteWeights);
  EXPECT_EQ(statistics.samples[0].numNegative[0], negative);
  EXPECT_GT(negative, 0);
  EXPECT_EQ(statistics.samples[2].sumWeights[0], static_cast<double>(statistics.samples[2].selected[0]));
  int64_t elements = 0;
  for (const int32_t count : epoch.features.groups[0].count) elements += count;
  EXPECT_EQ(statistics.groups[0][0].count, elements);
}

TEST(Dataset, PatternsLeaveIdentityWeightAndTruthAlone) {
  auto config = tthConfig();
  config.features.scalars = {"met", "*"};
  config.features.groups[0].columns = {"Jet_*"};
  TaskPool pool(2);
  const auto dataset = Dataset::open(config, pool, {}).value();
  const auto& scalars = dataset->features().scalars;
  EXPECT_GT(scalars.size(), 15U);
  EXPECT_EQ(scalars.front(), "met");
  EXPECT_EQ(std::count(scalars.begin(), scalars.end(), "met"), 1);
  EXPECT_EQ(std::count(scalars.begin(), scalars.end(), "log_ht"), 1);
  for (const auto* name : {"run", "event", "luminosityBlock", "weight", "truth_met", "truth_process", "Jet_pt"}) {
    EXPECT_EQ(std::count(scalars.begin(), scalars.end(), name), 0) << name;
  }
  EXPECT_EQ(dataset->features().groups[0].columns.size(), 5U);
}

TEST(Dataset, StopsWhenAsked) {
  TaskPool pool(2);
  std::stop_source stop;
  const auto dataset = Dataset::open(tthConfig(), pool, stop.get_token()).value();
  auto stream = dataset->stream({Part::kTrain, 100, true, 1, 0}).value();
  Batch batch;
  ASSERT_TRUE(stream->next(batch).value());
  stop.request_stop();
  EXPECT_EQ(stream->next(batch).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Dataset::open(tthConfig(), pool, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

TEST(DatasetErrors, Files) {
  auto config = tthConfig();
  config.samples[1].files = {tthFiles("absent.root")};
  EXPECT_TRUE(contains(openError(config), "w.yaml:6:5: sample 'ttbar'")) << openError(config);
  EXPECT_TRUE(contains(openError(config), "absent.root"));
  config.samples[1].files = {tthFiles("absent_*.root")};
  EXPECT_TRUE(contains(openError(config), "absent_*.root")) << openError(config);
  config.samples[1].files = {tthFiles("ttbar_1.root"), tthFiles("ttbar_?.root")};
  EXPECT_TRUE(contains(openError(config), "twice")) << openError(config);
  config.samples[1].files = {tthFiles("sample.json")};
  EXPECT_TRUE(contains(openError(config), "sample.json")) << openError(config);

  const auto truncated = std::filesystem::path(testing::TempDir()) / "mlaas_truncated.root";
  std::filesystem::copy_file(tthFiles("ttbar_1.root"), truncated, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(truncated, std::filesystem::file_size(truncated) / 2);
  config.samples[1].files = {truncated.string()};
  EXPECT_TRUE(contains(openError(config), "mlaas_truncated.root")) << openError(config);
  std::filesystem::remove(truncated);
}

TEST(DatasetErrors, TreesAndColumns) {
  auto config = tthConfig();
  config.tree = "Event";
  EXPECT_TRUE(contains(openError(config), "Events")) << openError(config);

  config = tthConfig();
  config.features.scalars[1] = "mett";
  EXPECT_TRUE(contains(openError(config), "met")) << openError(config);
  EXPECT_TRUE(contains(openError(config), "tth_1.root")) << openError(config);

  config = tthConfig();
  config.features.scalars = {"nothing*"};
  EXPECT_TRUE(contains(openError(config), "nothing*")) << openError(config);

  config = tthConfig();
  config.features.scalars = {"Jet_pt"};
  EXPECT_TRUE(contains(openError(config), "Jet_pt")) << openError(config);

  config = tthConfig();
  config.identity = {"met"};
  EXPECT_TRUE(contains(openError(config), "the identity column 'met' must hold one integer")) << openError(config);
  config.identity = {"evnt"};
  EXPECT_TRUE(contains(openError(config), "event")) << openError(config);

  config = tthConfig();
  config.samples[0].weight = "wieght";
  EXPECT_TRUE(contains(openError(config), "weight")) << openError(config);
  config.samples[0].weight = "Jet_pt";
  EXPECT_NE(openError(config), "");

  config = tthConfig();
  config.features.select = "nJet >=";
  EXPECT_NE(openError(config), "");
}

TEST(DatasetErrors, Selection) {
  auto config = tthConfig();
  config.features.select = "ht < 0";
  EXPECT_TRUE(contains(passError(config).what(), "no event of any sample is selected (select: ht < 0)"));
  config.features.select = "truth_process == 0";
  EXPECT_TRUE(contains(passError(config).what(), "w.yaml:6:5: none of the 6250 entries of sample 'ttbar' is selected"))
      << passError(config).what();
  config = tthConfig();
  config.split = {1e-9, 0.5 - 1e-9, 0.5, 1};
  EXPECT_TRUE(contains(passError(config).what(), "falls into the training part")) << passError(config).what();
}

TEST(DatasetErrors, FeaturesAndWeightsThatAreNotFinite) {
  auto config = tthConfig();
  config.features.defines[0] = {"log_ht", "log(met - 1e9)"};
  const auto error = passError(config);
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(contains(error.what(), "the feature 'log_ht' is NaN or infinite 15000 time(s)")) << error.what();
  EXPECT_TRUE(contains(error.what(), "tth_1.root at entry 0")) << error.what();
  EXPECT_TRUE(contains(error.what(), "log_ht_ok: 'isfinite(log_ht) ? log_ht : 0'")) << error.what();

  config = tthConfig();
  config.samples[1].weight = "1 / (truth_process - 1)";
  EXPECT_TRUE(contains(passError(config).what(), "the weight '1 / (truth_process - 1)' of sample 'ttbar' is inf"))
      << passError(config).what();
}

}  // namespace
}  // namespace mlaas::dataset
