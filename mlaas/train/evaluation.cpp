#include "mlaas/train/evaluation.h"

#include <cmath>

#include "mlaas/train/scoring.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kRocPoints = 201;

// JSON has no infinity and no NaN.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json finite(const std::optional<double>& value) { return value ? finite(*value) : Json(nullptr); }

Result<PartEvaluation> evaluatePart(TrainedModel& model, const TrainingInput& input, dataset::Part part) {
  PartEvaluation result;
  MLAAS_TRY(result.events, scorePart(model, *input.data, part, input.classes->numOutputs(), input.stop));
  for (const float weight : result.events.weight) result.sumWeights += static_cast<double>(weight);
  result.logLoss = logLoss(result.events);
  const int64_t first = input.classes->isBinary() ? 1 : 0;
  for (int64_t label = first; label < input.classes->numClasses(); ++label) {
    const ClassView view = viewOfClass(result.events, label);
    result.rocs.push_back(computeRoc(view.score, view.isSignal, result.events.weight));
  }
  return result;
}

// All selected weight of a class over that of its test part.
double testScale(const dataset::Statistics& statistics, int64_t label) {
  const dataset::EventSums sums = statistics.ofClass(label);
  const double all = sums.sumWeights[0] + sums.sumWeights[1] + sums.sumWeights[2];
  const double test = sums.sumWeights[static_cast<size_t>(dataset::Part::kTest)];
  return test > 0 ? all / test : 0;
}

// Scores and weights of one class's events.
struct ClassScores {
  std::vector<float> score;
  std::vector<float> weight;
};

ClassScores scoresOfClass(const ScoredEvents& events, int64_t label) {
  ClassScores result;
  const auto outputs = static_cast<size_t>(events.numOutputs);
  const size_t column = outputs == 1 ? 0 : static_cast<size_t>(label);
  for (size_t row = 0; row < events.rows(); ++row) {
    if (events.label[row] != label) continue;
    result.score.push_back(events.score[row * outputs + column]);
    result.weight.push_back(events.weight[row]);
  }
  return result;
}

Json partJson(const PartEvaluation& part, const ClassTable& classes) {
  Json json;
  json["events"] = part.events.rows();
  json["sum_weights"] = finite(part.sumWeights);
  json["log_loss"] = finite(part.logLoss);
  const auto accuracy = confusionMatrix(part.events, classes.numClasses(), 0.5).accuracy();
  json["accuracy"] = finite(accuracy);
  const auto area = [](const std::optional<Roc>& roc) { return roc ? finite(roc->auc) : Json(nullptr); };
  const auto error = [](const std::optional<Roc>& roc) { return roc ? finite(roc->aucError) : Json(nullptr); };
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
    json["threshold"].push_back(finite(point.threshold));
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
      weights.push_back(finite(evaluation.confusion.weights[truth * size + predicted]));
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
    json["train_loss"].push_back(finite(epoch.trainLoss));
    json["validation_loss"].push_back(finite(epoch.validationLoss));
    json["validation_auc"].push_back(finite(epoch.validationAuc));
  }
  return json;
}

}  // namespace

Result<Evaluation> evaluate(TrainedModel& model, const TrainingInput& input) {
  Evaluation result;
  result.classes = *input.classes;
  for (const auto part : dataset::kAllParts) {
    MLAAS_TRY(result.parts.at(static_cast<size_t>(part)), evaluatePart(model, input, part));
  }
  const ScoredEvents& test = result.of(dataset::Part::kTest).events;
  if (test.rows() == 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "the test part has no event to judge the model by; raise dataset.split.test");
  }
  result.confusion = confusionMatrix(test, result.classes.numClasses(), result.threshold);
  if (result.classes.isBinary()) {
    const ClassView view = viewOfClass(test, 1);
    result.significance = scanSignificance(view.score, view.isSignal, test.weight, testScale(*input.statistics, 1),
                                           testScale(*input.statistics, 0));
  }
  for (int64_t label = 0; label < result.classes.numClasses(); ++label) {
    const ClassScores trained = scoresOfClass(result.of(dataset::Part::kTrain).events, label);
    const ClassScores tested = scoresOfClass(test, label);
    result.overtraining.push_back(compareDistributions(trained.score, trained.weight, tested.score, tested.weight));
  }
  return result;
}

Json metricsJson(const Evaluation& evaluation, const TrainingHistory& history) {
  const PartEvaluation& test = evaluation.of(dataset::Part::kTest);
  Json json;
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
  if (evaluation.classes.isBinary()) json["significance"] = significanceJson(evaluation.significance);
  json["overtraining"] = Json::object();
  for (size_t label = 0; label < evaluation.overtraining.size(); ++label) {
    const auto& comparison = evaluation.overtraining[label];
    json["overtraining"][evaluation.classes.names[label]] =
        comparison ? Json{{"ks_distance", comparison->distance}, {"ks_p_value", comparison->pValue}} : Json(nullptr);
  }
  json["learning_curve"] = historyJson(history);
  return json;
}

}  // namespace mlaas::train
