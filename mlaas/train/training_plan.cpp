#include "mlaas/train/training_plan.h"

#include "mlaas/train/option_reader.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostMinutes = 60 * 24 * 365;

}  // namespace

Result<TrainingPlan> planTraining(const dataset::Workflow& workflow) {
  TrainingPlan plan;
  plan.workflow = workflow;
  if (!workflow.training.is_object()) return plan;
  Json own = Json::object();
  for (const char* key : {"checkpoint"}) {
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
  MLAAS_CHECK(training.finish());
  return plan;
}

Json trainingKey(const dataset::Workflow& workflow) {
  Json key = Json::parse(workflow.text);
  key.erase("output");
  if (key.contains("training") && key["training"].is_object()) key["training"].erase("checkpoint");
  return key;
}

}  // namespace mlaas::train
