// The part of a report that shows how the model was judged beyond its first numbers.
// Threads: functions of their arguments.
#pragma once

#include <string>

#include "mlaas/train/evaluation.h"
#include "mlaas/train/report/svg_plot.h"

namespace mlaas::train {

// A plot with its caption; what makes it interactive, where the page can, finds its data there.
std::string plotFigure(const Plot& plot, const std::string& caption);

std::string evaluationSection(const Evaluation& evaluation);

}  // namespace mlaas::train
