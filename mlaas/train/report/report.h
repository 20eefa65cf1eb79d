// Writes report.html: one self-contained page with plots and tables that opens offline.
// The same input gives the same bytes: no times, no durations. Every string from outside is escaped.
// Threads: functions of their arguments.
#pragma once

#include <string>

#include "mlaas/dataset/dataset.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/evaluation.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

struct ReportInput {
  const dataset::Workflow* workflow = nullptr;
  const dataset::Statistics* statistics = nullptr;
  const feature::FeatureSpec* features = nullptr;
  const TrainingHistory* history = nullptr;
  const Evaluation* evaluation = nullptr;
  nlohmann::ordered_json model;        // TrainedModel::description()
  nlohmann::ordered_json versions;     // name -> version
  nlohmann::ordered_json models = {};  // several models, as metrics.json has them; null for one
};

std::string renderReport(const ReportInput& input);

}  // namespace mlaas::train
