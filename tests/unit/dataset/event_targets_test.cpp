// Numbers that a model is to predict, read beside the features.
#include <gtest/gtest.h>

#include <map>

#include "mlaas/dataset/dataset.h"
#include "tests/unit/dataset/tth_config.h"

namespace mlaas::dataset {
namespace {

constexpr size_t kCached = size_t{64} << 20;  // holds all rows of the example; 1 MiB none
constexpr size_t kReadAnew = size_t{1} << 20;

// Targets that the features show as well, so that a batch says what they must be.
DatasetConfig configWithTargets() {
  auto config = tthConfig();
  config.features.defines.push_back({"twice_jets", "2 * nJet"});
  config.targets = {"twice_jets", "nJet"};
  return config;
}

TEST(EventTargets, StandBesideTheFeaturesOfTheirEvent) {
  for (const size_t memory : {kCached, kReadAnew}) {
    auto config = configWithTargets();
    config.memoryBytes = memory;
    TaskPool pool(2);
    const auto data = Dataset::open(config, pool, {}).value();
    for (const Part part : kAllParts) {
      int64_t rows = 0;
      const auto stream = data->stream({part, 300}).value();
      for (Batch batch; stream->next(batch).value(); rows += batch.features.rows) {
        ASSERT_EQ(batch.targets.size(), batch.label.size() * 2);
        for (size_t i = 0; i < batch.label.size(); ++i) {
          const float jets = batch.features.scalars[i * 3 + 2];  // nJet is the third scalar
          ASSERT_EQ(batch.targets[2 * i], 2 * jets);
          ASSERT_EQ(batch.targets[2 * i + 1], jets);
        }
      }
      EXPECT_GT(rows, 0);
    }
    const auto statistics = data->statistics().value();
    ASSERT_EQ(statistics.targets.size(), 2U);
    EXPECT_EQ(statistics.targets[0].name, "twice_jets");
    EXPECT_NEAR(statistics.targets[0].mean, 2 * statistics.scalars[2].mean, 1e-9);
    EXPECT_EQ(statistics.targets[1].deviation, statistics.scalars[2].deviation);
    EXPECT_EQ(statistics.targets[1].count, statistics.scalars[2].count);
  }
}

TEST(EventTargets, RefusesWhatIsNoNumberOfAnEvent) {
  auto config = configWithTargets();
  config.places["target Jet_pt"] = "w.yaml:7:5";
  config.targets = {"Jet_pt"};
  EXPECT_NE(messageOf(config).find("w.yaml:7:5"), std::string::npos) << messageOf(config);
  EXPECT_NE(messageOf(config).find("it is a list"), std::string::npos);
  config.targets = {"nJets"};
  EXPECT_NE(messageOf(config).find("nJet"), std::string::npos);
  config.features.defines.push_back({"none", "log(nJet - nJet)"});
  config.targets = {"none"};
  const std::string message = messageOf(config);
  EXPECT_NE(message.find("the target 'none' is -inf in "), std::string::npos) << message;
  EXPECT_NE(message.find(" at entry "), std::string::npos);
}

std::string workflowWith(const std::string& targets, const std::string& label) {
  return "name: w\ndataset:\n  tree: Events\n  identity: [event]\n  targets: " + targets +
         "\n  samples:\n    a: {files: a.root" + label + "}\n  features: {scalars: [x]}\nmodel: {kind: mlp}\n";
}

TEST(EventTargets, AreReadFromTheWorkflow) {
  const auto workflow = parseWorkflow(workflowWith("[y, z]", ""), "w.yaml", {}).value();
  EXPECT_EQ(workflow.dataset.targets, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(workflow.dataset.whereIs("target z"), "w.yaml:5:16");
  EXPECT_EQ(workflow.dataset.samples.front().label, 0);
  const auto again = parseWorkflow(workflow.text, "again", {}).value();
  EXPECT_EQ(again.dataset.targets, workflow.dataset.targets);
  EXPECT_EQ(parseWorkflow(workflowWith("y", ""), "w", {}).value().dataset.targets, std::vector<std::string>{"y"});
  for (const auto& [targets, expected] :
       std::map<std::string, std::string>{{"[x]", "'x' is a target and cannot be a feature"},
                                          {"[y, y]", "listed twice"},
                                          {"[]", "expected at least one"}}) {
    const auto wrong = parseWorkflow(workflowWith(targets, ""), "w.yaml", {});
    ASSERT_FALSE(wrong.ok());
    EXPECT_NE(std::string(wrong.error().what()).find(expected), std::string::npos) << wrong.error().what();
  }
}

}  // namespace
}  // namespace mlaas::dataset
