#include "mlaas/train/report/evaluation_plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/report_plots.h"

namespace mlaas::train {

namespace {

constexpr size_t kRatioBins = 20;
constexpr size_t kCurvePoints = 300;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// For two classes the name of label 1, else of each.
std::string nameOf(const Evaluation& evaluation, size_t index) {
  return evaluation.classes.names[index + (evaluation.classes.isBinary() ? 1 : 0)];
}

PlotSeries rejectionSeries(const Roc& roc, const std::string& name, int colour, bool dashed) {
  PlotSeries series;
  series.name = name + ", AUC " + formatNumber(roc.auc, 4);
  series.colour = colour;
  series.dashed = dashed;
  for (const auto& point : thinned(roc.points, kCurvePoints)) {
    if (!(point.backgroundEfficiency > 0) || !(point.signalEfficiency > 0)) continue;
    series.x.push_back(point.signalEfficiency);
    series.y.push_back(1 / point.backgroundEfficiency);
  }
  return series;
}

std::string shortNumber(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0f", 100 * value);
  return text;
}

}  // namespace

Plot ratioPlot(const Evaluation& evaluation) {
  Plot plot;
  plot.title = "Test over training";
  plot.xLabel = "score";
  plot.yLabel = "share in test / in training";
  plot.xRange = {0, 1};
  plot.yRange = {0, 2};
  plot.series.push_back({PlotSeries::Style::kLine, "", -1, true, {0, 1}, {1, 1}, {}});
  for (int64_t label = 0; label < evaluation.classes.numClasses(); ++label) {
    const auto train = histogramScores(evaluation.of(dataset::Part::kTrain).events, label, 0, kRatioBins);
    const auto test = histogramScores(evaluation.of(dataset::Part::kTest).events, label, 0, kRatioBins);
    PlotSeries series;
    series.style = PlotSeries::Style::kPoints;
    series.name = evaluation.classes.names[static_cast<size_t>(label)];
    series.colour = static_cast<int>(label);
    for (size_t bin = 0; bin < kRatioBins; ++bin) {
      const bool usable = train.share[bin] > 0 && test.share[bin] > 0;
      const double ratio = usable ? test.share[bin] / train.share[bin] : kNan;
      series.x.push_back((static_cast<double>(bin) + 0.5) / kRatioBins);
      series.y.push_back(ratio);
      series.error.push_back(
          usable ? ratio * std::hypot(test.error[bin] / test.share[bin], train.error[bin] / train.share[bin]) : 0);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Plot rejectionPlot(const Evaluation& evaluation) {
  Plot plot;
  plot.title = "Background rejection";
  plot.xLabel = "signal efficiency";
  plot.yLabel = "1 / background efficiency";
  plot.logY = true;
  plot.xRange = {0, 1};
  const auto& test = evaluation.of(dataset::Part::kTest).rocs;
  for (size_t i = 0; i < test.size(); ++i) {
    const std::string name = test.size() == 1 ? "model" : nameOf(evaluation, i);
    if (test[i]) plot.series.push_back(rejectionSeries(*test[i], name, static_cast<int>(i), false));
  }
  int colour = 1;
  for (const auto& method : evaluation.compared) {
    if (method.roc) plot.series.push_back(rejectionSeries(*method.roc, method.name, colour, true));
    ++colour;
  }
  return plot;
}

Plot precisionRecallPlot(const Evaluation& evaluation) {
  Plot plot;
  plot.title = "Precision and recall";
  plot.xLabel = "recall (signal efficiency)";
  plot.yLabel = "precision (purity)";
  plot.xRange = {0, 1};
  plot.yRange = {0, 1.25};
  for (size_t i = 0; i < evaluation.precisionRecall.size(); ++i) {
    const auto& curve = evaluation.precisionRecall[i];
    if (!curve) continue;
    PlotSeries series;
    series.name = nameOf(evaluation, i) + ", average " + formatNumber(curve->averagePrecision, 4);
    series.colour = static_cast<int>(i);
    for (const auto& point : thinned(curve->points, kCurvePoints)) {
      series.x.push_back(point.recall);
      series.y.push_back(point.precision);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

Plot calibrationPlot(const Evaluation& evaluation) {
  Plot plot;
  plot.title = "Calibration";
  plot.xLabel = "mean score of the bin";
  plot.yLabel = "fraction of the class";
  plot.xRange = {0, 1};
  plot.yRange = {0, 1};
  plot.legend = Plot::Legend::kTopLeft;
  plot.series.push_back({PlotSeries::Style::kLine, "", -1, true, {0, 1}, {0, 1}, {}});
  for (size_t i = 0; i < evaluation.calibrationCurves.size(); ++i) {
    const auto& curve = evaluation.calibrationCurves[i];
    PlotSeries series;
    series.style = PlotSeries::Style::kPoints;
    series.name = nameOf(evaluation, i) + ", expected error " + formatNumber(curve.expectedError, 2);
    series.colour = static_cast<int>(i);
    for (const auto& bin : curve.bins) {
      series.x.push_back(bin.meanScore);
      series.y.push_back(bin.signalFraction);
      series.error.push_back(bin.error);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

std::vector<Plot> efficiencyPlots(const Evaluation& evaluation) {
  std::vector<Plot> plots;
  if (!evaluation.features) return plots;
  for (const auto& efficiency : evaluation.features->efficiencies) {
    Plot plot;
    plot.title = "Efficiency in " + efficiency.variable;
    plot.xLabel = efficiency.variable;
    plot.yLabel = "efficiency of the cut";
    plot.yRange = {0, 1.3};
    if (!efficiency.byClass.empty() && !efficiency.byClass.front().empty()) {
      plot.xRange = {efficiency.byClass.front().front().low, efficiency.byClass.front().back().high};
    }
    for (size_t label = 0; label < efficiency.byClass.size(); ++label) {
      PlotSeries series;
      series.style = PlotSeries::Style::kPoints;
      series.name = evaluation.classes.names[label];
      series.colour = static_cast<int>(label);
      for (const auto& bin : efficiency.byClass[label]) {
        series.x.push_back(0.5 * (bin.low + bin.high));
        series.y.push_back(bin.efficiency.value_or(kNan));
        series.error.push_back(bin.error);
      }
      plot.series.push_back(std::move(series));
    }
    plots.push_back(std::move(plot));
  }
  return plots;
}

std::vector<Plot> inputPlots(const Evaluation& evaluation) {
  std::vector<Plot> plots;
  if (!evaluation.features) return plots;
  for (const auto& histogram : evaluation.features->histograms) {
    if (histogram.edges.empty()) continue;
    Plot plot;
    plot.title = histogram.variable;
    plot.xLabel = histogram.variable;
    plot.yLabel = "share of the class's weight";
    plot.xRange = {histogram.edges.front(), histogram.edges.back()};
    double highest = 0;
    for (size_t label = 0; label < histogram.share.size(); ++label) {
      plot.series.push_back({label == 0 ? PlotSeries::Style::kFilledSteps : PlotSeries::Style::kSteps,
                             evaluation.classes.names[label],
                             static_cast<int>(label),
                             false,
                             histogram.edges,
                             histogram.share[label],
                             {}});
      for (const double share : histogram.share[label]) highest = std::max(highest, share);
    }
    plot.yRange = {0, std::max(highest, 1e-9) * (1.25 + 0.06 * static_cast<double>(plot.series.size()))};
    plots.push_back(std::move(plot));
  }
  return plots;
}

std::string correlationMap(const FeatureEvaluation& features, size_t label, const std::string& title) {
  constexpr double kCell = 22;
  constexpr double kNames = 150;
  const size_t n = features.correlated.size();
  const double side = kNames + kCell * static_cast<double>(n) + 8;
  const auto number = [](double value) { return formatNumber(value, 6); };
  std::string svg = "<svg class=\"plot map\" viewBox=\"0 0 " + number(side) + " " + number(side) +
                    "\" role=\"img\" aria-label=\"" + escapeHtml(title) + "\">";
  for (size_t i = 0; i < n; ++i) {
    const double y = kCell * static_cast<double>(i);
    svg += "<text x=\"" + number(kNames - 6) + "\" y=\"" + number(y + 15) + "\" text-anchor=\"end\">" +
           escapeHtml(features.correlated[i]) + "</text>";
    const double x = kNames + kCell * (static_cast<double>(i) + 0.5) + 4;
    svg += "<text text-anchor=\"end\" transform=\"translate(" + number(x) + " " +
           number(kCell * static_cast<double>(n) + 6) + ") rotate(-90)\">" + escapeHtml(features.correlated[i]) +
           "</text>";
    for (size_t j = 0; j < n; ++j) {
      const auto& value = features.correlations[label][std::max(i, j)][std::min(i, j)];
      if (!value) continue;
      svg += std::string("<rect class=\"") + (*value < 0 ? "c0" : "c1") + " cell\" x=\"" +
             number(kNames + kCell * static_cast<double>(j)) + "\" y=\"" + number(y) + "\" width=\"" + number(kCell) +
             "\" height=\"" + number(kCell) + "\" fill-opacity=\"" + number(std::abs(*value)) + "\"><title>" +
             escapeHtml(features.correlated[i] + ", " + features.correlated[j]) + ": " + formatNumber(*value, 3) +
             "</title></rect><text class=\"cell\" x=\"" + number(kNames + kCell * (static_cast<double>(j) + 0.5)) +
             "\" y=\"" + number(y + 15) + "\" text-anchor=\"middle\">" + shortNumber(*value) + "</text>";
    }
  }
  return svg + "</svg>";
}

}  // namespace mlaas::train
