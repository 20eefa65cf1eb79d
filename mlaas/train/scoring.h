// Runs a trained model over one part of the data. Threads: the caller's, and one that reads ahead.
#pragma once

#include <stop_token>

#include "mlaas/train/metrics/scored_events.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

// Scores every event of `part` in the order of samples, files and entries; weights are those of the workflow.
Result<ScoredEvents> scorePart(TrainedModel& model, dataset::Dataset& data, dataset::Part part, int64_t numOutputs,
                               const std::stop_token& stop, bool withRows = false);

}  // namespace mlaas::train
