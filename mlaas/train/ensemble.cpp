#include "mlaas/train/ensemble.h"

#include <optional>

#include "mlaas/base/log.h"
#include "mlaas/train/json_number.h"
#include "mlaas/train/metrics/classification.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/scoring.h"
#include "mlaas/train/target_evaluation.h"

namespace mlaas::train {

namespace {

class MeanModel final : public TrainedModel {
 public:
  explicit MeanModel(std::vector<std::unique_ptr<TrainedModel>> models, bool folds = false)
      : models_(std::move(models)), folds_(folds) {}

  Result<void> scoreBatch(const dataset::Batch& batch, std::vector<float>& scores) override {
    if (!folds_ || batch.row.empty()) return score(batch.features, scores);
    return models_.at(static_cast<size_t>(batch.row.front() / kRowsOfFold))->score(batch.features, scores);
  }

  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override {
    MLAAS_CHECK(models_.front()->score(features, scores));
    for (size_t i = 1; i < models_.size(); ++i) {
      MLAAS_CHECK(models_[i]->score(features, own_));
      for (size_t k = 0; k < scores.size(); ++k) scores[k] += own_[k];
    }
    for (float& score : scores) score /= static_cast<float>(models_.size());
    return {};
  }
  // The mean of those of all models: what the inputs add to the mean of the scores before sigmoid or softmax.
  Result<std::optional<Contributions>> contributions(const feature::Tensors& features) override {
    Contributions mean;
    for (const auto& model : models_) {
      MLAAS_TRY(const auto own, model->contributions(features));
      if (!own) return std::optional<Contributions>();
      mean.names = own->names;
      mean.values.resize(own->values.size());
      for (size_t k = 0; k < mean.values.size(); ++k) mean.values[k] += own->values[k];
    }
    for (float& value : mean.values) value /= static_cast<float>(models_.size());
    return std::optional(std::move(mean));
  }
  model::EngineKind engine() const override { return models_.front()->engine(); }
  std::string fileName() const override { return models_.front()->fileName(); }
  Result<std::string> serialise() const override {
    return Error(ErrorCode::kInternal, "several models have no file together");
  }
  std::vector<const TrainedModel*> members() const override {
    std::vector<const TrainedModel*> members;
    for (const auto& model : models_) members.push_back(model.get());
    return members;
  }
  nlohmann::ordered_json description() const override {
    nlohmann::ordered_json json = models_.front()->description();
    json["models"] = models_.size();
    return json;
  }

 private:
  std::vector<std::unique_ptr<TrainedModel>> models_;
  bool folds_;              // batches are those of a FoldData
  std::vector<float> own_;  // kept from call to call
};

// Root mean square error and bias of each target.
nlohmann::ordered_json targetErrors(const ScoredEvents& events, const std::vector<std::string>& targets) {
  nlohmann::ordered_json json;
  const std::vector<TargetEvaluation> judged = judgeTargets(targets, {&events, &events, &events});
  for (const TargetEvaluation& one : judged) {
    const Residuals& all = one.parts.front().all;
    json[one.name] = {{"rmse", jsonNumber(all.rmse)}, {"bias", jsonNumber(all.bias)}};
  }
  return json;
}

// How a fold's model does on its test part: AUC and loss, or errors of the targets.
Result<nlohmann::ordered_json> foldMetrics(TrainedModel& model, dataset::Dataset& data, const TrainingInput& input) {
  const bool isBinary = input.classes->isBinary();
  MLAAS_TRY(const ScoredEvents events, scorePart(model, data, dataset::Part::kTest, input.classes->numOutputs(), {}));
  nlohmann::ordered_json json = {{"events", events.rows()}};
  if (input.classes->predictsTargets()) {
    json["targets"] = targetErrors(events, input.classes->targets);
    return json;
  }
  json["log_loss"] = logLoss(events);
  for (int64_t label = isBinary ? 1 : 0; label < input.classes->numClasses(); ++label) {
    const ClassView view = viewOfClass(events, label);
    const auto roc = computeRoc(view.score, view.isSignal, events.weight);
    const nlohmann::ordered_json auc = roc ? nlohmann::ordered_json(roc->auc) : nullptr;
    const nlohmann::ordered_json error = roc ? nlohmann::ordered_json(roc->aucError) : nullptr;
    if (isBinary) {
      json["auc"] = auc;
      json["auc_error"] = error;
    } else {
      json["auc"][input.classes->names[static_cast<size_t>(label)]] = auc;
      json["auc_error"][input.classes->names[static_cast<size_t>(label)]] = error;
    }
  }
  return json;
}

void sumUp(TrainingOutcome& together) {
  together.history = together.members.front();
  together.history.eventsTrained = 0;
  together.history.trainSeconds = 0;
  for (const TrainingHistory& member : together.members) {
    together.history.eventsTrained += member.eventsTrained;
    together.history.trainSeconds += member.trainSeconds;
  }
}

}  // namespace

std::unique_ptr<TrainedModel> meanOf(std::vector<std::unique_ptr<TrainedModel>> models) {
  return std::make_unique<MeanModel>(std::move(models));
}

Result<TrainingOutcome> trainFolds(Trainer& trainer, FoldData& data, const TrainingInput& input,
                                   const nlohmann::ordered_json& key) {
  std::vector<std::unique_ptr<TrainedModel>> models;
  TrainingOutcome together;
  for (size_t fold = 0; fold < data.numFolds(); ++fold) {
    TrainingInput own = input;
    own.data = &data.fold(fold);
    own.statistics = &data.statisticsOf(fold);
    std::optional<Checkpoints> checkpoints;
    if (input.checkpoints != nullptr) {
      checkpoints = input.checkpoints->part("fold_" + std::to_string(fold), key);
      if (input.resumes) MLAAS_CHECK(checkpoints->resume());
      own.checkpoints = &*checkpoints;
    }
    log::info("fold " + std::to_string(fold + 1) + " of " + std::to_string(data.numFolds()));
    MLAAS_TRY(auto outcome, trainer.train(own));
    if (outcome.history.interrupted) return cancelledTraining();
    MLAAS_TRY(auto metrics, foldMetrics(*outcome.model, *own.data, own));
    together.memberMetrics.push_back(std::move(metrics));
    models.push_back(std::move(outcome.model));
    together.members.push_back(std::move(outcome.history));
  }
  sumUp(together);
  together.model = std::make_unique<MeanModel>(std::move(models), true);
  return together;
}

Result<TrainingOutcome> trainEnsemble(const TrainingPlan& plan, const TrainerFactory& factory,
                                      const TrainingInput& input, const nlohmann::ordered_json& key) {
  std::vector<std::unique_ptr<TrainedModel>> models;
  TrainingOutcome together;
  bool interrupted = false;
  for (int64_t i = 0; i < plan.ensemble && !interrupted; ++i) {
    const dataset::Workflow workflow = memberWorkflow(plan, i);
    MLAAS_TRY(const auto trainer, factory(workflow, *input.classes));
    TrainingInput own = input;
    std::optional<Checkpoints> checkpoints;
    if (input.checkpoints != nullptr) {
      checkpoints = input.checkpoints->part("model_" + std::to_string(i), key);
      if (input.resumes) MLAAS_CHECK(checkpoints->resume());
      own.checkpoints = &*checkpoints;
    }
    log::info("model " + std::to_string(i + 1) + " of " + std::to_string(plan.ensemble));
    auto outcome = trainer->train(own);
    if (!outcome.ok() && outcome.error().code() == ErrorCode::kCancelled && !models.empty()) {
      interrupted = true;
      break;
    }
    if (!outcome.ok()) return std::move(outcome).error();
    interrupted = outcome->history.interrupted;
    models.push_back(std::move(outcome->model));
    together.members.push_back(std::move(outcome->history));
  }
  sumUp(together);
  together.history.interrupted = interrupted;
  together.model = meanOf(std::move(models));
  return together;
}

}  // namespace mlaas::train
