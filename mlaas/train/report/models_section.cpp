#include "mlaas/train/report/models_section.h"

#include <utility>
#include <vector>

#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/page.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

std::string number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return "";
  return found->is_number_integer() ? formatCount(found->get<int64_t>()) : formatNumber(found->get<double>());
}

// "0.8712 +- 0.0042", of several classes or targets one behind the other.
std::string result(const Json& test) {
  if (const auto targets = test.find("targets"); targets != test.end()) {
    std::string text;
    for (const auto& [name, errors] : targets->items()) {
      text += (text.empty() ? "" : " / ") + name + " " + number(errors, "rmse");
    }
    return text;
  }
  const auto auc = test.find("auc");
  const auto error = test.find("auc_error");
  if (auc == test.end() || error == test.end()) return "";
  if (auc->is_number() && error->is_number()) return formatWithError(auc->get<double>(), error->get<double>());
  std::string text;
  for (const auto& [name, value] : auc->items()) {
    if (!value.is_number() || !error->is_object() || !error->contains(name) || !(*error)[name].is_number()) continue;
    text += (text.empty() ? "" : " / ") + formatWithError(value.get<double>(), (*error)[name].get<double>());
  }
  return text;
}

}  // namespace

std::string modelsTable(const Json& models) {
  const bool folds = models.front().contains("test");
  const bool targets = folds && models.front()["test"].contains("targets");
  std::vector<std::string> heads = {folds ? "fold" : "model", "kept", "validation loss"};
  if (folds) heads.insert(heads.end(), {"test events", targets ? "root mean square error" : "AUC on its test part"});
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < models.size(); ++i) {
    const Json& model = models[i];
    std::string kept = number(model, "best_epoch");
    if (kept.empty()) kept = number(model, "best_round");
    std::vector<std::string> cells = {std::to_string(i), kept, number(model, "validation_loss")};
    if (folds) cells.insert(cells.end(), {number(model["test"], "events"), result(model["test"])});
    rows.push_back(std::move(cells));
  }
  return tableHtml(heads, rows);
}

std::optional<Plot> foldPlot(const Json& models) {
  PlotSeries points;
  points.style = PlotSeries::Style::kPoints;
  points.name = "fold, on its own test part";
  PlotSeries mean;
  mean.name = "mean";
  mean.colour = -1;
  double sum = 0;
  for (size_t i = 0; i < models.size(); ++i) {
    const Json test = models[i].value("test", Json::object());
    if (!test.contains("auc") || !test["auc"].is_number() || !test["auc_error"].is_number()) return std::nullopt;
    points.x.push_back(static_cast<double>(i));
    points.y.push_back(test["auc"].get<double>());
    points.error.push_back(test["auc_error"].get<double>());
    sum += points.y.back();
  }
  const double last = static_cast<double>(models.size()) - 0.5;
  mean.x = {-0.5, last};
  mean.y.assign(2, sum / static_cast<double>(models.size()));
  Plot plot;
  plot.title = "AUC by fold";
  plot.xLabel = "fold";
  plot.yLabel = "AUC";
  plot.xRange = {-0.5, last};
  plot.series = {mean, points};
  return plot;
}

}  // namespace mlaas::train
