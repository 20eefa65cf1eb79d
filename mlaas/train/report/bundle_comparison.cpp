#include "mlaas/train/report/bundle_comparison.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <utility>

#include "mlaas/model/bundle.h"
#include "mlaas/train/report/evaluation_section.h"
#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/page.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostPoints = 100000;  // of a curve
constexpr std::uintmax_t kLargestMetrics = 64U << 20U;

Error wrongMetrics(const JudgedBundle& bundle, const std::string& what) {
  return {ErrorCode::kCorrupt, bundle.directory + "/metrics.json: " + what};
}

Result<std::string> readText(const std::string& path) {
  std::error_code problem;
  const auto size = std::filesystem::file_size(path, problem);
  if (problem) return Error(ErrorCode::kNotFound, path + ": " + problem.message());
  if (size > kLargestMetrics) {
    return Error(ErrorCode::kCorrupt, path + ": " + std::to_string(size) + " bytes are more than metrics have");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Error(ErrorCode::kIo, path + ": cannot be read");
  return text.str();
}

double numberOf(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

// Numbers of a list, null as NaN; empty where it is none.
std::vector<double> numbersOf(const Json& object, const std::string& key) {
  std::vector<double> numbers;
  if (!object.is_object() || !object.contains(key) || !object[key].is_array()) return numbers;
  for (const auto& value : object[key]) {
    if (numbers.size() == kMostPoints) break;
    numbers.push_back(numberOf(value));
  }
  return numbers;
}

// The member at the end of `path`, or null.
Json memberOf(const Json& object, const std::vector<std::string>& path) {
  const Json* at = &object;
  for (const auto& key : path) {
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &(*at)[key];
  }
  return *at;
}

std::string numberText(const Json& value, int digits = 4) {
  return value.is_number() ? formatNumber(value.get<double>(), digits) : std::string("-");
}

// One value, or one a class.
std::string aucText(const JudgedBundle& bundle) {
  const Json auc = memberOf(bundle.metrics, {"parts", "test", "auc"});
  const Json error = memberOf(bundle.metrics, {"parts", "test", "auc_error"});
  if (auc.is_number() && error.is_number()) return formatWithError(auc.get<double>(), error.get<double>());
  if (!auc.is_object()) return "-";
  std::string text;
  for (const auto& [name, value] : auc.items()) text += (text.empty() ? "" : ", ") + name + " " + numberText(value);
  return text;
}

bool predictsTargets(const JudgedBundle& bundle) { return bundle.metrics.contains("targets"); }

// What a model tells apart, or what it predicts.
Json subjectsOf(const JudgedBundle& bundle) {
  if (!predictsTargets(bundle)) return bundle.metrics["classes"];
  Json names = Json::array();
  for (const auto& [name, target] : bundle.metrics["targets"].items()) names.push_back(name);
  return names;
}

// The test part, whose size and weight say whether two models were judged on the same events.
Json testPartOf(const JudgedBundle& bundle) {
  if (!predictsTargets(bundle)) return memberOf(bundle.metrics, {"parts", "test"});
  return memberOf(bundle.metrics, {"targets", subjectsOf(bundle).front().get<std::string>(), "test"});
}

std::string targetsTable(const std::vector<JudgedBundle>& bundles) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& target : subjectsOf(bundles.front())) {
    const auto name = target.get<std::string>();
    for (const auto& bundle : bundles) {
      const Json test = memberOf(bundle.metrics, {"targets", name, "test"});
      rows.push_back({name, bundle.name, bundle.kind, numberText(memberOf(test, {"rmse"})),
                      numberText(memberOf(test, {"bias"})), numberText(memberOf(test, {"resolution"})),
                      numberText(memberOf(test, {"r2"})), numberText(memberOf(test, {"events"}), 9)});
    }
  }
  return tableHtml({"target", "model", "kind", "root mean square error", "bias", "resolution", "R²", "test events"},
                   rows);
}

Plot resolutionOf(const std::vector<JudgedBundle>& bundles, const std::string& target) {
  Plot plot;
  plot.title = "Resolution of " + target;
  plot.xLabel = target;
  plot.yLabel = "half the central 68 % of the residuals";
  for (size_t i = 0; i < bundles.size(); ++i) {
    PlotSeries series;
    series.name = bundles[i].name;
    series.colour = static_cast<int>(i % 6);
    const Json bins = memberOf(bundles[i].metrics, {"targets", target, "test", "bins"});
    for (const auto& bin : bins.is_array() ? bins : Json::array()) {
      if (series.x.size() == kMostPoints) break;
      series.x.push_back((numberOf(memberOf(bin, {"low"})) + numberOf(memberOf(bin, {"high"}))) / 2);
      series.y.push_back(numberOf(memberOf(bin, {"resolution"})));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

std::string summaryTable(const std::vector<JudgedBundle>& bundles) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& bundle : bundles) {
    const auto& metrics = bundle.metrics;
    rows.push_back({bundle.name, bundle.kind, aucText(bundle),
                    numberText(memberOf(metrics, {"precision_recall", "average_precision"})),
                    numberText(memberOf(metrics, {"significance", "best", "asimov"}), 3),
                    numberText(memberOf(metrics, {"parts", "test", "log_loss"})),
                    numberText(memberOf(metrics, {"calibration", "expected_calibration_error"}), 2),
                    numberText(memberOf(metrics, {"parts", "train", "events"}), 9),
                    numberText(memberOf(metrics, {"parts", "test", "events"}), 9)});
  }
  return tableHtml({"model", "kind", "AUC, test part", "average precision", "best Z", "log loss", "calibration error",
                    "training events", "test events"},
                   rows);
}

// Where the test parts differ, numbers of different events stand side by side.
std::string testPartNote(const std::vector<JudgedBundle>& bundles) {
  for (const auto& bundle : bundles) {
    for (const char* key : {"events", "sum_weights"}) {
      if (memberOf(testPartOf(bundle), {key}) == memberOf(testPartOf(bundles.front()), {key})) continue;
      return "<p><b>The models were not judged on the same events</b>: the test parts of " +
             escapeHtml(bundles.front().name) + " and " + escapeHtml(bundle.name) +
             " differ. Compare only what was trained on the same samples, selection and split.</p>";
    }
  }
  return "<p class=\"soft\">All were judged on test parts of the same size and weight.</p>";
}

// A curve of each bundle and class, x and y by their keys.
Plot curvesOf(const std::vector<JudgedBundle>& bundles, const std::vector<std::string>& path, const std::string& x,
              const std::string& y) {
  Plot plot;
  int colour = 0;
  for (const auto& bundle : bundles) {
    const Json found = memberOf(bundle.metrics, path);
    const bool single = found.is_object() && found.contains(x);
    Json curves = Json::object();
    if (single) {
      curves[""] = found;
    } else if (found.is_object()) {
      curves = found;
    }
    bool dashed = false;
    for (const auto& [name, curve] : curves.items()) {
      PlotSeries series;
      series.x = numbersOf(curve, x);
      series.y = numbersOf(curve, y);
      if (series.x.size() != series.y.size() || series.x.empty()) continue;
      series.name = bundle.name + (curves.size() == 1 || name.empty() ? "" : ", " + name);
      series.colour = colour;
      series.dashed = std::exchange(dashed, true);
      plot.series.push_back(std::move(series));
    }
    colour = (colour + 1) % 6;
  }
  plot.xRange = {0, 1};
  return plot;
}

Plot rejectionOf(const std::vector<JudgedBundle>& bundles) {
  Plot plot = curvesOf(bundles, {"roc"}, "signal_efficiency", "background_efficiency");
  plot.title = "Background rejection";
  plot.xLabel = "signal efficiency";
  plot.yLabel = "1 / background efficiency";
  plot.logY = true;
  for (auto& series : plot.series) {
    for (double& value : series.y) value = value > 0 ? 1 / value : std::numeric_limits<double>::quiet_NaN();
  }
  return plot;
}

Plot learningOf(const std::vector<JudgedBundle>& bundles) {
  Plot plot;
  plot.title = "Validation loss";
  plot.xLabel = "epoch or round, share of the training";
  plot.yLabel = "loss";
  int colour = 0;
  for (const auto& bundle : bundles) {
    PlotSeries series;
    series.name = bundle.name;
    series.colour = colour;
    colour = (colour + 1) % 6;
    series.y = numbersOf(memberOf(bundle.metrics, {"learning_curve"}), "validation_loss");
    for (size_t i = 0; i < series.y.size(); ++i) {
      series.x.push_back(static_cast<double>(i + 1) / static_cast<double>(series.y.size()));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

std::string plotsOf(const std::vector<JudgedBundle>& bundles) {
  std::string html = "<div class=\"plots\">" + plotFigure(rejectionOf(bundles), "Test parts, weighted.");
  Plot precision = curvesOf(bundles, {"precision_recall"}, "recall", "precision");
  precision.title = "Precision and recall";
  precision.xLabel = "recall (signal efficiency)";
  precision.yLabel = "precision (purity)";
  html += plotFigure(precision, "Test parts, weighted.");
  Plot significance = curvesOf(bundles, {"significance"}, "cut", "asimov");
  significance.title = "Significance";
  significance.xLabel = "cut: events with score ≥";
  significance.yLabel = "Asimov Z";
  significance.legend = Plot::Legend::kTopLeft;
  html += plotFigure(significance, "Test parts, scaled to all selected events.");
  Plot calibration = curvesOf(bundles, {"calibration"}, "mean_score", "signal_fraction");
  calibration.title = "Calibration";
  calibration.xLabel = "mean score of the bin";
  calibration.yLabel = "fraction of the class";
  calibration.legend = Plot::Legend::kTopLeft;
  html += plotFigure(calibration, "Test parts, weighted; scores on the diagonal are probabilities.");
  html += plotFigure(learningOf(bundles), "Losses of different kinds of model have different units.");
  return html + "</div>";
}

std::string targetPlotsOf(const std::vector<JudgedBundle>& bundles) {
  std::string html = "<div class=\"plots\">";
  for (const auto& target : subjectsOf(bundles.front())) {
    html += plotFigure(resolutionOf(bundles, target.get<std::string>()), "Test parts, weighted.");
  }
  html += plotFigure(learningOf(bundles), "Losses of different kinds of model have different units.");
  return html + "</div>";
}

}  // namespace

Result<std::vector<JudgedBundle>> readJudgedBundles(const std::vector<std::string>& directories) {
  std::vector<JudgedBundle> bundles;
  std::map<std::string, int> names;
  for (const auto& directory : directories) {
    MLAAS_TRY(const auto bundle, model::readBundle(directory));
    JudgedBundle judged;
    judged.name = bundle.name;
    judged.directory = directory;
    const Json kind = memberOf(bundle.provenance, {"model", "kind"});
    judged.kind = kind.is_string() ? kind.get<std::string>() : std::string("-");
    MLAAS_TRY(const std::string text, readText((std::filesystem::path(directory) / "metrics.json").string()));
    judged.metrics = Json::parse(text, nullptr, false);
    const Json targets = memberOf(judged.metrics, {"targets"});
    if (memberOf(judged.metrics, {"classes"}).is_null() && !(targets.is_object() && !targets.empty())) {
      return wrongMetrics(judged, "expected an object with 'classes' or 'targets', as a training writes it");
    }
    ++names[judged.name];
    bundles.push_back(std::move(judged));
  }
  for (auto& bundle : bundles) {
    if (names[bundle.name] > 1) bundle.name += " (" + bundle.directory + ")";
    const JudgedBundle& first = bundles.front();
    if (predictsTargets(bundle) == predictsTargets(first) && subjectsOf(bundle) == subjectsOf(first)) continue;
    const auto describe = [](const JudgedBundle& one) {
      return one.directory + (predictsTargets(one) ? " predicts " : " tells apart ") + subjectsOf(one).dump();
    };
    return Error(ErrorCode::kInvalidArgument,
                 describe(bundle) + ", and " + describe(first) + "; compare models of the same classes or targets");
  }
  return bundles;
}

std::string renderComparison(const std::vector<JudgedBundle>& bundles) {
  std::string body = "<header><h1>Models compared</h1></header>\n" + testPartNote(bundles);
  body += predictsTargets(bundles.front()) ? targetsTable(bundles) + targetPlotsOf(bundles)
                                           : summaryTable(bundles) + plotsOf(bundles);
  return pageHtml("Models compared - mlaas4hep", body);
}

}  // namespace mlaas::train
