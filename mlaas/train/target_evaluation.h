// How well a model predicts its targets, on each part of its data.
// Threads: functions of their arguments; a TargetEvaluation is a value.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/train/metrics/regression.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/metrics/scored_events.h"

namespace mlaas::train {

struct TargetEvaluation {
  std::string name;
  std::array<RegressionQuality, 3> parts;  // by dataset::Part
  // Of targets that are all 0 or 1: how well the prediction tells them apart, by part.
  std::array<std::optional<Roc>, 3> rocs;
};

// `parts` are the scored events by dataset::Part.
std::vector<TargetEvaluation> judgeTargets(const std::vector<std::string>& targets,
                                           const std::array<const ScoredEvents*, 3>& parts);

// By name, as metrics.json has them.
nlohmann::ordered_json targetsJson(const std::vector<TargetEvaluation>& targets);

}  // namespace mlaas::train
