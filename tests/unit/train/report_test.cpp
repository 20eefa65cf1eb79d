#include "mlaas/train/report/report.h"

#include <gtest/gtest.h>

#include <limits>

#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/plots_library.h"
#include "mlaas/train/report/report_plots.h"
#include "tests/unit/train/memory_dataset.h"

namespace mlaas::train {
namespace {

using testing::MemoryDataset;
using testing::MemoryOptions;

// A model that says how near the first column of the first jet is to the signal's.
class RuleModel final : public TrainedModel {
 public:
  explicit RuleModel(size_t outputs) : outputs_(outputs) {}
  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override {
    scores.clear();
    for (int64_t row = 0; row < features.rows; ++row) {
      const float value = (features.scalars[static_cast<size_t>(2 * row)] - 200) / 800;
      for (size_t k = 0; k < outputs_; ++k)
        scores.push_back(std::min(1.F, std::max(0.F, value)) / static_cast<float>(outputs_));
    }
    return {};
  }
  model::EngineKind engine() const override { return model::EngineKind::kOnnx; }
  std::string fileName() const override { return "model.onnx"; }
  Result<std::string> serialise() const override { return std::string("rule"); }
  nlohmann::ordered_json description() const override { return {{"kind", "rule"}, {"library", "none"}}; }

 private:
  size_t outputs_;
};

// Everything that a report shows.
struct Fixture {
  explicit Fixture(const MemoryOptions& options = {})
      : data(options),
        classes(makeClassTable(data.config().samples).value()),
        statistics(data.statistics().value()),
        model(static_cast<size_t>(classes.numOutputs())) {
    history.lossName = "loss <of & a test>";
    history.epochs = {{1, 0.7, 0.71, 0.6}, {2, 0.6, 0.61, 0.7}};
    history.bestEpoch = 2;
    workflow.name = "a \"name\" & <more>";
    workflow.text = R"({"select":"ht > 1 && met < 2"})";
  }
  Evaluation evaluation() { return evaluate(model, {&data, &statistics, &classes, nullptr, {}}).value(); }
  std::string report(const Evaluation& evaluated) {
    return renderReport(
        {&workflow, &statistics, &data.features(), &history, &evaluated, model.description(), {{"mlaas4hep", "0"}}});
  }
  MemoryDataset data;
  ClassTable classes;
  dataset::Statistics statistics;
  RuleModel model;
  TrainingHistory history;
  dataset::Workflow workflow;
};

TEST(Evaluation, JudgesEveryPart) {
  Fixture fixture;
  const Evaluation evaluation = fixture.evaluation();
  for (const auto part : dataset::kAllParts) {
    int64_t selected = 0;
    for (const auto& sample : fixture.statistics.samples) selected += sample.selected.at(static_cast<size_t>(part));
    EXPECT_EQ(static_cast<int64_t>(evaluation.of(part).events.rows()), selected);
    EXPECT_GT(evaluation.of(part).rocs.at(0)->auc, 0.6);
  }
  const auto json = metricsJson(evaluation, fixture.history);
  EXPECT_EQ(json["parts"]["test"]["auc"], evaluation.of(dataset::Part::kTest).rocs[0]->auc);
  EXPECT_EQ(json["learning_curve"]["best"], 2);
  EXPECT_EQ(json["classes"], (std::vector<std::string>{"background", "signal1"}));
  EXPECT_TRUE(json["roc"]["signal1"]["threshold"][0].is_null());
  EXPECT_EQ(json["overtraining"].size(), 2U);
}

TEST(Evaluation, ScalesTheSignificanceToAllSelectedEvents) {
  Fixture fixture;
  const Evaluation evaluation = fixture.evaluation();
  const auto& first = evaluation.significance.points.front();
  EXPECT_EQ(first.cut, 0);
  double signal = 0;
  for (const double sum : fixture.statistics.samples[1].sumWeights) signal += sum;
  EXPECT_NEAR(first.signal, signal, 1e-6 * signal);
}

TEST(Evaluation, KnowsOneCurveAClass) {
  MemoryOptions options;
  options.numClasses = 3;
  Fixture fixture(options);
  const Evaluation evaluation = fixture.evaluation();
  EXPECT_EQ(evaluation.of(dataset::Part::kTest).rocs.size(), 3U);
  const auto json = metricsJson(evaluation, fixture.history);
  EXPECT_EQ(json["parts"]["test"]["auc"].size(), 3U);
  EXPECT_FALSE(json.contains("significance"));
}

TEST(Evaluation, NeedsTestEvents) {
  MemoryOptions options;
  options.parts = {0.8, 0.2, 0};
  Fixture fixture(options);
  const auto result = evaluate(fixture.model, {&fixture.data, &fixture.statistics, &fixture.classes, nullptr, {}});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(std::string(result.error().what()).find("dataset.split.test"), std::string::npos);
}

TEST(Report, IsOnePageWithEveryStringEscaped) {
  Fixture fixture;
  const Evaluation evaluation = fixture.evaluation();
  const std::string html = fixture.report(evaluation);
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(html.ends_with("</html>\n"));
  EXPECT_NE(html.find("<h1>a &quot;name&quot; &amp; &lt;more&gt;</h1>"), std::string::npos);
  EXPECT_NE(html.find("ht &gt; 1 &amp;&amp; met &lt; 2"), std::string::npos);
  EXPECT_NE(html.find("loss &lt;of &amp; a test&gt;"), std::string::npos);
  for (const char* remote : {"http:", "https:", " src=", "url(", "@import", "<link"}) {
    EXPECT_EQ(html.find(remote), std::string::npos) << remote;
  }
  EXPECT_EQ(html.find("application/json") != std::string::npos, hasPlotsLibrary());
  EXPECT_EQ(html, fixture.report(evaluation));
}

TEST(Report, ShowsThreeClasses) {
  MemoryOptions options;
  options.numClasses = 3;
  Fixture fixture(options);
  fixture.history.epochs[1].validationAuc.reset();
  const std::string html = fixture.report(fixture.evaluation());
  EXPECT_NE(html.find("Score of signal2"), std::string::npos);
  EXPECT_NE(html.find("AUC of signal1 on the test part"), std::string::npos);
}

TEST(Report, HistogramsAreNormalised) {
  ScoredEvents events;
  events.score = {0.1F, 0.2F, 0.9F, 1.0F, 0.5F};
  events.label = {1, 1, 1, 1, 0};
  events.weight = {1, 2, -1, 2, 7};
  const auto histogram = histogramScores(events, 1, 0, 4);
  EXPECT_EQ(histogram.share, (std::vector<double>{0.75, 0, 0, 0.25}));
  EXPECT_DOUBLE_EQ(histogram.error[3], std::sqrt(5.0) / 4);
}

TEST(HtmlText, FormatsNumbers) {
  EXPECT_EQ(formatCount(1234567), "1,234,567");
  EXPECT_EQ(formatCount(-1234), "-1,234");
  EXPECT_EQ(formatCount(999), "999");
  EXPECT_EQ(formatWithError(0.87654, 0.0088), "0.8765 ± 0.0088");
  EXPECT_EQ(formatWithError(123.4, 12), "123 ± 12");
  EXPECT_EQ(formatWithError(1, 0), "1.0000 ± 0.0000");
}

TEST(SvgPlot, DrawsWhatIsFinite) {
  Plot plot;
  plot.title = "a < b";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  plot.series.push_back({PlotSeries::Style::kLine, "line & more", 0, false, {0, 1, 2, 3}, {1, nan, 3, 2}, {}});
  plot.series.push_back({PlotSeries::Style::kFilledSteps, "steps", 1, false, {0, 1, 2}, {1, 2}, {}});
  plot.series.push_back({PlotSeries::Style::kPoints, "", 2, false, {0, 1}, {1, nan}, {0.5, 0.5}});
  const std::string svg = renderSvg(plot);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("line &amp; more"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(renderSvg(Plot{}).find("nothing to show"), std::string::npos);
}

TEST(SvgPlot, DrawsLogarithmicAndConstantData) {
  Plot plot;
  plot.logY = true;
  plot.series.push_back({PlotSeries::Style::kSteps, "", 0, false, {0, 1, 2, 3}, {0, 10, 1000}, {}});
  const std::string svg = renderSvg(plot);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(svg.find(">100<"), std::string::npos);
  Plot constant;
  constant.series.push_back({PlotSeries::Style::kLine, "", 0, false, {1}, {5}, {}});
  EXPECT_EQ(renderSvg(constant).find("nan"), std::string::npos);
}

TEST(SvgPlot, ChoosesRoundTicks) {
  EXPECT_EQ(roundTicks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_TRUE(roundTicks(1, 1, 5).empty());
  EXPECT_TRUE(roundTicks(0, std::numeric_limits<double>::infinity(), 5).empty());
}

}  // namespace
}  // namespace mlaas::train
