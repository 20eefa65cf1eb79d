// The part of a report on several models: those of folds, next to each other with what each does on its own test part,
// or those of an ensemble.
// Threads: functions of their arguments.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "mlaas/train/report/svg_plot.h"

namespace mlaas::train {

// `models` is that of metrics.json, one object a model.
std::string modelsTable(const nlohmann::ordered_json& models);

// AUC of each fold with its error, and their mean; nothing where the models have none.
std::optional<Plot> foldPlot(const nlohmann::ordered_json& models);

}  // namespace mlaas::train
