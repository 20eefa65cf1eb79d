// The engine of boosted trees: XGBoost's JSON model run by the kernel of this folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/infer/engine.h"

namespace mlaas::infer {

// Engines over one TreeModel read from `file`; kCorrupt where it does not have the bundle's features and outputs.
Result<std::vector<std::unique_ptr<Engine>>> makeTreeEngines(const std::string& file,
                                                             const feature::FeatureSpec& features, int64_t numOutputs,
                                                             size_t count);

}  // namespace mlaas::infer
