// Samples whose events have labels of their own, and duplicates among events.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "mlaas/dataset/dataset.h"
#include "tests/unit/dataset/tth_config.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::dataset {
namespace {

constexpr size_t kCached = size_t{64} << 20;  // holds all rows of the example; 1 MiB none
constexpr size_t kReadAnew = size_t{1} << 20;

// Labels 0, 1, 2 by the number of jets of each event of ttbar, and 1 for all of ttH.
DatasetConfig labelledConfig() {
  auto config = tthConfig();
  config.samples.pop_back();
  config.samples[1].label = -1;
  config.samples[1].labelExpression = "nJet <= 6 ? 0 : nJet == 7 ? 1 : 2";
  config.classes = {"six", "seven", "more"};
  return config;
}

TEST(EventLabels, ComeFromTheExpression) {
  for (const size_t memory : {kCached, kReadAnew}) {
    auto config = labelledConfig();
    config.memoryBytes = memory;
    TaskPool pool(2);
    const auto data = Dataset::open(config, pool, {}).value();
    std::array<EventSums, 3> sums;
    for (const Part part : kAllParts) {
      const auto stream = data->stream({part, 500}).value();
      for (Batch batch; stream->next(batch).value();) {
        for (size_t i = 0; i < batch.label.size(); ++i) {
          // nJet is the third scalar.
          const float jets = batch.features.scalars[i * 3 + 2];
          const int expected = jets <= 6 ? 0 : jets == 7 ? 1 : 2;
          ASSERT_EQ(batch.label[i], batch.sample[i] == 0 ? 1 : expected);
          sums.at(static_cast<size_t>(batch.label[i])).add(part, static_cast<double>(batch.weight[i]));
        }
      }
    }
    const auto statistics = data->statistics().value();
    for (int64_t label = 0; label < 3; ++label) {
      const EventSums found = statistics.ofClass(label);
      const EventSums& seen = sums.at(static_cast<size_t>(label));
      EXPECT_EQ(found.selected, seen.selected);
      EXPECT_EQ(found.numNegative, seen.numNegative);
      EXPECT_GT(seen.selected[0], 0);
      for (size_t part = 0; part < 3; ++part) {
        EXPECT_NEAR(found.sumWeights.at(part), seen.sumWeights.at(part), 1e-6 * seen.sumAbsoluteWeights.at(part));
      }
    }
  }
}

TEST(EventLabels, RefusesWhatIsNoLabel) {
  auto config = labelledConfig();
  config.samples[1].labelExpression = "nJet - 6";
  const std::string beyond = messageOf(config);
  EXPECT_NE(beyond.find("w.yaml:6:5: the label 'nJet - 6' of sample 'ttbar' is"), std::string::npos) << beyond;
  EXPECT_NE(beyond.find("expected 0 to 2, as dataset.classes says"), std::string::npos) << beyond;
  config.samples[1].labelExpression = "met / 1e9";
  EXPECT_NE(messageOf(config).find("expected 0 to 2"), std::string::npos);
  config.samples[1].labelExpression = "0 / (nJet - nJet)";
  EXPECT_NE(messageOf(config).find("is null in"), std::string::npos) << messageOf(config);
  config.samples[1].labelExpression = "Jet_pt > 30";
  EXPECT_NE(messageOf(config).find("Jet_pt > 30"), std::string::npos);
  config.samples[1].labelExpression = "nJet > 6";
  EXPECT_NE(messageOf(config).find("no event of label 2 ('more') falls into the training part"), std::string::npos);
}

TEST(EventLabels, AreReweightedByClass) {
  auto config = labelledConfig();
  config.reweighting = Reweighting{{{"met", {0, 30, 60, 100, 400}}}, "", "w.yaml:8:3"};
  TaskPool pool(2);
  const auto data = Dataset::open(config, pool, {}).value();
  const auto stream = data->stream({Part::kTrain, 500}).value();
  std::array<std::array<double, 4>, 3> sums = {};
  for (Batch batch; stream->next(batch).value();) {
    for (size_t i = 0; i < batch.label.size(); ++i) {
      const float met = batch.features.scalars[i * 3 + 1];
      const size_t bin = met < 30 ? 0 : met < 60 ? 1 : met < 100 ? 2 : 3;
      sums.at(static_cast<size_t>(batch.label[i])).at(bin) += static_cast<double>(batch.weight[i]);
    }
  }
  for (const auto& ofClass : sums) {
    for (const double sum : ofClass) EXPECT_NEAR(sum / ofClass[0], 1, 1e-4);
  }
}

TEST(EventLabels, AreNoFeaturesByPattern) {
  auto config = labelledConfig();
  config.features.scalars = {"n*", "met"};
  TaskPool pool(2);
  const auto data = Dataset::open(config, pool, {}).value();
  for (const auto& name : data->features().scalars) EXPECT_NE(name, "nJet");
}

TEST(Duplicates, AreFoundBeforeTraining) {
  auto config = tthConfig();
  const io::TemporaryFolder folder;
  const auto first = folder.path("first.root");
  std::filesystem::copy_file(tthFiles("multijet_1.root"), first);
  config.samples[2].files = {tthFiles("multijet_1.root"), first};
  TaskPool pool(2);
  const auto data = Dataset::open(config, pool, {}).value();
  const auto samples = data->statistics().value().samples;
  for (const auto& sample : samples) {
    const int64_t selected = sample.selected[0] + sample.selected[1] + sample.selected[2];
    EXPECT_EQ(sample.identity["events"], selected);
    EXPECT_EQ(sample.identity["fraction_looked_at"], 1.0);
    EXPECT_EQ(sample.identity["duplicates"], sample.name == "multijet" ? selected / 2 : 0);
  }
  EXPECT_EQ(samples[2].identity["examples"].size(), 10U);
  EXPECT_NE(samples[2].identity["examples"][0].get<std::string>().find(first + " at entry "), std::string::npos);
}

// A variation that one of the samples does not have.
TEST(Variations, LeaveSamplesAloneThatHaveThemNot) {
  auto config = tthConfig();
  config.variations = {{"up", {{"met", "ht"}}, "w.yaml:9:5"}};
  config.variation = "up";
  config.features.scalars = {"met", "nJet"};
  config.samples[1].variations = std::vector<std::string>{};
  const auto meansOf = [](const DatasetConfig& chosen) {
    TaskPool pool(2);
    const auto data = Dataset::open(chosen, pool, {}).value();
    std::map<int32_t, double> sums;
    const auto stream = data->stream({Part::kTrain, 500}).value();
    for (Batch batch; stream->next(batch).value();) {
      for (size_t i = 0; i < batch.label.size(); ++i) {
        sums[batch.sample[i]] += static_cast<double>(batch.features.scalars[i * 2]);
      }
    }
    return sums;
  };
  const auto some = meansOf(config);
  config.samples[1].variations.reset();
  const auto all = meansOf(config);
  config.variation.clear();
  const auto none = meansOf(config);
  EXPECT_NE(all.at(1), none.at(1));
  EXPECT_DOUBLE_EQ(some.at(0), all.at(0));
  EXPECT_DOUBLE_EQ(some.at(1), none.at(1));
  EXPECT_DOUBLE_EQ(some.at(2), all.at(2));
}

}  // namespace
}  // namespace mlaas::dataset
