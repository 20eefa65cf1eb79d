// The part of a workflow that says what takes the place of missing values.
// Errors: kInvalidArgument "file:line:column: path: what is wrong".
#pragma once

#include <nlohmann/json.hpp>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_fields.h"

namespace mlaas::dataset {

// `fill` of a dataset: one fill for all features, or names and patterns of features with one each.
Result<void> parseFill(const WorkflowFields& dataset, DatasetConfig& config);
void addFillJson(const DatasetConfig& config, nlohmann::ordered_json& json);

// The fill of each feature that has one, in the order of the features. kNotFound for a rule that fits no feature.
Result<std::vector<feature::Fill>> resolveFills(const std::vector<FillRule>& rules, const feature::FeatureSpec& spec);

}  // namespace mlaas::dataset
