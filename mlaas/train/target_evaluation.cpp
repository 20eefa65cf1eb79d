#include "mlaas/train/target_evaluation.h"

#include <algorithm>

#include "mlaas/dataset/identity_split.h"
#include "mlaas/train/json_number.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kBins = 10;

// Prediction and truth of one target.
struct Column {
  std::vector<float> prediction;
  std::vector<float> target;
};

Column columnOf(const ScoredEvents& events, size_t index) {
  const auto width = static_cast<size_t>(events.numOutputs);
  Column column;
  for (size_t row = 0; row < events.rows(); ++row) {
    column.prediction.push_back(events.score[row * width + index]);
    column.target.push_back(events.target[row * width + index]);
  }
  return column;
}

// Nothing for other targets.
std::optional<Roc> rocOf(const Column& column, std::span<const float> weight) {
  if (!std::ranges::all_of(column.target, [](float target) { return target == 0 || target == 1; })) return std::nullopt;
  std::vector<uint8_t> isSignal;
  for (const float target : column.target) isSignal.push_back(target == 1 ? 1 : 0);
  return computeRoc(column.prediction, isSignal, weight);
}

Json residualsJson(const Residuals& residuals) {
  return {{"events", residuals.events},
          {"sum_weights", residuals.sumWeights},
          {"bias", jsonNumber(residuals.bias)},
          {"rmse", jsonNumber(residuals.rmse)},
          {"mae", jsonNumber(residuals.mae)},
          {"resolution", jsonNumber(residuals.resolution)},
          {"relative_bias", jsonNumber(residuals.relativeBias)},
          {"relative_resolution", jsonNumber(residuals.relativeResolution)}};
}

Json qualityJson(const RegressionQuality& quality, const std::optional<Roc>& roc) {
  Json json = residualsJson(quality.all);
  json["r2"] = jsonNumber(quality.r2);
  if (roc) {
    json["auc"] = roc->auc;
    json["auc_error"] = roc->aucError;
  }
  json["bins"] = Json::array();
  for (const TargetBin& bin : quality.bins) {
    json["bins"].push_back({{"low", bin.low}, {"high", bin.high}});
    json["bins"].back().update(residualsJson(bin.residuals));
  }
  return json;
}

}  // namespace

std::vector<TargetEvaluation> judgeTargets(const std::vector<std::string>& targets,
                                           const std::array<const ScoredEvents*, 3>& parts) {
  std::vector<TargetEvaluation> result;
  for (size_t index = 0; index < targets.size(); ++index) {
    TargetEvaluation& one = result.emplace_back();
    one.name = targets[index];
    for (size_t part = 0; part < parts.size(); ++part) {
      const Column column = columnOf(*parts.at(part), index);
      const auto& weight = parts.at(part)->weight;
      one.parts.at(part) = judgeRegression(column.prediction, column.target, weight, kBins);
      one.rocs.at(part) = rocOf(column, weight);
    }
  }
  return result;
}

Json targetsJson(const std::vector<TargetEvaluation>& targets) {
  Json json = Json::object();
  for (const TargetEvaluation& target : targets) {
    for (const auto part : dataset::kAllParts) {
      const auto i = static_cast<size_t>(part);
      json[target.name][dataset::partName(part)] = qualityJson(target.parts.at(i), target.rocs.at(i));
    }
  }
  return json;
}

}  // namespace mlaas::train
