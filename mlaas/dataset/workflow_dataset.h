// Reads the `dataset` part of a workflow from its YAML tree and writes it as canonical JSON.
// Errors: kInvalidArgument with the place.
#pragma once

#include <nlohmann/json.hpp>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

Result<DatasetConfig> parseDatasetConfig(const YamlNode& node);

// Every key written out, defaults too, in the order of docs/workflow.md.
// A group's length as a workflow says it.
nlohmann::ordered_json lengthJson(const feature::JaggedGroup& group);
nlohmann::ordered_json datasetConfigToJson(const DatasetConfig& config);

}  // namespace mlaas::dataset
