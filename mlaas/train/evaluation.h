// How good a trained model is on the parts of its data, weighted throughout.
// Threads: functions of their arguments; an Evaluation is a value.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <vector>

#include "mlaas/train/metrics/classification.h"
#include "mlaas/train/metrics/kolmogorov_smirnov.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/metrics/scored_events.h"
#include "mlaas/train/metrics/significance.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

struct PartEvaluation {
  ScoredEvents events;
  double sumWeights = 0;
  double logLoss = 0;
  // Two classes: one curve, that of label 1. More: each class against the others.
  std::vector<std::optional<Roc>> rocs;
};

struct Evaluation {
  ClassTable classes;
  std::array<PartEvaluation, 3> parts;  // by dataset::Part
  double threshold = 0.5;               // of the confusion, for two classes
  Confusion confusion;                  // test part
  SignificanceScan significance;        // test part, scaled to all selected events; two classes
  // By class: train against test scores of its events (its own score column).
  std::vector<std::optional<KolmogorovSmirnov>> overtraining;

  const PartEvaluation& of(dataset::Part part) const { return parts.at(static_cast<size_t>(part)); }
};

// Scores all parts. kInvalidArgument where the test part is empty.
Result<Evaluation> evaluate(TrainedModel& model, const TrainingInput& input);

// metrics.json of the bundle.
nlohmann::ordered_json metricsJson(const Evaluation& evaluation, const TrainingHistory& history);

}  // namespace mlaas::train
