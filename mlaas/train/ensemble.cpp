#include "mlaas/train/ensemble.h"

#include <optional>

#include "mlaas/base/log.h"

namespace mlaas::train {

namespace {

class MeanModel final : public TrainedModel {
 public:
  explicit MeanModel(std::vector<std::unique_ptr<TrainedModel>> models) : models_(std::move(models)) {}

  Result<void> score(const feature::Tensors& features, std::vector<float>& scores) override {
    MLAAS_CHECK(models_.front()->score(features, scores));
    for (size_t i = 1; i < models_.size(); ++i) {
      MLAAS_CHECK(models_[i]->score(features, own_));
      for (size_t k = 0; k < scores.size(); ++k) scores[k] += own_[k];
    }
    for (float& score : scores) score /= static_cast<float>(models_.size());
    return {};
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
  std::vector<float> own_;  // kept from call to call
};

}  // namespace

std::unique_ptr<TrainedModel> meanOf(std::vector<std::unique_ptr<TrainedModel>> models) {
  return std::make_unique<MeanModel>(std::move(models));
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
  together.history = together.members.front();
  together.history.eventsTrained = 0;
  together.history.trainSeconds = 0;
  for (const TrainingHistory& member : together.members) {
    together.history.eventsTrained += member.eventsTrained;
    together.history.trainSeconds += member.trainSeconds;
  }
  together.history.interrupted = interrupted;
  together.model = meanOf(std::move(models));
  return together;
}

}  // namespace mlaas::train
