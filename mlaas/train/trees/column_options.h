// The parameters of XGBoost that are about columns, by the features' names: monotone_constraints,
// interaction_constraints and feature_weights.
// A name is that of a scalar, of a column of a list (all its elements), or of one element, as in Jet_pt[0].
// Errors:  kInvalidArgument for a name that no feature has, with the nearest names, and for other values.
// Threads: values.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/train/option_reader.h"
#include "mlaas/train/trees/xgboost_library.h"

namespace mlaas::train {

class ColumnOptions {
 public:
  // Takes its options out of `model`, and rejects what is wrong whatever the features are.
  static ColumnOptions read(OptionReader& model);

  // As XGBoost takes them, for these columns of its matrix.
  Result<TreeParameters> parameters(const std::vector<std::string>& columns) const;
  // One for each column; empty where none is given.
  Result<std::vector<float>> weights(const std::vector<std::string>& columns) const;

 private:
  nlohmann::ordered_json monotone_;
  nlohmann::ordered_json interaction_;
  nlohmann::ordered_json weights_;
};

}  // namespace mlaas::train
