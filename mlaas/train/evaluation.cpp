#include "mlaas/train/evaluation.h"

#include "mlaas/train/scoring.h"

namespace mlaas::train {

namespace {

constexpr double kLeastBackground = 10;  // effective events

Result<PartEvaluation> evaluatePart(TrainedModel& model, const TrainingInput& input, dataset::Part part) {
  PartEvaluation result;
  MLAAS_TRY(result.events, scorePart(model, *input.data, part, input.classes->numOutputs(), input.stop));
  for (const float weight : result.events.weight) result.sumWeights += static_cast<double>(weight);
  if (input.classes->predictsTargets()) return result;
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

// What is asked of each class's score on the test part.
void judgeClasses(const ScoredEvents& test, const EvaluationOptions& options, Evaluation& result) {
  for (int64_t label = result.classes.isBinary() ? 1 : 0; label < result.classes.numClasses(); ++label) {
    const ClassView view = viewOfClass(test, label);
    result.precisionRecall.push_back(computePrecisionRecall(view.score, view.isSignal, test.weight));
    result.calibrationCurves.push_back(
        computeCalibration(view.score, view.isSignal, test.weight, static_cast<size_t>(options.calibrationBins)));
    result.bootstraps.push_back(bootstrapAuc(view.score, view.isSignal, test.weight, options.bootstrap, options.seed));
  }
}

}  // namespace

Result<Evaluation> evaluate(TrainedModel& model, const TrainingInput& input, const EvaluationOptions& options) {
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
  if (result.classes.predictsTargets()) {
    std::array<const ScoredEvents*, 3> events = {};
    for (size_t part = 0; part < events.size(); ++part) events.at(part) = &result.parts.at(part).events;
    result.targets = judgeTargets(result.classes.targets, events);
    return result;
  }
  result.confusion = confusionMatrix(test, result.classes.numClasses(), result.threshold);
  if (result.classes.isBinary()) {
    const ClassView view = viewOfClass(test, 1);
    result.significance =
        scanSignificance(view.score, view.isSignal, test.weight, testScale(*input.statistics, 1),
                         testScale(*input.statistics, 0), kLeastBackground, options.backgroundUncertainty);
  }
  result.backgroundUncertainty = options.backgroundUncertainty;
  for (int64_t label = 0; label < result.classes.numClasses(); ++label) {
    const ClassScores trained = scoresOfClass(result.of(dataset::Part::kTrain).events, label);
    const ClassScores tested = scoresOfClass(test, label);
    result.overtraining.push_back(compareDistributions(trained.score, trained.weight, tested.score, tested.weight));
  }
  judgeClasses(test, options, result);
  MLAAS_TRY(result.features, evaluateFeatures(model, input, options));
  MLAAS_TRY(result.compared, compareMethods(input, options));
  return result;
}

}  // namespace mlaas::train
