// Whole epochs: of shares, from a position on, with files that go bad on the way, of a million events.
#include "mlaas/dataset/epoch_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "mlaas/root/writer/table_writer.h"
#include "tests/unit/dataset/tth_config.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::dataset {
namespace {

constexpr size_t kCached = size_t{1} << 30;  // holds all rows of the sample, and makes batches ahead; 1 MiB neither
constexpr size_t kReadAnew = size_t{1} << 20;

struct Rows {
  std::vector<int64_t> rows;
  std::vector<int32_t> labels;
  std::vector<int64_t> batches;  // their sizes
};

Rows readStream(Dataset& data, const StreamOptions& options) {
  const auto stream = data.stream(options).value();
  Rows read;
  for (Batch batch; stream->next(batch).value();) {
    read.rows.insert(read.rows.end(), batch.row.begin(), batch.row.end());
    read.labels.insert(read.labels.end(), batch.label.begin(), batch.label.end());
    read.batches.push_back(batch.features.rows);
  }
  return read;
}

TEST(EpochStream, GoesOnWhereAnotherStopped) {
  for (const size_t memory : {kCached, kReadAnew}) {
    auto config = tthConfig();
    config.memoryBytes = memory;
    TaskPool pool(2);
    const auto data = Dataset::open(config, pool, {}).value();
    const StreamOptions whole{Part::kTrain, 300, true, 5, 3};
    const Rows all = readStream(*data, whole);
    const auto numBatches = static_cast<int64_t>(all.batches.size());
    for (const int64_t firstBatch : {int64_t{0}, int64_t{1}, numBatches / 2, numBatches - 1, numBatches}) {
      StreamOptions options = whole;
      options.firstBatch = firstBatch;
      const Rows rest = readStream(*data, options);
      const auto skipped = std::min<size_t>(all.rows.size(), static_cast<size_t>(firstBatch) * 300);
      EXPECT_TRUE(std::equal(rest.rows.begin(), rest.rows.end(), all.rows.begin() + static_cast<ptrdiff_t>(skipped),
                             all.rows.end()))
          << "from batch " << firstBatch;
    }
  }
}

// Every number of an epoch, in its order.
std::vector<double> numbersOf(const DatasetConfig& config, size_t threads, const StreamOptions& options) {
  TaskPool pool(threads);
  const auto data = Dataset::open(config, pool, {}).value();
  const auto stream = data->stream(options).value();
  std::vector<double> numbers;
  const auto append = [&](const auto& values) { numbers.insert(numbers.end(), values.begin(), values.end()); };
  for (Batch batch; stream->next(batch).value();) {
    append(batch.features.scalars);
    for (const auto& group : batch.features.groups) {
      append(group.values);
      append(group.count);
      append(group.offsets);
    }
    append(batch.label);
    append(batch.targets);
    append(batch.weight);
    append(batch.sample);
    append(batch.row);
    EXPECT_EQ(static_cast<size_t>(batch.features.rows), batch.row.size());
  }
  return numbers;
}

// With several threads the next batches are made together, or a large one in pieces; with one they are not.
TEST(EpochStream, IsTheSameForAnyNumberOfThreads) {
  auto config = tthConfig();
  config.memoryBytes = kCached;
  config.targets = {"nJet"};
  auto anyLength = config;
  anyLength.features.groups.front().length = feature::JaggedGroup::kAll;
  for (const auto& one : {config, anyLength}) {
    for (const int64_t batchSize : {7, 300, 6000}) {
      const StreamOptions options{Part::kTrain, batchSize, true, 5, 3};
      const auto alone = numbersOf(one, 1, options);
      EXPECT_GT(alone.size(), 100'000U);
      EXPECT_EQ(numbersOf(one, 2, options), alone) << batchSize;
      EXPECT_EQ(numbersOf(one, 3, options), alone) << batchSize;
    }
  }
}

TEST(EpochStream, RanksShareAnEpoch) {
  for (const size_t memory : {kCached, kReadAnew}) {
    auto config = tthConfig();
    config.memoryBytes = memory;
    TaskPool pool(2);
    const auto data = Dataset::open(config, pool, {}).value();
    auto all = readStream(*data, {Part::kTrain, 300, true, 5, 3}).rows;
    std::sort(all.begin(), all.end());
    for (const int64_t numRanks : {2, 3, 7}) {
      std::vector<int64_t> together;
      size_t numBatches = 0;
      for (int64_t rank = 0; rank < numRanks; ++rank) {
        const Rows share = readStream(*data, {Part::kTrain, 300, true, 5, 3, 0, rank, numRanks});
        if (rank == 0) numBatches = share.batches.size();
        EXPECT_EQ(share.batches.size(), numBatches) << "rank " << rank << " of " << numRanks;
        together.insert(together.end(), share.rows.begin(), share.rows.end());
      }
      std::sort(together.begin(), together.end());
      EXPECT_EQ(together, all);
    }
  }
}

TEST(EpochStream, RefusesSharesThatAreNone) {
  TaskPool pool(2);
  const auto data = Dataset::open(tthConfig(), pool, {}).value();
  for (const StreamOptions& options : {StreamOptions{Part::kTrain, 0}, StreamOptions{Part::kTrain, 1, true, 1, 0, -1},
                                       StreamOptions{Part::kTrain, 1, true, 1, 0, 0, 2, 2},
                                       StreamOptions{Part::kTrain, 1, true, 1, 0, 0, 0, 100'000}}) {
    const auto stream = data->stream(options);
    ASSERT_FALSE(stream.ok());
    EXPECT_EQ(stream.error().code(), ErrorCode::kInvalidArgument);
  }
}

// The sample, of which one file is a copy that may be spoilt.
class DamagedFileTest : public testing::Test {
 protected:
  DamagedFileTest() {
    config_.memoryBytes = kReadAnew;
    config_.samples[2].files = {copy_};
    std::filesystem::copy_file(tthFiles("multijet_1.root"), copy_);
  }

  // The file ends in the middle, for readers that have it open too.
  void spoil() const { std::filesystem::resize_file(copy_, std::filesystem::file_size(copy_) / 2); }

  const io::TemporaryFolder folder_;
  const std::string copy_ = folder_.path("multijet.root");
  DatasetConfig config_ = tthConfig();
  TaskPool pool_{2};
};

TEST_F(DamagedFileTest, EndsTheWork) {
  const auto data = Dataset::open(config_, pool_, {}).value();
  const auto stream = data->stream({Part::kTrain, 100, true, 1, 0}).value();
  spoil();
  Batch batch;
  auto more = stream->next(batch);
  while (more.ok() && *more) more = stream->next(batch);
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(more.error().what()).find(copy_), std::string::npos);
}

TEST_F(DamagedFileTest, IsLeftOutWithinABound) {
  config_.damaged.mostSkipped = 0.5;
  const auto data = Dataset::open(config_, pool_, {}).value();
  const StreamOptions options{Part::kTrain, 100, true, 1, 0};
  const Rows before = readStream(*data, options);
  EXPECT_EQ(data->damage().numEntries, 0);
  spoil();
  const Rows after = readStream(*data, options);
  const DamageReport report = data->damage();
  EXPECT_GT(report.numEntries, 0);
  ASSERT_FALSE(report.messages.empty());
  EXPECT_NE(report.messages.front().find(copy_), std::string::npos);
  // The others come as they did, each once, and in the same order.
  EXPECT_LT(after.rows.size(), before.rows.size());
  EXPECT_LE(before.rows.size() - after.rows.size(), static_cast<size_t>(report.numEntries));
  size_t next = 0;
  for (const int64_t row : before.rows) {
    if (next < after.rows.size() && after.rows[next] == row) ++next;
  }
  EXPECT_EQ(next, after.rows.size());
  // Every other file is whole: rows of the first two samples are all there.
  const auto ofOthers = [](int64_t row) { return row < kTthEntries + kTtbarEntries; };
  EXPECT_EQ(std::count_if(after.rows.begin(), after.rows.end(), ofOthers),
            std::count_if(before.rows.begin(), before.rows.end(), ofOthers));
  readStream(*data, options);
  EXPECT_EQ(data->damage().numEntries, report.numEntries);  // each entry counts once
}

TEST_F(DamagedFileTest, IsNotLeftOutBeyondTheBound) {
  config_.damaged.mostSkipped = 1e-4;
  const auto data = Dataset::open(config_, pool_, {}).value();
  spoil();
  const auto statistics = data->statistics();
  ASSERT_FALSE(statistics.ok());
  EXPECT_EQ(statistics.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(statistics.error().what()).find("more than dataset.damaged allows"), std::string::npos);
}

// Ten files of 100,000 events, sorted by class, with an identity and a feature that says which event it is.
constexpr int64_t kFileEvents = 100'000;
constexpr int64_t kNumFiles = 10;
constexpr int64_t kClusterEvents = 5000;

ColumnType flat(DType dtype) {
  ColumnType type;
  type.dtype = dtype;
  return type;
}

DatasetConfig writeMillion(const io::TemporaryFolder& folder) {
  DatasetConfig config;
  config.tree = "Events";
  config.identity = {"event"};
  config.features.scalars = {"x"};
  config.samples = {{"signal", 1, {}, "", "w.yaml:1:1"}, {"background", 0, {}, "", "w.yaml:2:1"}};
  for (int64_t file = 0; file < kNumFiles; ++file) {
    const std::string path = folder.path(std::to_string(file) + ".root");
    root::TableWriterOptions options;
    options.clusterEntries = kClusterEvents;
    auto writer = root::makeTableWriter(root::TableKind::kTTree, path, "Events",
                                        {{"event", flat(DType::kInt64)}, {"x", flat(DType::kFloat32)}}, options)
                      .value();
    std::vector<int64_t> events(kFileEvents);
    std::iota(events.begin(), events.end(), file * kFileEvents);
    const std::vector<float> values(events.begin(), events.end());
    const std::vector<Column> columns = {makeFlatColumn(std::span<const int64_t>(events)),
                                         makeFlatColumn(std::span<const float>(values))};
    writer->append(columns).value();
    writer->close().value();
    config.samples[file < kNumFiles / 2 ? 0 : 1].files.push_back(path);
  }
  config.memoryBytes = size_t{16} << 20;
  return config;
}

double autocorrelation(const std::vector<double>& values, size_t lag) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double variance = 0;
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    variance += (values[i] - mean) * (values[i] - mean);
    if (i + lag < values.size()) sum += (values[i] - mean) * (values[i + lag] - mean);
  }
  return sum / variance;
}

// Rows of a buffer are a random permutation; what is left of the files' order is that a buffer is filled from some
// pieces only. The mean over k random pieces has 1/k of the variance of all, and that is the autocorrelation within a
// buffer. Pieces of one sample are spread evenly: its share of a buffer varies by the order of one piece, 1/k, the
// variance by 1/k^2. On top comes the noise of a random permutation, 1/sqrt(n).
TEST(EpochStream, AMillionEventsComeOnceAndMixed) {
  const io::TemporaryFolder folder;
  TaskPool pool(2);
  const auto data = Dataset::open(writeMillion(folder), pool, {}).value();
  std::vector<bool> seen(kNumFiles * kFileEvents, false);
  size_t numSeen = 0;
  for (const Part part : kAllParts) {
    const auto stream = data->stream({part, 1000, true, 7, 1}).value();
    std::vector<double> labels;
    std::vector<double> files;
    for (Batch batch; stream->next(batch).value();) {
      for (size_t i = 0; i < batch.row.size(); ++i) {
        ASSERT_EQ(static_cast<float>(batch.row[i]), batch.features.scalars[i]);
        ASSERT_FALSE(seen[static_cast<size_t>(batch.row[i])]);
        seen[static_cast<size_t>(batch.row[i])] = true;
        ++numSeen;
        files.push_back(static_cast<double>(batch.row[i] / kFileEvents));
        labels.push_back(batch.label[i]);
      }
    }
    const auto numRows = static_cast<double>(labels.size());
    const auto bufferRows = static_cast<double>(MemoryPlan::of(data->config().memoryBytes).bufferBytes) /
                            static_cast<double>(RowLayout::of(data->features()).fixedBytes);
    const double pieces = std::min(numRows, bufferRows) / (kClusterEvents * numRows / (kNumFiles * kFileEvents));
    const double noise = 4 / std::sqrt(numRows);
    for (const size_t lag : {1U, 2U, 10U, 100U, 1000U}) {
      EXPECT_LT(std::abs(autocorrelation(files, lag)), 1 / pieces + noise) << "lag " << lag;
      EXPECT_LT(std::abs(autocorrelation(labels, lag)), 1 / (pieces * pieces) + noise) << "lag " << lag;
    }
  }
  EXPECT_EQ(numSeen, seen.size());
}

}  // namespace
}  // namespace mlaas::dataset
