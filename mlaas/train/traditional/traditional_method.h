// A method without training loops: from a table of variables to a score from 0 (background) to 1 (signal).
// Threads: functions of their arguments; a TraditionalMethod is immutable.
// Errors:  kInvalidArgument where a class's weights do not sum to more than 0, or no variable tells the classes apart.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/train/traditional/training_table.h"

namespace mlaas::train {

class TraditionalMethod {
 public:
  virtual ~TraditionalMethod() = default;
  // One score a row; the table has the variables of the training, in their order.
  virtual std::vector<float> score(const VariableTable& table) const = 0;
  // What was learned, for people.
  virtual nlohmann::ordered_json description() const = 0;
};

// The variable with the largest area under the ROC curve. The score of an event is the share of the background's weight
// that lies on the background's side of it; absent elements get 0.
Result<std::unique_ptr<TraditionalMethod>> trainSingleCut(const TrainingTable& table);

// Nested boxes, each made from the one before by taking off the side with the least signal for the background it takes
// off, about 5 % of the signal at a time. The score of an event is the share of boxes that have it. An absent element
// stands at the variable's mean.
// Source: Friedman, Fisher, Stat. Comput. 9 (1999) 123 (PRIM).
Result<std::unique_ptr<TraditionalMethod>> trainRectangularCuts(const TrainingTable& table);

// Fisher's linear discriminant with weighted means and the covariance within classes; as score the logistic function of
// it, the probability of signal where both classes are normally distributed with one covariance. Variables that depend
// linearly on those before them are left out; an absent element stands at the variable's mean.
// Source: Fisher, Annals of Eugenics 7 (1936) 179.
Result<std::unique_ptr<TraditionalMethod>> trainFisher(const TrainingTable& table);

// Product over variables of the densities of signal over those of both, from smoothed histograms of 40 bins of equal
// content; absent elements are a bin of their own. As score L_s / (L_s + L_b).
Result<std::unique_ptr<TraditionalMethod>> trainLikelihood(const TrainingTable& table);

// By the name in `compare`; kInternal for an unknown one.
Result<std::unique_ptr<TraditionalMethod>> trainTraditional(const std::string& name, const TrainingTable& table);

// Weighted means over all events of the finite values of each column; 0 where there are none.
std::vector<double> meansOf(const TrainingTable& table);

// kInvalidArgument where a class's weights do not sum to more than 0.
Result<void> checkClassWeights(const TrainingTable& table);

}  // namespace mlaas::train
