#include "mlaas/train/report/report_plots.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlaas/train/report/html_text.h"

namespace mlaas::train {

namespace {

constexpr size_t kScoreBins = 40;
constexpr size_t kRocPoints = 400;

std::vector<double> binEdges(size_t bins) {
  std::vector<double> edges;
  for (size_t i = 0; i <= bins; ++i) edges.push_back(static_cast<double>(i) / static_cast<double>(bins));
  return edges;
}

std::vector<double> binCentres(size_t bins) {
  std::vector<double> centres;
  for (size_t i = 0; i < bins; ++i) centres.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(bins));
  return centres;
}

void addScores(Plot& plot, const Evaluation& evaluation, int64_t label, int64_t column) {
  const std::string& name = evaluation.classes.names[static_cast<size_t>(label)];
  const auto train = histogramScores(evaluation.of(dataset::Part::kTrain).events, label, column, kScoreBins);
  const auto test = histogramScores(evaluation.of(dataset::Part::kTest).events, label, column, kScoreBins);
  const int colour = static_cast<int>(label);
  plot.series.push_back(
      {PlotSeries::Style::kFilledSteps, name + " (train)", colour, false, binEdges(kScoreBins), train.share, {}});
  plot.series.push_back(
      {PlotSeries::Style::kPoints, name + " (test)", colour, false, binCentres(kScoreBins), test.share, test.error});
}

PlotSeries rocSeries(const Roc& roc, const std::string& name, int colour, bool dashed) {
  PlotSeries series;
  series.name = name + ", AUC " + formatNumber(roc.auc, 4);
  series.colour = colour;
  series.dashed = dashed;
  for (const auto& point : thinned(roc.points, kRocPoints)) {
    series.x.push_back(point.backgroundEfficiency);
    series.y.push_back(point.signalEfficiency);
  }
  return series;
}

double orNan(const std::optional<double>& value) { return value.value_or(std::numeric_limits<double>::quiet_NaN()); }

// A vertical line at the epoch that was kept.
PlotSeries bestMark(const TrainingHistory& history, double low, double high) {
  const auto best = static_cast<double>(history.bestEpoch);
  return {PlotSeries::Style::kLine,
          "kept: " + history.unit + " " + std::to_string(history.bestEpoch),
          -1,
          true,
          {best, best},
          {low, high},
          {}};
}

}  // namespace

ScoreHistogram histogramScores(const ScoredEvents& events, int64_t label, int64_t column, size_t bins) {
  ScoreHistogram result{std::vector<double>(bins), std::vector<double>(bins)};
  double sum = 0;
  for (size_t row = 0; row < events.rows(); ++row) {
    if (events.label[row] != label) continue;
    const auto score =
        static_cast<double>(events.score[row * static_cast<size_t>(events.numOutputs) + static_cast<size_t>(column)]);
    const auto bin = std::min(bins - 1, static_cast<size_t>(std::max(0.0, score * static_cast<double>(bins))));
    const auto weight = static_cast<double>(events.weight[row]);
    result.share[bin] += weight;
    result.error[bin] += weight * weight;
    sum += weight;
  }
  for (size_t bin = 0; bin < bins; ++bin) {
    result.share[bin] = sum > 0 ? result.share[bin] / sum : 0;
    result.error[bin] = sum > 0 ? std::sqrt(result.error[bin]) / sum : 0;
  }
  return result;
}

std::vector<Plot> scorePlots(const Evaluation& evaluation) {
  std::vector<Plot> plots;
  const auto outputs = evaluation.of(dataset::Part::kTest).events.numOutputs;
  for (int64_t column = 0; column < outputs; ++column) {
    Plot plot;
    plot.title = outputs == 1 ? "Score" : "Score of " + evaluation.classes.names[static_cast<size_t>(column)];
    plot.xLabel = "score";
    plot.yLabel = "share of the class's weight";
    plot.xRange = {0, 1};
    for (int64_t label = 0; label < evaluation.classes.numClasses(); ++label)
      addScores(plot, evaluation, label, column);
    double highest = 0;
    for (const auto& series : plot.series) {
      for (const double value : series.y) highest = std::max(highest, value);
    }
    // Room for the legend above the histograms.
    plot.yRange = {0, std::max(highest, 1e-9) * (1.25 + 0.12 * static_cast<double>(plot.series.size()) / 2)};
    plots.push_back(std::move(plot));
  }
  return plots;
}

Plot rocPlot(const Evaluation& evaluation) {
  Plot plot;
  plot.title = "ROC";
  plot.xLabel = "background efficiency";
  plot.yLabel = "signal efficiency";
  plot.xRange = {0, 1};
  plot.yRange = {0, 1};
  plot.legend = Plot::Legend::kBottomRight;
  plot.series.push_back({PlotSeries::Style::kLine, "", -1, true, {0, 1}, {0, 1}, {}});
  const auto& train = evaluation.of(dataset::Part::kTrain).rocs;
  const auto& test = evaluation.of(dataset::Part::kTest).rocs;
  for (size_t i = 0; i < test.size(); ++i) {
    const std::string prefix = test.size() == 1 ? "" : evaluation.classes.names[i] + ", ";
    if (test[i]) plot.series.push_back(rocSeries(*test[i], prefix + "test", static_cast<int>(i), false));
    if (test.size() == 1 && train[i]) plot.series.push_back(rocSeries(*train[i], "train", 1, true));
  }
  return plot;
}

Plot significancePlot(const Evaluation& evaluation) {
  Plot plot;
  plot.title = "Significance";
  plot.xLabel = "cut: events with score ≥";
  plot.yLabel = "Asimov Z";
  plot.xRange = {0, 1};
  plot.legend = Plot::Legend::kTopLeft;
  PlotSeries scan;
  scan.colour = 2;
  for (const auto& point : evaluation.significance.points) {
    scan.x.push_back(point.cut);
    scan.y.push_back(point.significance);
  }
  plot.series.push_back(std::move(scan));
  if (const auto& best = evaluation.significance.best) {
    plot.series.push_back({PlotSeries::Style::kPoints,
                           "best: Z = " + formatNumber(best->significance, 3) + " at " + formatNumber(best->cut, 3),
                           1,
                           false,
                           {best->cut},
                           {best->significance},
                           {}});
  }
  return plot;
}

Plot lossPlot(const TrainingHistory& history) {
  Plot plot;
  plot.title = "Learning curve";
  plot.xLabel = history.unit;
  plot.yLabel = history.lossName;
  PlotSeries train{PlotSeries::Style::kLine, "train", 0, false, {}, {}, {}};
  PlotSeries validation{PlotSeries::Style::kLine, "validation", 1, false, {}, {}, {}};
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const auto& epoch : history.epochs) {
    train.x.push_back(static_cast<double>(epoch.epoch));
    validation.x.push_back(static_cast<double>(epoch.epoch));
    train.y.push_back(epoch.trainLoss);
    validation.y.push_back(orNan(epoch.validationLoss));
    for (const double value : {train.y.back(), epoch.validationLoss.value_or(train.y.back())}) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  plot.series = {std::move(train), std::move(validation), bestMark(history, low, high)};
  return plot;
}

Plot validationAucPlot(const TrainingHistory& history) {
  Plot plot;
  plot.title = "AUC on the validation part";
  plot.xLabel = history.unit;
  plot.yLabel = "AUC";
  plot.legend = Plot::Legend::kBottomRight;
  PlotSeries series{PlotSeries::Style::kLine, "validation", 1, false, {}, {}, {}};
  double low = 1;
  double high = 0;
  for (const auto& epoch : history.epochs) {
    series.x.push_back(static_cast<double>(epoch.epoch));
    series.y.push_back(orNan(epoch.validationAuc));
    if (!epoch.validationAuc) continue;
    low = std::min(low, *epoch.validationAuc);
    high = std::max(high, *epoch.validationAuc);
  }
  plot.series = {std::move(series)};
  if (low <= high) plot.series.push_back(bestMark(history, low, high));
  return plot;
}

}  // namespace mlaas::train
