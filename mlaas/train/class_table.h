// The classes that a model tells apart, from the labels of the samples, or the targets that it predicts, and what the
// weights of each class become in training.
// Threads: values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/dataset.h"

namespace mlaas::train {

struct ClassTable {
  std::vector<std::string> names;         // index = label; the samples of one label joined by '+'
  std::vector<std::string> targets = {};  // what is predicted; empty: the class
  int64_t numClasses() const { return static_cast<int64_t>(names.size()); }
  bool predictsTargets() const { return !targets.empty(); }
  bool isBinary() const { return !predictsTargets() && names.size() == 2; }
  // Columns of the model's output: one for two classes (that of label 1), else one a class, or one a target.
  int64_t numOutputs() const;
  // "score" for two classes, "score_NAME" for more, "predicted_TARGET", with what no column name may have replaced by
  // '_'.
  std::vector<std::string> outputNames() const;
};

// kInvalidArgument where there are fewer than two labels, or they are not 0, 1, 2, ...; names the sample's place.
// `classes` are the names that the workflow gives by label; empty: those of the samples.
Result<ClassTable> makeClassTable(const std::vector<dataset::Sample>& samples,
                                  const std::vector<std::string>& classes = {});
// The same, or the targets where the dataset has some: any labels do then.
Result<ClassTable> makeClassTable(const dataset::DatasetConfig& config);

class PairedWeights;

enum class NegativeWeights { kKeep, kAbsolute, kDrop, kPair };
enum class ClassBalance { kNone, kEqual };

// What a trainer multiplies the weights with: the mean |weight| over the training part becomes 1, and with kEqual each
// class has the same sum of |weight|; with kPair, of the weights that pairing leaves, see weight_pairing.h.
class WeightScale {
 public:
  // kInvalidArgument where a class has no event, or only weights of 0, in the training part.
  static Result<WeightScale> make(const dataset::Statistics& statistics, const ClassTable& classes,
                                  ClassBalance balance, NegativeWeights negative);

  // The factor of each class.
  const std::vector<double>& factors() const { return factors_; }
  // Of the training part: the fraction of events with a negative weight.
  double negativeFraction() const { return negativeFraction_; }

  // Makes all weights `factor` times as large.
  void stretch(double factor);
  // Weights that stand for those of the data before they are scaled.
  void replaceWeights(std::shared_ptr<const PairedWeights> paired) { paired_ = std::move(paired); }

  // Scales `weight` in place by `label`; negative ones are kept, made positive, set to 0 or, by their `row`, paired.
  void apply(std::span<const int32_t> label, std::span<const int64_t> row, std::span<float> weight) const;

 private:
  std::vector<double> factors_;
  double negativeFraction_ = 0;
  NegativeWeights negative_ = NegativeWeights::kKeep;
  std::shared_ptr<const PairedWeights> paired_;  // with kPair; shared with copies
};

}  // namespace mlaas::train
