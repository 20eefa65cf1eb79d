// One page that compares the models of several bundles, from their metrics.json.
// Errors:  those of readBundle; kCorrupt where metrics.json is not what a training writes; kInvalidArgument where the
//          bundles tell other classes apart.
// Threads: functions of their arguments.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::train {

struct JudgedBundle {
  std::string name;  // of the bundle; with its folder where two have the same
  std::string kind;
  std::string directory;
  nlohmann::ordered_json metrics;
};

Result<std::vector<JudgedBundle>> readJudgedBundles(const std::vector<std::string>& directories);

// The page; the same bundles give the same bytes.
std::string renderComparison(const std::vector<JudgedBundle>& bundles);

}  // namespace mlaas::train
