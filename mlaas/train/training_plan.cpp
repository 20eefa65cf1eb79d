#include "mlaas/train/training_plan.h"

#include "mlaas/train/option_reader.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostModels = 100;
constexpr int64_t kSeeds = int64_t{1} << 31;
constexpr double kMostMinutes = 60 * 24 * 365;

void checkFolds(const dataset::Workflow& workflow, const TrainingPlan& plan, OptionReader& training) {
  constexpr size_t kLeastMemoryBytes = size_t{1} << 20;
  if (plan.ensemble > 1) training.reject("folds", "give either folds or ensemble");
  if (workflow.dataset.split.folds > 0) {
    training.reject("folds", "dataset.split.folds picks one fold of several; leave it out to train on all of them");
  }
  for (const auto& fill : workflow.dataset.fills) {
    if (fill.kind == feature::Fill::Kind::kNumber) continue;
    training.reject("folds", "each fold would have another mean or median; give dataset.fill of '" + fill.pattern +
                                 "' as a number");
  }
  if (workflow.dataset.memoryBytes / static_cast<size_t>(plan.folds) < kLeastMemoryBytes) {
    training.reject("folds", "the folds share dataset.memory, which is less than 1 MiB for each; raise it");
  }
}

}  // namespace

Result<TrainingPlan> planTraining(const dataset::Workflow& workflow) {
  TrainingPlan plan;
  plan.workflow = workflow;
  if (!workflow.training.is_object()) return plan;
  Json own = Json::object();
  for (const char* key : {"checkpoint", "ensemble", "folds"}) {
    if (!workflow.training.contains(key)) continue;
    own[key] = workflow.training[key];
    plan.workflow.training.erase(key);
  }
  OptionReader training(own, workflow.trainingWhere, "training");
  if (training.isFalse("checkpoint")) {
    plan.checkpoint.enabled = false;
  } else {
    plan.checkpoint.minutes =
        training.section("checkpoint").number("minutes", plan.checkpoint.minutes, 0, kMostMinutes);
  }
  plan.ensemble = training.integer("ensemble", plan.ensemble, 1, kMostModels);
  if (training.has("folds")) {
    plan.folds = training.integer("folds", 2, 2, kMostModels);
    checkFolds(workflow, plan, training);
  }
  MLAAS_CHECK(training.finish());
  return plan;
}

std::vector<dataset::DatasetConfig> foldConfigs(const TrainingPlan& plan) {
  std::vector<dataset::DatasetConfig> configs(static_cast<size_t>(plan.folds), plan.workflow.dataset);
  for (int64_t fold = 0; fold < plan.folds; ++fold) {
    dataset::DatasetConfig& config = configs[static_cast<size_t>(fold)];
    config.memoryBytes /= static_cast<size_t>(plan.folds);
    dataset::Split& split = config.split;
    split.validation = split.validation / (split.train + split.validation);
    split.folds = plan.folds;
    split.fold = fold;
  }
  return configs;
}

dataset::Workflow memberWorkflow(const TrainingPlan& plan, int64_t index) {
  dataset::Workflow workflow = plan.workflow;
  if (index == 0) return workflow;
  auto& training = workflow.training;
  if (!training.is_object()) training = Json::object();
  // A seed that is no integer is refused by the trainer, for the first model.
  const Json seed = training.value("seed", Json(1));
  if (seed.is_number_integer()) training["seed"] = (seed.get<int64_t>() + index) % kSeeds;
  return workflow;
}

Json trainingKey(const dataset::Workflow& workflow) {
  Json key = Json::parse(workflow.text);
  key.erase("output");
  if (key.contains("training") && key["training"].is_object()) key["training"].erase("checkpoint");
  return key;
}

}  // namespace mlaas::train
