#include "mlaas/train/training_plan.h"

#include "mlaas/train/option_reader.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostModels = 100;
constexpr int64_t kSeeds = int64_t{1} << 31;
constexpr double kMostMinutes = 60 * 24 * 365;

}  // namespace

Result<TrainingPlan> planTraining(const dataset::Workflow& workflow) {
  TrainingPlan plan;
  plan.workflow = workflow;
  if (!workflow.training.is_object()) return plan;
  Json own = Json::object();
  for (const char* key : {"checkpoint", "ensemble"}) {
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
  MLAAS_CHECK(training.finish());
  return plan;
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
