#include "mlaas/train/class_table.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "mlaas/train/weight_pairing.h"

namespace mlaas::train {

namespace {

constexpr size_t kTrain = static_cast<size_t>(dataset::Part::kTrain);

std::string describeLabels(const std::vector<dataset::Sample>& samples) {
  std::string text;
  for (const auto& sample : samples) {
    text += (text.empty() ? "" : ", ") + sample.name + " has " + std::to_string(sample.label);
  }
  return text;
}

struct ClassSums {
  int64_t events = 0;
  int64_t negative = 0;
  double absolute = 0;  // of |weight|, as training takes it
};

std::vector<ClassSums> sumByClass(const dataset::Statistics& statistics, const ClassTable& classes,
                                  NegativeWeights policy) {
  std::vector<ClassSums> sums(classes.names.size());
  for (size_t label = 0; label < sums.size(); ++label) {
    const dataset::EventSums found = statistics.ofClass(static_cast<int64_t>(label));
    ClassSums& sum = sums[label];
    sum.events = found.selected[kTrain];
    sum.negative = found.numNegative[kTrain];
    sum.absolute = policy == NegativeWeights::kPair ? found.sumWeights[kTrain] : found.sumAbsoluteWeights[kTrain];
  }
  return sums;
}

}  // namespace

int64_t ClassTable::numOutputs() const {
  if (predictsTargets()) return static_cast<int64_t>(targets.size());
  return isBinary() ? 1 : numClasses();
}

std::vector<std::string> ClassTable::outputNames() const {
  if (isBinary()) return {"score"};
  std::vector<std::string> result;
  for (const auto& name : predictsTargets() ? targets : names) {
    std::string column = predictsTargets() ? "predicted_" : "score_";
    for (const char c : name) column += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    while (std::find(result.begin(), result.end(), column) != result.end()) column += '_';
    result.push_back(column);
  }
  return result;
}

Result<ClassTable> makeClassTable(const std::vector<dataset::Sample>& samples,
                                  const std::vector<std::string>& classes) {
  if (!classes.empty()) return ClassTable{classes};
  std::set<int64_t> labels;
  for (const auto& sample : samples) labels.insert(sample.label);
  if (labels.size() < 2) {
    return Error(ErrorCode::kInvalidArgument,
                 "dataset.samples: a classifier needs samples of at least two labels, but " + describeLabels(samples) +
                     "; give the background sample 'label: 0' and the signal sample 'label: 1'");
  }
  ClassTable table;
  table.names.resize(labels.size());
  for (const auto& sample : samples) {
    if (sample.label < 0 || sample.label >= static_cast<int64_t>(labels.size())) {
      return Error(ErrorCode::kInvalidArgument, (sample.where.empty() ? "" : sample.where + ": ") + "sample '" +
                                                    sample.name + "': labels count 0, 1, 2, ... without a gap; found " +
                                                    describeLabels(samples));
    }
    auto& name = table.names[static_cast<size_t>(sample.label)];
    name += (name.empty() ? "" : "+") + sample.name;
  }
  return table;
}

Result<ClassTable> makeClassTable(const dataset::DatasetConfig& config) {
  if (config.targets.empty()) return makeClassTable(config.samples, config.classes);
  return ClassTable{dataset::classNames(config), config.targets};
}

Result<WeightScale> WeightScale::make(const dataset::Statistics& statistics, const ClassTable& classes,
                                      ClassBalance balance, NegativeWeights negative) {
  const auto sums = sumByClass(statistics, classes, negative);
  ClassSums all;
  for (size_t label = 0; label < sums.size(); ++label) {
    if (sums[label].events == 0 || !(sums[label].absolute > 0) || !std::isfinite(sums[label].absolute)) {
      return Error(ErrorCode::kInvalidArgument,
                   "the training part has " + std::to_string(sums[label].events) + " selected events of class '" +
                       classes.names[label] + "' (label " + std::to_string(label) + ") with a sum of " +
                       (negative == NegativeWeights::kPair ? "weights" : "|weight|") + " of " +
                       nlohmann::json(sums[label].absolute).dump() +
                       "; both must be above 0: check the sample's files, its weight and dataset.select");
    }
    all.events += sums[label].events;
    all.negative += sums[label].negative;
    all.absolute += sums[label].absolute;
  }
  WeightScale scale;
  scale.negative_ = negative;
  scale.negativeFraction_ = static_cast<double>(all.negative) / static_cast<double>(all.events);
  for (const auto& sum : sums) {
    const double absolute =
        balance == ClassBalance::kEqual ? sum.absolute * static_cast<double>(sums.size()) : all.absolute;
    scale.factors_.push_back(static_cast<double>(all.events) / absolute);
  }
  return scale;
}

void WeightScale::stretch(double factor) {
  for (double& one : factors_) one *= factor;
}

void WeightScale::apply(std::span<const int32_t> label, std::span<const int64_t> row, std::span<float> weight) const {
  if (paired_) paired_->apply(row, weight);
  for (size_t i = 0; i < weight.size(); ++i) {
    float value = weight[i];
    if (value < 0 && negative_ == NegativeWeights::kDrop) value = 0;
    if (value < 0 && negative_ == NegativeWeights::kAbsolute) value = -value;
    weight[i] = static_cast<float>(value * factors_[static_cast<size_t>(label[i])]);
  }
}

}  // namespace mlaas::train
