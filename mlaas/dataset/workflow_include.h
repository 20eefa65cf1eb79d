// A workflow file together with the files that it includes, as one tree.
// `include: FILE` or a list of files at the top of a file; their names count from its folder. Maps are merged key by key,
// the including file before the included ones, a later one before an earlier one; other values are replaced as a whole.
// Every node keeps the file that it stands in.
// Limits:  8 levels, 64 files, kMaxYamlNodes of all together.
// Errors:  kNotFound and kIo for a file, kInvalidArgument for a cycle or a limit; messages name the place of the include.
// Threads: any.
#pragma once

#include <string>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow_environment.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

inline constexpr const char* kIncludeKey = "include";

// Reads `path` and all that it includes, with variables expanded.
Result<YamlNode> readWorkflowTree(const std::string& path, const EnvironmentLookup& lookup);

}  // namespace mlaas::dataset
