// Files that are spoilt or removed in the middle of an epoch: nothing comes twice, nothing is lost unnoticed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "mlaas/dataset/dataset.h"
#include "tests/unit/dataset/tth_config.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::dataset {
namespace {

enum class Harm { kTruncate, kRemove };

// The sample, of which one file is a copy that is harmed. So little memory that few files stay open and every epoch
// reads all of them in pieces.
class VanishedFile : public testing::TestWithParam<Harm> {
 protected:
  VanishedFile() {
    config_.memoryBytes = size_t{1} << 20;
    config_.samples[2].files = {copy_};
    std::filesystem::copy_file(tthFiles("multijet_1.root"), copy_);
  }

  void harm() const {
    if (GetParam() == Harm::kRemove) {
      std::filesystem::remove(copy_);
    } else {
      std::filesystem::resize_file(copy_, std::filesystem::file_size(copy_) / 2);
    }
  }

  // The rows of an epoch; the file is harmed when `harmedAt` batches have come.
  Result<std::vector<int64_t>> readEpoch(Dataset& data, const StreamOptions& options, int harmedAt) const {
    MLAAS_TRY(const auto stream, data.stream(options));
    std::vector<int64_t> rows;
    Batch batch;
    for (int number = 0;; ++number) {
      if (number == harmedAt) harm();
      MLAAS_TRY(const bool more, stream->next(batch));
      if (!more) return rows;
      rows.insert(rows.end(), batch.row.begin(), batch.row.end());
    }
  }
  Result<std::vector<int64_t>> readEpoch(Dataset& data, const StreamOptions& options) const {
    return readEpoch(data, options, -1);
  }

  static bool isOfHarmedFile(int64_t row) { return row >= kTthEntries + kTtbarEntries; }

  const io::TemporaryFolder folder_;
  const std::string copy_ = folder_.path("multijet.root");
  const StreamOptions options_{Part::kTrain, 100, true, 3, 1};
  DatasetConfig config_ = tthConfig();
  TaskPool pool_{2};
};

TEST_P(VanishedFile, EndsTheEpochWhereThatIsThePolicy) {
  const auto data = Dataset::open(config_, pool_, {}).value();
  const auto before = readEpoch(*data, options_).value();
  const auto after = readEpoch(*data, options_, 2);
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().code(), GetParam() == Harm::kRemove ? ErrorCode::kNotFound : ErrorCode::kCorrupt);
  EXPECT_NE(std::string(after.error().what()).find(copy_), std::string::npos) << after.error().what();
  EXPECT_EQ(data->damage().numEntries, 0);
}

TEST_P(VanishedFile, LosesWhatIsReportedAndNothingElse) {
  config_.damaged.mostSkipped = 0.5;
  const auto data = Dataset::open(config_, pool_, {}).value();
  const auto before = readEpoch(*data, options_).value();
  const auto after = readEpoch(*data, options_, 2).value();
  const std::set<int64_t> found(after.begin(), after.end());
  EXPECT_EQ(found.size(), after.size()) << "rows that come twice";
  // What is missing was in that file, and no more than what is reported; the rest comes in its order.
  std::vector<int64_t> expected;
  int64_t lost = 0;
  for (const int64_t row : before) {
    if (found.contains(row)) {
      expected.push_back(row);
      continue;
    }
    ++lost;
    EXPECT_TRUE(isOfHarmedFile(row)) << row;
  }
  EXPECT_EQ(after, expected);
  const DamageReport report = data->damage();
  EXPECT_GT(lost, 0);
  EXPECT_LE(lost, report.numEntries);
  ASSERT_FALSE(report.messages.empty());
  for (const auto& message : report.messages) EXPECT_NE(message.find(copy_), std::string::npos) << message;
}

TEST_P(VanishedFile, EpochsThatFollowAreAllAlike) {
  config_.damaged.mostSkipped = 0.5;
  const auto data = Dataset::open(config_, pool_, {}).value();
  ASSERT_TRUE(readEpoch(*data, options_, 2).ok());
  const auto rows = readEpoch(*data, options_).value();
  EXPECT_EQ(readEpoch(*data, options_).value(), rows);
  // Taken up in the middle, or shared by ranks, the same rows are missing.
  StreamOptions later = options_;
  later.firstBatch = 7;
  const auto rest = readEpoch(*data, later).value();
  ASSERT_LT(rest.size(), rows.size());
  EXPECT_TRUE(std::equal(rest.rbegin(), rest.rend(), rows.rbegin()));
  std::vector<int64_t> together;
  for (int64_t rank = 0; rank < 3; ++rank) {
    StreamOptions share = options_;
    share.rank = rank;
    share.numRanks = 3;
    const auto ofRank = readEpoch(*data, share).value();
    together.insert(together.end(), ofRank.begin(), ofRank.end());
  }
  auto sorted = rows;
  std::sort(sorted.begin(), sorted.end());
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, sorted);
}

TEST_P(VanishedFile, EndsTheEpochBeyondTheBound) {
  config_.damaged.mostSkipped = 1e-3;
  const auto data = Dataset::open(config_, pool_, {}).value();
  ASSERT_TRUE(data->statistics().ok());
  const auto after = readEpoch(*data, options_, 0);
  ASSERT_FALSE(after.ok());
  EXPECT_NE(std::string(after.error().what()).find("more than dataset.damaged allows"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Harms, VanishedFile, testing::Values(Harm::kTruncate, Harm::kRemove),
                         [](const auto& tested) { return tested.param == Harm::kRemove ? "Removed" : "Truncated"; });

}  // namespace
}  // namespace mlaas::dataset
