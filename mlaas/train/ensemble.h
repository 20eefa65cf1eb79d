// Several models that score together: their scores are averaged, but for events that all but one model of k folds have seen.
// Threads: as Trainer and TrainedModel.
#pragma once

#include <memory>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/train/fold_data.h"
#include "mlaas/train/trainer.h"
#include "mlaas/train/training_plan.h"

namespace mlaas::train {

// The mean of the scores of `models`, at least one. It has their description, with their number.
std::unique_ptr<TrainedModel> meanOf(std::vector<std::unique_ptr<TrainedModel>> models);

// Trains a model on each fold, one after the other, each with a checkpoint of its own. kCancelled where it is asked to
// stop: some folds alone tell nothing about all events.
Result<TrainingOutcome> trainFolds(Trainer& trainer, FoldData& data, const TrainingInput& input,
                                   const nlohmann::ordered_json& key);

// Trains plan.ensemble models, one after the other, each with a seed and a checkpoint of its own. A stop ends with the
// models that are there.
Result<TrainingOutcome> trainEnsemble(const TrainingPlan& plan, const TrainerFactory& factory,
                                      const TrainingInput& input, const nlohmann::ordered_json& key);

}  // namespace mlaas::train
