#include "mlaas/train/report/report.h"

#include <cmath>

#include "mlaas/train/report/evaluation_section.h"
#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/models_section.h"
#include "mlaas/train/report/page.h"
#include "mlaas/train/report/report_plots.h"
#include "mlaas/train/report/targets_section.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;
using dataset::Part;

std::string element(const std::string& tag, const std::string& text) {
  return "<" + tag + ">" + escapeHtml(text) + "</" + tag + ">";
}

// A table whose rows come one after the other.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string html() const { return tableHtml(heads_, rows_); }

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

std::string figure(const std::string& value, const std::string& what) {
  return "<div><b>" + escapeHtml(value) + "</b><span>" + escapeHtml(what) + "</span></div>";
}

std::string aucText(const std::optional<Roc>& roc) {
  return roc ? formatWithError(roc->auc, roc->aucError) : "undefined";
}

std::string keyFigures(const ReportInput& input) {
  const Evaluation& evaluation = *input.evaluation;
  const PartEvaluation& test = evaluation.of(Part::kTest);
  std::string html = "<div class=\"figures\">" + targetFigures(evaluation.targets);
  if (evaluation.classes.isBinary()) {
    html += figure(aucText(test.rocs.front()), "AUC on the test part, weighted");
    if (const auto& best = evaluation.significance.best) {
      html += figure("Z = " + formatNumber(best->significance, 3),
                     "best significance, score ≥ " + formatNumber(best->cut, 3));
    }
  } else if (evaluation.targets.empty()) {
    for (size_t label = 0; label < test.rocs.size(); ++label) {
      html += figure(aucText(test.rocs[label]), "AUC of " + evaluation.classes.names[label] + " on the test part");
    }
  }
  if (evaluation.targets.empty()) html += figure(formatNumber(test.logLoss), "log loss on the test part");
  html += figure(formatCount(static_cast<int64_t>(evaluation.of(Part::kTrain).events.rows())), "training events");
  html += figure(formatCount(static_cast<int64_t>(test.events.rows())), "test events");
  html += figure(std::to_string(input.history->bestEpoch) + " of " + std::to_string(input.history->epochs.size()),
                 input.history->unit + "s kept" + (input.history->stoppedEarly ? ", stopped early" : ""));
  return html + "</div>";
}

std::string plots(const ReportInput& input) {
  const Evaluation& evaluation = *input.evaluation;
  std::string html = "<div class=\"plots\">";
  for (const Plot& plot : scorePlots(evaluation)) {
    html += plotFigure(plot, "Each class normalised to 1, weighted. Histogram: training part; points: test part.");
  }
  html += plotFigure(rocPlot(evaluation), "Weighted. Errors of the AUC: DeLong with weights.");
  if (evaluation.classes.isBinary()) {
    html += plotFigure(
        significancePlot(evaluation),
        "Test part, scaled to all selected events; S and B count the weights of the workflow. Cuts that leave fewer "
        "than 10 effective background "
        "events are not shown.");
  }
  html += plotFigure(lossPlot(*input.history), "Weighted as in training; the training curve is taken while learning.");
  if (evaluation.classes.isBinary()) {
    html += plotFigure(validationAucPlot(*input.history), "Weighted. The kept " + input.history->unit + " is marked.");
  }
  return html + "</div>";
}

std::string partsTable(const ReportInput& input) {
  Table table({"part", "events", "sum of weights", "AUC", "log loss", "accuracy"});
  for (const auto part : dataset::kAllParts) {
    const PartEvaluation& result = input.evaluation->of(part);
    std::string auc;
    for (size_t i = 0; i < result.rocs.size(); ++i) auc += (i == 0 ? "" : " / ") + aucText(result.rocs[i]);
    const auto accuracy =
        confusionMatrix(result.events, input.evaluation->classes.numClasses(), input.evaluation->threshold).accuracy();
    table.add({dataset::partName(part), formatCount(static_cast<int64_t>(result.events.rows())),
               formatNumber(result.sumWeights), auc, formatNumber(result.logLoss),
               accuracy ? formatNumber(*accuracy) : "undefined"});
  }
  return table.html();
}

std::string confusionTable(const Evaluation& evaluation) {
  const auto& names = evaluation.classes.names;
  std::vector<std::string> heads = {"true class"};
  for (const auto& name : names) heads.push_back("as " + name);
  Table table(heads);
  for (size_t truth = 0; truth < names.size(); ++truth) {
    double total = 0;
    for (size_t i = 0; i < names.size(); ++i) total += evaluation.confusion.weights[truth * names.size() + i];
    std::vector<std::string> cells = {names[truth]};
    for (size_t predicted = 0; predicted < names.size(); ++predicted) {
      const size_t cell = truth * names.size() + predicted;
      const double share = total > 0 ? 100 * evaluation.confusion.weights[cell] / total : 0;
      cells.push_back(formatNumber(share, 3) + " % (" + formatCount(evaluation.confusion.events[cell]) + " events)");
    }
    table.add(cells);
  }
  return table.html();
}

std::string overtrainingTable(const Evaluation& evaluation) {
  Table table({"class", "Kolmogorov-Smirnov distance", "p-value"});
  for (size_t label = 0; label < evaluation.overtraining.size(); ++label) {
    const auto& comparison = evaluation.overtraining[label];
    table.add({evaluation.classes.names[label], comparison ? formatNumber(comparison->distance, 3) : "undefined",
               comparison ? formatNumber(comparison->pValue, 3) : "undefined"});
  }
  return table.html();
}

std::string samplesTable(const dataset::Statistics& statistics) {
  Table table({"sample", "label", "files", "entries", "selected", "train", "validation", "test", "sum of weights",
               "negative weights", "twice"});
  for (const auto& sample : statistics.samples) {
    int64_t selected = 0;
    int64_t negative = 0;
    double weights = 0;
    for (size_t part = 0; part < 3; ++part) {
      selected += sample.selected.at(part);
      negative += sample.numNegative.at(part);
      weights += sample.sumWeights.at(part);
    }
    const int64_t duplicates = sample.identity.is_null() ? 0 : sample.identity.value("duplicates", int64_t{0});
    const double share = selected > 0 ? 100 * static_cast<double>(negative) / static_cast<double>(selected) : 0;
    const std::string label = sample.labelExpression.empty() ? std::to_string(sample.label) : sample.labelExpression;
    table.add({sample.name, label, formatCount(static_cast<int64_t>(sample.files.size())),
               formatCount(sample.numEntries), formatCount(selected), formatCount(sample.selected[0]),
               formatCount(sample.selected[1]), formatCount(sample.selected[2]), formatNumber(weights),
               formatNumber(share, 3) + " %", formatCount(duplicates)});
  }
  return table.html();
}

void addFeature(Table& table, const dataset::FeatureStatistics& feature, const std::string& kind) {
  table.add({feature.name, kind, formatCount(feature.count), formatNumber(feature.mean),
             formatNumber(feature.deviation), formatNumber(feature.minimum), formatNumber(feature.maximum)});
}

std::string featuresTable(const ReportInput& input) {
  Table table({"feature", "kind", "values", "mean", "deviation", "minimum", "maximum"});
  for (const auto& feature : input.statistics->scalars) addFeature(table, feature, "scalar");
  for (size_t g = 0; g < input.statistics->groups.size(); ++g) {
    const auto& group = input.features->groups[g];
    for (const auto& feature : input.statistics->groups[g]) {
      addFeature(table, feature, group.name + ", up to " + std::to_string(group.length));
    }
  }
  return table.html();
}

std::string settingsTable(const Json& settings, const std::string& prefix = "") {
  std::string html;
  for (const auto& [key, value] : settings.items()) {
    if (value.is_object()) {
      html += settingsTable(value, prefix + key + ".");
    } else {
      html += "<tr><td>" + escapeHtml(prefix + key) + "</td><td class=\"text\">" +
              escapeHtml(value.is_string() ? value.get<std::string>() : value.dump()) + "</td></tr>";
    }
  }
  return html;
}

std::string settings(const Json& json) {
  return "<div class=\"scroll\"><table><tbody>" + settingsTable(json) + "</tbody></table></div>";
}

std::string workflowText(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  return "<pre>" + escapeHtml(json.is_discarded() ? text : json.dump(2)) + "</pre>";
}

std::string dataSection(const ReportInput& input) {
  std::string html = "<h2>Data</h2><h3>Samples</h3>" + samplesTable(*input.statistics);
  html += "<h3>Features, over the training part, unweighted</h3>" + featuresTable(input);
  html += "<h3>Files</h3><div class=\"scroll\"><table><tbody>";
  for (const auto& sample : input.statistics->samples) {
    for (const auto& file : sample.files) {
      html += "<tr><td>" + escapeHtml(sample.name) + "</td><td class=\"text\">" + escapeHtml(file) + "</td></tr>";
    }
  }
  return html + "</tbody></table></div>";
}

std::string classesResult(const ReportInput& input) {
  std::string html = plots(input) + "\n<h3>Parts</h3>" + partsTable(input);
  html += "<h3>Confusion on the test part" +
          (input.evaluation->classes.isBinary() ? " at a score of " + formatNumber(input.evaluation->threshold)
                                                : std::string()) +
          "</h3><p class=\"soft\">Share of the true class's weight.</p>" + confusionTable(*input.evaluation);
  html +=
      "<h3>Training against test scores</h3><p class=\"soft\">A small p-value says that the model knows its training "
      "events better than others.</p>" +
      overtrainingTable(*input.evaluation);
  html += evaluationSection(*input.evaluation);
  return html;
}

std::string targetsResult(const ReportInput& input) {
  std::string html = "<div class=\"plots\">";
  for (const TargetEvaluation& target : input.evaluation->targets) {
    for (const Plot& plot : targetPlots(target)) {
      html += plotFigure(plot, "In bins of the target with as many events each. Resolution: half the central 68 %.");
    }
  }
  html += plotFigure(lossPlot(*input.history), "Weighted as in training; the training curve is taken while learning.");
  return html + "</div>\n<h3>Targets</h3>" + targetsTable(input.evaluation->targets);
}

}  // namespace

std::string renderReport(const ReportInput& input) {
  const std::string title = input.workflow->name.empty() ? "Model" : input.workflow->name;
  std::string classes;
  const ClassTable& table = input.evaluation->classes;
  for (const auto& name : table.predictsTargets() ? table.targets : table.names) {
    classes += (classes.empty() ? "" : " / ") + name;
  }
  std::string html = "<header>" + element("h1", title) + "<p class=\"soft\">" +
                     escapeHtml(input.model.value("kind", "") + ": " + classes) + "</p></header>\n";
  html += keyFigures(input) + "\n<h2>Result</h2>";
  html += input.evaluation->targets.empty() ? classesResult(input) : targetsResult(input);
  if (!input.models.empty()) {
    html += "\n<h3>Models</h3>" + modelsTable(input.models);
    if (const auto plot = foldPlot(input.models)) {
      html += "<div class=\"plots\">" + plotFigure(*plot, "Each model on the events that it has not seen, weighted.") +
              "</div>";
    }
  }
  html += "\n" + dataSection(input);
  html += "\n<h2>Model and training</h2>" + settings(input.model);
  html += "\n<h2>Workflow</h2>" + workflowText(input.workflow->text);
  html += "\n<h2>Versions</h2>" + settings(input.versions);
  return pageHtml(title + " - mlaas4hep report", html);
}

}  // namespace mlaas::train
