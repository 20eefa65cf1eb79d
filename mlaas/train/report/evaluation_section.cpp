#include "mlaas/train/report/evaluation_section.h"

#include <algorithm>
#include <cmath>

#include "mlaas/train/report/evaluation_plots.h"
#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/page.h"
#include "mlaas/train/report/plots_library.h"

namespace mlaas::train {

namespace {

std::string heading(const std::string& text) { return "\n<h3>" + escapeHtml(text) + "</h3>"; }

std::string note(const std::string& text) { return "<p class=\"soft\">" + escapeHtml(text) + "</p>"; }

// A row of a bar chart: name, bar of `share` of the width, text.
std::string barRow(const std::string& name, double share, const std::string& text, bool negative) {
  const double width = 100 * std::clamp(share, 0.0, 1.0);
  return "<tr><td>" + escapeHtml(name) + "</td><td class=\"bar\"><span class=\"" + (negative ? "less" : "more") +
         "\" style=\"width:" + formatNumber(width, 4) + "%\"></span></td><td>" + escapeHtml(text) + "</td></tr>";
}

std::string bars(const std::string& rows) {
  return "<div class=\"scroll\"><table class=\"bars\"><tbody>" + rows + "</tbody></table></div>";
}

std::string comparedTable(const Evaluation& evaluation) {
  const auto& model = evaluation.of(dataset::Part::kTest).rocs.front();
  const auto text = [](const std::optional<Roc>& roc) {
    return roc ? formatWithError(roc->auc, roc->aucError) : std::string("undefined");
  };
  const auto precision = [](const std::optional<double>& value) {
    return value ? formatNumber(*value) : std::string("undefined");
  };
  const auto& curve = evaluation.precisionRecall.front();
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"model", text(model), precision(curve ? std::optional(curve->averagePrecision) : std::nullopt)});
  for (const auto& method : evaluation.compared) {
    rows.push_back({method.name, text(method.roc), precision(method.averagePrecision)});
  }
  return heading("Compared with traditional methods") + note("On the same test events.") +
         tableHtml({"method", "AUC", "average precision"}, rows);
}

std::string importanceBars(const FeatureEvaluation& features) {
  if (features.importance.empty()) return "";
  std::vector<Importance> sorted = features.importance;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.drop.value_or(0) > b.drop.value_or(0); });
  const double highest = std::max(1e-12, sorted.front().drop.value_or(0));
  std::string rows;
  for (const auto& one : sorted) {
    const double drop = one.drop.value_or(0);
    rows +=
        barRow(one.name, std::abs(drop) / highest, one.drop ? formatWithError(drop, one.error) : "undefined", drop < 0);
  }
  return heading("Permutation importance") +
         note("How much the AUC falls when a feature's values are shuffled among " +
              formatCount(static_cast<int64_t>(features.importanceEvents)) +
              " test events. Features that say the same share their importance.") +
         bars(rows);
}

std::string contributionBars(const FeatureEvaluation& features) {
  if (features.contributions.empty()) return "";
  constexpr size_t kMost = 30;
  const double highest = std::max(1e-12, features.contributions.front().value);
  std::string rows;
  for (size_t i = 0; i < std::min(kMost, features.contributions.size()); ++i) {
    const auto& one = features.contributions[i];
    rows += barRow(one.name, one.value / highest, formatNumber(one.value, 3), false);
  }
  return heading("Contributions to the score") +
         note("Mean absolute Shapley value of each input (SHAP), in units of the score before the sigmoid.") +
         bars(rows);
}

std::string rankingBars(const FeatureEvaluation& features) {
  constexpr size_t kMost = 30;
  std::string rows;
  for (size_t i = 0; i < std::min(kMost, features.ranking.size()); ++i) {
    const auto& one = features.ranking[i];
    const std::string text = !one.auc        ? "undefined"
                             : one.error > 0 ? formatWithError(*one.auc, one.error)
                                             : formatNumber(*one.auc);
    rows += barRow(one.name, 2 * (one.power() - 0.5), text, one.auc && *one.auc < 0.5);
  }
  return heading("Variables alone") +
         note(
             "AUC of each variable as if it were the score; the bar starts at 0.5. The other colour: background has "
             "the larger values.") +
         bars(rows);
}

std::string correlationMaps(const Evaluation& evaluation) {
  std::string html =
      heading("Correlations") + note("Coefficients in percent, weighted, test part.") + "<div class=\"plots\">";
  for (size_t label = 0; label < evaluation.features->correlations.size(); ++label) {
    const std::string& name = evaluation.classes.names[label];
    html += "<figure>" + correlationMap(*evaluation.features, label, "Correlations in " + name) + "<figcaption>" +
            escapeHtml(name) + "</figcaption></figure>";
  }
  return html + "</div>";
}

std::string curves(const Evaluation& evaluation) {
  std::string html = "<div class=\"plots\">";
  html += plotFigure(rejectionPlot(evaluation), "Test part, weighted.");
  if (evaluation.classes.isBinary()) {
    html += plotFigure(ratioPlot(evaluation), "Of each class normalised to 1, weighted.");
  }
  html += plotFigure(precisionRecallPlot(evaluation), "Test part, weighted.");
  std::string calibrated = "Test part, weighted; points on the diagonal are probabilities.";
  if (evaluation.calibration) {
    calibrated += std::string(" The score is calibrated on the validation part (") +
                  evaluation.calibration->toJson()["kind"].get<std::string>() + ").";
  }
  html += plotFigure(calibrationPlot(evaluation), calibrated);
  for (const Plot& plot : efficiencyPlots(evaluation)) {
    html += plotFigure(plot, "Of the cut on the score, test part, weighted, in bins of equal content.");
  }
  return html + "</div>";
}

}  // namespace

std::string plotFigure(const Plot& plot, const std::string& caption) {
  return "<figure class=\"graph\">" + renderSvg(plot) + plotData(plot) +
         (caption.empty() ? "" : "<figcaption>" + escapeHtml(caption) + "</figcaption>") + "</figure>";
}

std::string evaluationSection(const Evaluation& evaluation) {
  if (evaluation.precisionRecall.empty()) return "";
  std::string html = "\n<h2>Evaluation</h2>" + curves(evaluation);
  if (const auto& bootstrap = evaluation.bootstraps.front(); bootstrap && evaluation.classes.isBinary()) {
    html += note("By bootstrap the AUC lies between " + formatNumber(bootstrap->low) + " and " +
                 formatNumber(bootstrap->high) + " (68.3 %, " + std::to_string(bootstrap->replicas) +
                 " replicas; standard deviation " + formatNumber(bootstrap->error, 2) + ").");
  }
  if (!evaluation.compared.empty()) html += comparedTable(evaluation);
  if (!evaluation.features) return html;
  html += importanceBars(*evaluation.features) + contributionBars(*evaluation.features) +
          rankingBars(*evaluation.features) + correlationMaps(evaluation);
  html += heading("Inputs by class") + note("Test part, each class normalised to 1, weighted.") +
          "<div class=\"plots small\">";
  for (const Plot& plot : inputPlots(evaluation)) html += plotFigure(plot, "");
  return html + "</div>";
}

}  // namespace mlaas::train
