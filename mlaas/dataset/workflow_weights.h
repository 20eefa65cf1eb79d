// Reads `reweight`, `mixing`, `variations` and `variation` of a workflow's dataset and writes them as canonical JSON.
// Errors: kInvalidArgument with the place.
#pragma once

#include <nlohmann/json.hpp>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_fields.h"

namespace mlaas::dataset {

// Of the map `dataset`, whose samples are known.
Result<void> parseReweighting(const WorkflowFields& dataset, DatasetConfig& config);
Result<void> parseVariations(const WorkflowFields& dataset, DatasetConfig& config);
// `mixing: {samples: {NAME: SHARE}}` or `{classes: [SHARE]}`, with `sampling: undersample | oversample`.
Result<void> parseMixing(const WorkflowFields& dataset, DatasetConfig& config);

// Adds what `config` has of them.
void addWeightsJson(const DatasetConfig& config, nlohmann::ordered_json& json);

}  // namespace mlaas::dataset
