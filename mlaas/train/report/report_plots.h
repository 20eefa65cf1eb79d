// The plots of a report, from what the evaluation and the training's history hold.
// Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/train/evaluation.h"
#include "mlaas/train/report/svg_plot.h"

namespace mlaas::train {

// Scores by class, each normalised to 1: the training part as histogram, the test part as points. One plot for two
// classes, else one for each score column.
std::vector<Plot> scorePlots(const Evaluation& evaluation);

// Background rejection's usual picture: signal efficiency against background efficiency, train and test.
Plot rocPlot(const Evaluation& evaluation);

// Asimov significance against the cut on the score.
Plot significancePlot(const Evaluation& evaluation);

Plot lossPlot(const TrainingHistory& history);
Plot validationAucPlot(const TrainingHistory& history);

// Weighted histogram of values in [0, 1], normalised to a sum of 1 over the bins.
struct ScoreHistogram {
  std::vector<double> share;
  std::vector<double> error;
};
ScoreHistogram histogramScores(const ScoredEvents& events, int64_t label, int64_t column, size_t bins);

}  // namespace mlaas::train
