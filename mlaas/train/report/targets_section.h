// The part of a report on targets: residuals, resolution and bias in bins of each target.
// Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/train/report/svg_plot.h"
#include "mlaas/train/target_evaluation.h"

namespace mlaas::train {

std::vector<Plot> targetPlots(const TargetEvaluation& target);

// Key figures, plots and a table of all targets, as HTML; `plots` are drawn by the caller.
std::string targetFigures(const std::vector<TargetEvaluation>& targets);
std::string targetsTable(const std::vector<TargetEvaluation>& targets);

}  // namespace mlaas::train
