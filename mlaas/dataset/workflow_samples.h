// Reads the samples of a workflow, their files and friends, from its YAML tree and writes them as canonical JSON.
// Errors: kInvalidArgument with the place.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_fields.h"

namespace mlaas::dataset {

// What the rest of the dataset asks of labels.
struct LabelRules {
  int64_t numClasses = 0;   // that have names; 0: as many as there are labels
  bool hasTargets = false;  // labels may be left out, or all be the same
};

// The samples of the map `dataset`, in its order.
Result<std::vector<Sample>> parseSamples(const WorkflowFields& dataset, LabelRules rules);

// `lumi` of the map `dataset`, and `subsample` for the samples that give none of their own.
Result<void> parseYield(const WorkflowFields& dataset, DatasetConfig& config);

nlohmann::ordered_json samplesToJson(const std::vector<Sample>& samples);

// An expression that is there, parsed so that a mistake is reported at its place; columns are not known yet.
Result<std::string> parseExpression(const WorkflowFields& fields, std::string_view key);

}  // namespace mlaas::dataset
