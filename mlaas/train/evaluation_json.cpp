#include "mlaas/train/evaluation.h"
#include "mlaas/train/json_number.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kRocPoints = 201;

Json partJson(const PartEvaluation& part, const ClassTable& classes) {
  Json json;
  json["events"] = part.events.rows();
  json["sum_weights"] = jsonNumber(part.sumWeights);
  json["log_loss"] = jsonNumber(part.logLoss);
  const auto accuracy = confusionMatrix(part.events, classes.numClasses(), 0.5).accuracy();
  json["accuracy"] = jsonNumber(accuracy);
  const auto area = [](const std::optional<Roc>& roc) { return roc ? jsonNumber(roc->auc) : Json(nullptr); };
  const auto error = [](const std::optional<Roc>& roc) { return roc ? jsonNumber(roc->aucError) : Json(nullptr); };
  if (classes.isBinary()) {
    json["auc"] = area(part.rocs.front());
    json["auc_error"] = error(part.rocs.front());
    return json;
  }
  json["auc"] = Json::object();
  json["auc_error"] = Json::object();
  for (size_t label = 0; label < classes.names.size(); ++label) {
    json["auc"][classes.names[label]] = area(part.rocs[label]);
    json["auc_error"][classes.names[label]] = error(part.rocs[label]);
  }
  return json;
}

Json rocJson(const Roc& roc) {
  Json json = {
      {"background_efficiency", Json::array()}, {"signal_efficiency", Json::array()}, {"threshold", Json::array()}};
  for (const auto& point : thinned(roc.points, kRocPoints)) {
    json["background_efficiency"].push_back(point.backgroundEfficiency);
    json["signal_efficiency"].push_back(point.signalEfficiency);
    json["threshold"].push_back(jsonNumber(point.threshold));
  }
  return json;
}

Json confusionJson(const Evaluation& evaluation) {
  Json json;
  if (evaluation.classes.isBinary()) json["threshold"] = evaluation.threshold;
  json["classes"] = evaluation.classes.names;
  const auto size = static_cast<size_t>(evaluation.confusion.numClasses);
  for (size_t truth = 0; truth < size; ++truth) {
    Json events = Json::array();
    Json weights = Json::array();
    for (size_t predicted = 0; predicted < size; ++predicted) {
      events.push_back(evaluation.confusion.events[truth * size + predicted]);
      weights.push_back(jsonNumber(evaluation.confusion.weights[truth * size + predicted]));
    }
    json["events"].push_back(std::move(events));
    json["sum_weights"].push_back(std::move(weights));
  }
  return json;
}

Json significanceJson(const SignificanceScan& scan) {
  Json json;
  if (scan.best) {
    json["best"] = {{"cut", scan.best->cut},
                    {"signal", scan.best->signal},
                    {"background", scan.best->background},
                    {"asimov", scan.best->significance}};
  }
  for (const char* key : {"cut", "signal", "background", "asimov"}) json[key] = Json::array();
  for (const auto& point : scan.points) {
    json["cut"].push_back(point.cut);
    json["signal"].push_back(point.signal);
    json["background"].push_back(point.background);
    json["asimov"].push_back(point.significance);
  }
  return json;
}

Json historyJson(const TrainingHistory& history) {
  Json json;
  json["unit"] = history.unit;
  json["loss"] = history.lossName;
  json["best"] = history.bestEpoch;
  json["stopped_early"] = history.stoppedEarly;
  for (const char* key : {"train_loss", "validation_loss", "validation_auc"}) json[key] = Json::array();
  for (const auto& epoch : history.epochs) {
    json["train_loss"].push_back(jsonNumber(epoch.trainLoss));
    json["validation_loss"].push_back(jsonNumber(epoch.validationLoss));
    json["validation_auc"].push_back(jsonNumber(epoch.validationAuc));
  }
  return json;
}

// One value by class for more classes than two, else the only one.
template <class T, class ToJson>
Json byClass(const std::vector<T>& values, const ClassTable& classes, const ToJson& toJson) {
  if (classes.isBinary()) return toJson(values.front());
  Json json = Json::object();
  for (size_t label = 0; label < values.size(); ++label) json[classes.names[label]] = toJson(values[label]);
  return json;
}

Json precisionRecallJson(const std::optional<PrecisionRecall>& curve) {
  if (!curve) return nullptr;
  Json json = {{"average_precision", jsonNumber(curve->averagePrecision)}};
  for (const char* key : {"precision", "recall", "threshold"}) json[key] = Json::array();
  for (const auto& point : thinned(curve->points, kRocPoints)) {
    json["precision"].push_back(jsonNumber(point.precision));
    json["recall"].push_back(jsonNumber(point.recall));
    json["threshold"].push_back(jsonNumber(point.threshold));
  }
  return json;
}

Json calibrationJson(const CalibrationCurve& curve) {
  Json json = {{"expected_calibration_error", jsonNumber(curve.expectedError)},
               {"largest_calibration_error", jsonNumber(curve.largestError)}};
  for (const char* key : {"low", "high", "mean_score", "signal_fraction", "error", "sum_weights"}) {
    json[key] = Json::array();
  }
  for (const auto& bin : curve.bins) {
    json["low"].push_back(bin.low);
    json["high"].push_back(bin.high);
    json["mean_score"].push_back(jsonNumber(bin.meanScore));
    json["signal_fraction"].push_back(jsonNumber(bin.signalFraction));
    json["error"].push_back(jsonNumber(bin.error));
    json["sum_weights"].push_back(jsonNumber(bin.sumWeights));
  }
  return json;
}

Json bootstrapJson(const std::optional<BootstrapResult>& result) {
  if (!result) return nullptr;
  return {{"auc_error", jsonNumber(result->error)},
          {"auc_low", jsonNumber(result->low)},
          {"auc_high", jsonNumber(result->high)},
          {"replicas", result->replicas}};
}

Json comparedJson(const std::vector<ComparedMethod>& methods) {
  Json json = Json::object();
  for (const auto& method : methods) {
    Json& entry = json[method.name] = Json::object();
    entry["auc"] = method.roc ? jsonNumber(method.roc->auc) : Json(nullptr);
    entry["auc_error"] = method.roc ? jsonNumber(method.roc->aucError) : Json(nullptr);
    entry["average_precision"] = jsonNumber(method.averagePrecision);
    entry["bootstrap"] = bootstrapJson(method.bootstrap);
    entry["training_events"] = method.trainingEvents;
    entry["learned"] = method.description;
    if (method.roc) entry["roc"] = rocJson(*method.roc);
  }
  return json;
}

Json correlationsJson(const FeatureEvaluation& features, const ClassTable& classes) {
  Json json = {{"variables", features.correlated}};
  for (size_t label = 0; label < features.correlations.size(); ++label) {
    Json rows = Json::array();
    for (const auto& row : features.correlations[label]) {
      Json cells = Json::array();
      for (const auto& cell : row) cells.push_back(jsonNumber(cell));
      rows.push_back(std::move(cells));
    }
    json["classes"][classes.names[label]] = std::move(rows);
  }
  return json;
}

Json efficienciesJson(const FeatureEvaluation& features, const ClassTable& classes) {
  Json json = Json::object();
  for (const auto& efficiency : features.efficiencies) {
    Json& entry = json[efficiency.variable] = Json::object();
    for (size_t label = 0; label < efficiency.byClass.size(); ++label) {
      Json bins = {{"low", Json::array()},
                   {"high", Json::array()},
                   {"events", Json::array()},
                   {"efficiency", Json::array()},
                   {"error", Json::array()}};
      for (const auto& bin : efficiency.byClass[label]) {
        bins["low"].push_back(bin.low);
        bins["high"].push_back(bin.high);
        bins["events"].push_back(bin.events);
        bins["efficiency"].push_back(jsonNumber(bin.efficiency));
        bins["error"].push_back(jsonNumber(bin.error));
      }
      entry[classes.names[label]] = std::move(bins);
    }
  }
  return json;
}

Json featuresJson(const FeatureEvaluation& features, const ClassTable& classes) {
  Json json = {{"events", features.events}};
  json["ranking"] = Json::array();
  for (const auto& ranked : features.ranking) {
    json["ranking"].push_back({{"variable", ranked.name}, {"auc", jsonNumber(ranked.auc)}});
    if (classes.isBinary()) json["ranking"].back()["auc_error"] = jsonNumber(ranked.error);
  }
  json["correlations"] = correlationsJson(features, classes);
  json["efficiency"] = efficienciesJson(features, classes);
  if (!features.importance.empty()) {
    json["permutation_importance"] = {{"events", features.importanceEvents}, {"features", Json::array()}};
    for (const auto& one : features.importance) {
      json["permutation_importance"]["features"].push_back(
          {{"name", one.name}, {"auc_drop", jsonNumber(one.drop)}, {"error", jsonNumber(one.error)}});
    }
  }
  for (const auto& one : features.contributions) json["mean_contribution"][one.name] = jsonNumber(one.value);
  return json;
}

}  // namespace

Json metricsJson(const Evaluation& evaluation, const TrainingHistory& history) {
  Json json;
  if (evaluation.classes.predictsTargets()) {
    json["targets"] = targetsJson(evaluation.targets);
    json["learning_curve"] = historyJson(history);
    return json;
  }
  const PartEvaluation& test = evaluation.of(dataset::Part::kTest);
  json["classes"] = evaluation.classes.names;
  for (const auto part : dataset::kAllParts) {
    json["parts"][dataset::partName(part)] = partJson(evaluation.of(part), evaluation.classes);
  }
  json["roc"] = Json::object();
  const size_t firstLabel = evaluation.classes.isBinary() ? 1 : 0;
  for (size_t i = 0; i < test.rocs.size(); ++i) {
    if (test.rocs[i]) json["roc"][evaluation.classes.names[firstLabel + i]] = rocJson(*test.rocs[i]);
  }
  json["confusion"] = confusionJson(evaluation);
  if (evaluation.classes.isBinary()) {
    json["significance"] = significanceJson(evaluation.significance);
    json["significance"]["background_uncertainty"] = evaluation.backgroundUncertainty;
  }
  json["overtraining"] = Json::object();
  for (size_t label = 0; label < evaluation.overtraining.size(); ++label) {
    const auto& comparison = evaluation.overtraining[label];
    json["overtraining"][evaluation.classes.names[label]] =
        comparison ? Json{{"ks_distance", comparison->distance}, {"ks_p_value", comparison->pValue}} : Json(nullptr);
  }
  if (!evaluation.precisionRecall.empty()) {
    json["precision_recall"] = byClass(evaluation.precisionRecall, evaluation.classes, precisionRecallJson);
    json["calibration"] = byClass(evaluation.calibrationCurves, evaluation.classes, calibrationJson);
    json["bootstrap"] = byClass(evaluation.bootstraps, evaluation.classes, bootstrapJson);
  }
  if (evaluation.calibration) json["calibration"]["fitted"] = evaluation.calibration->toJson();
  if (!evaluation.compared.empty()) json["compare"] = comparedJson(evaluation.compared);
  if (evaluation.features) json["features"] = featuresJson(*evaluation.features, evaluation.classes);
  json["learning_curve"] = historyJson(history);
  return json;
}

}  // namespace mlaas::train
