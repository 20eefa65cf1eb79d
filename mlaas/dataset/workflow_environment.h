// Environment variables in a workflow file, where it names them: ${env:NAME} and ${env:NAME:-DEFAULT} in a value.
// Keys are left alone, and so is what a variable holds: it is a text and never YAML. $${ stands for ${ itself.
// Limits:  kMaxYamlBytes of values in one tree.
// Errors:  kInvalidArgument with the place: no such variable, not UTF-8, another name in ${...}.
// Threads: any, where nobody sets variables meanwhile.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

// The value of a variable, or nothing where it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// That of the process.
std::optional<std::string> environmentValue(const std::string& name);

// Replaces the references in all values below `root`. A value that is one reference alone counts as it would without
// quotes: a number where it looks like one.
Result<void> expandEnvironment(YamlNode& root, const EnvironmentLookup& lookup);

}  // namespace mlaas::dataset
