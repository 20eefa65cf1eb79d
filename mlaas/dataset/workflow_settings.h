// The --set options of a command: "model.layers=[64, 32]" replaces or adds one value of a workflow before it is checked.
// Errors: kInvalidArgument naming the option.
#pragma once

#include <string>

#include "mlaas/base/error.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

// Puts the value, read as YAML, at the dotted path; maps on the way are made, numbers are positions in a list.
Result<void> applySetting(YamlNode& root, const std::string& setting);

}  // namespace mlaas::dataset
