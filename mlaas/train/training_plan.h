// The options under `training` that are about the run as a whole and no trainer's: checkpoints, ensembles, folds.
// Errors:  kInvalidArgument with the key and its place.
// Threads: a value.
#pragma once

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/checkpoint.h"

namespace mlaas::train {

struct TrainingPlan {
  CheckpointOptions checkpoint;
  int64_t ensemble = 1;        // models that differ by their seed
  int64_t folds = 0;           // models that each are tested on another fold; 0: none
  dataset::Workflow workflow;  // without those options, as trainers take it
};

// The workflow of one of several models: its seed is that of the workflow plus `index`.
dataset::Workflow memberWorkflow(const TrainingPlan& plan, int64_t index);

// The data of each fold: they share the memory.
std::vector<dataset::DatasetConfig> foldConfigs(const TrainingPlan& plan);

Result<TrainingPlan> planTraining(const dataset::Workflow& workflow);

// What a training of `workflow` follows from, beside its data: the resolved workflow without what changes no bundle.
nlohmann::ordered_json trainingKey(const dataset::Workflow& workflow);

}  // namespace mlaas::train
