// The workflow's `evaluation` and `compare`: how a model is judged, and the traditional methods beside it.
// For users: docs/evaluation.md. Threads: values; functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/class_table.h"

namespace mlaas::train {

enum class CalibrationKind { kNone, kPlatt, kIsotonic };

struct ImportanceOptions {
  int64_t events = 2000;  // of the test part, at most
  int64_t repeats = 3;
};

struct EfficiencyOptions {
  std::vector<std::string> variables;  // empty: the three that tell the classes apart best alone
  std::string where;                   // of these, for messages
  int64_t bins = 10;
  double cut = 0.5;  // on the score
};

struct EvaluationOptions {
  double backgroundUncertainty = 0;  // relative
  int64_t bootstrap = 200;           // replicas; 0: none
  int64_t events = 20000;            // of a part, at most, for all that looks at features
  int64_t calibrationBins = 10;
  CalibrationKind calibration = CalibrationKind::kNone;
  std::optional<ImportanceOptions> importance = ImportanceOptions();
  EfficiencyOptions efficiency;
  std::vector<std::string> compare;  // names of traditional methods
  int64_t compareEvents = 200000;    // of the training part, at most, that they learn from
  uint64_t seed = 1;
};

// kInvalidArgument names file, line and option.
Result<EvaluationOptions> readEvaluationOptions(const dataset::Workflow& workflow, const ClassTable& classes);

}  // namespace mlaas::train
