// Events of one part kept in memory with their features, and the features as single variables.
// Threads: values; functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/dataset.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

struct EventSample {
  feature::Tensors features;
  std::vector<int32_t> label;
  std::vector<float> weight;
  std::vector<int64_t> row;  // as in dataset::Batch: models of folds tell by it which of them has not seen an event
  std::vector<size_t> ends;  // of the batches that it was read in, the last one is rows()

  size_t rows() const { return label.size(); }
  // The first `count` rows.
  EventSample first(size_t count) const;
};

// At most `most` events of `part`, in shuffled order: the same for the same data and `seed`.
Result<EventSample> sampleEvents(dataset::Dataset& data, dataset::Part part, int64_t most, uint64_t seed,
                                 const std::stop_token& stop);

// Scores all rows of `features`, which stand for those of `sample`, batch by batch as they were read: a batch belongs to
// one fold. `scores` is [rows, numOutputs].
Result<void> scoreSample(TrainedModel& model, const feature::Tensors& features, const EventSample& sample,
                         std::vector<float>& scores);

// Puts the rows of `from` behind those of `to`.
void appendTensors(feature::Tensors& to, const feature::Tensors& from);

// One number of an event: a scalar, the n-th element of a list, or a list's count.
struct Variable {
  std::string name;  // as feature::FeatureSpec::flatNames has it
  size_t flatIndex = 0;
};

// Scalars, then the counts, then first elements of all lists, second elements, ...: at most `most`.
std::vector<Variable> variablesOf(const feature::FeatureSpec& spec, size_t most);

// kInvalidArgument, with the nearest names, where there is none of that name.
Result<Variable> variableOf(const feature::FeatureSpec& spec, const std::string& name);

// The values of one variable, one a row; an element beyond the count is NaN.
std::vector<float> valuesOf(const feature::Tensors& tensors, size_t flatIndex);

}  // namespace mlaas::train
