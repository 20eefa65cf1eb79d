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

namespace mlaas::train {

struct EventSample {
  feature::Tensors features;
  std::vector<int32_t> label;
  std::vector<float> weight;

  size_t rows() const { return label.size(); }
  // The first `count` rows.
  EventSample first(size_t count) const;
};

// At most `most` events of `part`, in shuffled order: the same for the same data and `seed`.
Result<EventSample> sampleEvents(dataset::Dataset& data, dataset::Part part, int64_t most, uint64_t seed,
                                 const std::stop_token& stop);

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
