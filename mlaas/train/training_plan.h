// The options under `training` that are about the run as a whole and no trainer's: checkpoints.
// Errors:  kInvalidArgument with the key and its place.
// Threads: a value.
#pragma once

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/checkpoint.h"

namespace mlaas::train {

struct TrainingPlan {
  CheckpointOptions checkpoint;
  dataset::Workflow workflow;  // without those options, as trainers take it
};

Result<TrainingPlan> planTraining(const dataset::Workflow& workflow);

// What a training of `workflow` follows from, beside its data: the resolved workflow without what changes no bundle.
nlohmann::ordered_json trainingKey(const dataset::Workflow& workflow);

}  // namespace mlaas::train
