// How good a trained model is on the parts of its data, weighted throughout.
// Threads: functions of their arguments; an Evaluation is a value.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <vector>

#include "mlaas/model/score_calibration.h"
#include "mlaas/train/evaluation_options.h"
#include "mlaas/train/feature_evaluation.h"
#include "mlaas/train/metrics/bootstrap.h"
#include "mlaas/train/metrics/calibration_curve.h"
#include "mlaas/train/metrics/classification.h"
#include "mlaas/train/metrics/kolmogorov_smirnov.h"
#include "mlaas/train/metrics/precision_recall.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/metrics/scored_events.h"
#include "mlaas/train/metrics/significance.h"
#include "mlaas/train/target_evaluation.h"
#include "mlaas/train/traditional/comparison.h"
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
  double backgroundUncertainty = 0;  // relative, in the significance
  // Test part; for two classes those of label 1, else one a class.
  std::vector<std::optional<PrecisionRecall>> precisionRecall;
  std::vector<CalibrationCurve> calibrationCurves;
  std::vector<std::optional<BootstrapResult>> bootstraps;
  std::optional<model::ScoreCalibration> calibration;  // that the model has behind it
  std::optional<FeatureEvaluation> features;
  std::vector<ComparedMethod> compared;   // traditional methods, two classes
  std::vector<TargetEvaluation> targets;  // where the model predicts targets: all above but the parts' events is empty

  const PartEvaluation& of(dataset::Part part) const { return parts.at(static_cast<size_t>(part)); }
};

// Scores all parts. kInvalidArgument where the test part is empty.
Result<Evaluation> evaluate(TrainedModel& model, const TrainingInput& input, const EvaluationOptions& options = {});

// metrics.json of the bundle.
nlohmann::ordered_json metricsJson(const Evaluation& evaluation, const TrainingHistory& history);

}  // namespace mlaas::train
