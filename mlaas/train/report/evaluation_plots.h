// The plots of what an evaluation found beyond the first numbers. Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/train/evaluation.h"
#include "mlaas/train/report/svg_plot.h"

namespace mlaas::train {

// Test over training share of each class in bins of the score, two classes.
Plot ratioPlot(const Evaluation& evaluation);

// Background rejection, 1 / efficiency, against signal efficiency: the model and all that it is compared with.
Plot rejectionPlot(const Evaluation& evaluation);

Plot precisionRecallPlot(const Evaluation& evaluation);
Plot calibrationPlot(const Evaluation& evaluation);

// One for each variable of FeatureEvaluation::efficiencies, one series a class.
std::vector<Plot> efficiencyPlots(const Evaluation& evaluation);

// Distributions of the inputs by class, each normalised to 1.
std::vector<Plot> inputPlots(const Evaluation& evaluation);

// A square of coloured cells, one a pair of variables, of one class: an <svg> element.
std::string correlationMap(const FeatureEvaluation& features, size_t label, const std::string& title);

}  // namespace mlaas::train
