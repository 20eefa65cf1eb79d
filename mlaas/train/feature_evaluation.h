// What a judged model and its features have to do with each other: on samples of the training and the test part.
// Threads: functions of their arguments; a FeatureEvaluation is a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/train/evaluation_options.h"
#include "mlaas/train/event_sample.h"
#include "mlaas/train/metrics/binned_efficiency.h"
#include "mlaas/train/permutation_importance.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

// A variable that is a score by itself: above 0.5 where signal has the larger values.
struct RankedVariable {
  std::string name;
  std::optional<double> auc;  // class 1 against 0; more classes: mean of max(auc, 1 - auc), each against the others
  double error = 0;           // DeLong's; 0 for more classes
  double power() const;       // max(auc, 1 - auc); 0 where it is undefined
};

// Efficiency of score >= cut, by class. More classes: of each class's own score.
struct VariableEfficiency {
  std::string variable;
  std::vector<std::vector<EfficiencyBin>> byClass;
};

// Share of each class's weight in bins of a variable, test part.
struct VariableHistogram {
  std::string variable;
  std::vector<double> edges;
  std::vector<std::vector<double>> share;  // [class][bin]
};

// Mean |contribution| of one input to the score before sigmoid or softmax, weighted; over outputs their sum.
struct MeanContribution {
  std::string name;
  double value = 0;
};

struct FeatureEvaluation {
  size_t events = 0;                    // looked at, test part
  std::vector<RankedVariable> ranking;  // best first
  std::vector<std::string> correlated;  // variables, "score" last (binary)
  // [class][i][j] of `correlated`, j <= i.
  std::vector<std::vector<std::vector<std::optional<double>>>> correlations;
  std::vector<VariableEfficiency> efficiencies;
  std::vector<VariableHistogram> histograms;
  size_t importanceEvents = 0;
  std::vector<Importance> importance;
  std::vector<MeanContribution> contributions;  // of trees, largest first
};

// kInvalidArgument where `options` name a variable that `spec` does not have.
Result<void> checkVariables(const EvaluationOptions& options, const feature::FeatureSpec& spec);

Result<FeatureEvaluation> evaluateFeatures(TrainedModel& model, const TrainingInput& input,
                                           const EvaluationOptions& options);

}  // namespace mlaas::train
