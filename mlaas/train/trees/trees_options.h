// The options of `model: {kind: trees}` and of the training of trees. Every further option of the model is a parameter
// of XGBoost by its own name. Table: docs/training.md.
// Threads: a value.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/class_table.h"
#include "mlaas/train/trees/column_options.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace mlaas::train {

// Whether XGBoost's matrix lies in files: kAuto where it would take more than dataset.memory.
enum class ExternalMemory : uint8_t { kAuto, kAlways, kNever };

struct TreesOptions {
  int64_t rounds = 400;
  int64_t maxBin = 256;
  ExternalMemory external = ExternalMemory::kAuto;
  TreeParameters parameters;  // as XGBoost gets them, but for those of columns
  ColumnOptions columns;
  std::optional<int64_t> patience = 20;  // nothing: no early stopping
  double leastImprovement = 0;
  ClassBalance balance = ClassBalance::kNone;
  NegativeWeights negative = NegativeWeights::kAbsolute;
  uint64_t seed = 1;
  int threads = 1;

  // Whether trees, levels or nodes see a random part of the columns.
  bool samplesColumns() const;
  // Whether trees drop out, which changes the weights of earlier ones.
  bool isDart() const;
  nlohmann::ordered_json toJson() const;
};

// Reads the options and lets XGBoost check its own.
Result<TreesOptions> readTreesOptions(const dataset::Workflow& workflow, const ClassTable& classes);

}  // namespace mlaas::train
