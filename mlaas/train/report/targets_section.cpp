#include "mlaas/train/report/targets_section.h"

#include <algorithm>

#include "mlaas/dataset/identity_split.h"
#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/page.h"

namespace mlaas::train {

namespace {

constexpr auto kTest = static_cast<size_t>(dataset::Part::kTest);
constexpr auto kTrain = static_cast<size_t>(dataset::Part::kTrain);

std::string textOf(const std::optional<double>& value, int digits = 4) {
  return value ? formatNumber(*value, digits) : "undefined";
}

// Points at the middles of the bins, where there is a value.
PlotSeries seriesOf(const RegressionQuality& quality, std::optional<double> Residuals::*value, const std::string& name,
                    int colour, PlotSeries::Style style) {
  PlotSeries series;
  series.style = style;
  series.name = name;
  series.colour = colour;
  for (const TargetBin& bin : quality.bins) {
    const auto& found = bin.residuals.*value;
    if (!found) continue;
    series.x.push_back((bin.low + bin.high) / 2);
    series.y.push_back(*found);
  }
  return series;
}

Plot binnedPlot(const TargetEvaluation& target, std::optional<double> Residuals::*value, const std::string& what) {
  Plot plot;
  plot.title = what + " of " + target.name;
  plot.xLabel = target.name;
  plot.yLabel = what;
  plot.series = {seriesOf(target.parts[kTrain], value, "train", 0, PlotSeries::Style::kLine),
                 seriesOf(target.parts[kTest], value, "test", 1, PlotSeries::Style::kPoints)};
  return plot;
}

}  // namespace

std::vector<Plot> targetPlots(const TargetEvaluation& target) {
  std::vector<Plot> plots = {binnedPlot(target, &Residuals::resolution, "resolution"),
                             binnedPlot(target, &Residuals::bias, "bias")};
  const auto& bins = target.parts[kTest].bins;
  // A relative resolution says nothing where the target comes near 0.
  if (std::ranges::all_of(bins, [](const TargetBin& bin) { return bin.low > 0; })) {
    plots.push_back(binnedPlot(target, &Residuals::relativeResolution, "relative resolution"));
  }
  return plots;
}

std::string targetFigures(const std::vector<TargetEvaluation>& targets) {
  std::string html;
  for (const TargetEvaluation& target : targets) {
    html += "<div><b>" + escapeHtml(textOf(target.parts[kTest].all.rmse)) + "</b><span>" +
            escapeHtml("root mean square error of " + target.name + " on the test part") + "</span></div>";
    if (const auto& roc = target.rocs[kTest]) {
      html += "<div><b>" + escapeHtml(formatWithError(roc->auc, roc->aucError)) + "</b><span>" +
              escapeHtml("AUC of " + target.name + " on the test part") + "</span></div>";
    }
  }
  return html;
}

std::string targetsTable(const std::vector<TargetEvaluation>& targets) {
  std::vector<std::vector<std::string>> rows;
  for (const TargetEvaluation& target : targets) {
    for (const auto part : dataset::kAllParts) {
      const auto i = static_cast<size_t>(part);
      const Residuals& all = target.parts.at(i).all;
      const auto& roc = target.rocs.at(i);
      rows.push_back({target.name, dataset::partName(part), formatCount(all.events), textOf(all.bias), textOf(all.rmse),
                      textOf(all.mae), textOf(all.resolution), textOf(all.relativeResolution),
                      textOf(target.parts.at(i).r2), roc ? formatWithError(roc->auc, roc->aucError) : ""});
    }
  }
  return tableHtml({"target", "part", "events", "bias", "root mean square", "mean absolute", "resolution",
                    "relative resolution", "R²", "AUC"},
                   rows);
}

}  // namespace mlaas::train
