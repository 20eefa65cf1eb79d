// Traditional methods on the events of a training: learned from its training part, judged on its test part.
// Threads: functions of their arguments.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/train/evaluation_options.h"
#include "mlaas/train/metrics/bootstrap.h"
#include "mlaas/train/metrics/precision_recall.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

struct ComparedMethod {
  std::string name;
  nlohmann::ordered_json description;
  size_t trainingEvents = 0;
  std::optional<Roc> roc;  // test part
  std::optional<BootstrapResult> bootstrap;
  std::optional<double> averagePrecision;
};

// One for each of EvaluationOptions::compare, in that order, on every event of the test part. Two classes.
Result<std::vector<ComparedMethod>> compareMethods(const TrainingInput& input, const EvaluationOptions& options);

}  // namespace mlaas::train
