// What a FeatureMaker does, decided once: which columns are read before the selection and which after it, and which
// expressions run where. Columns and defines have numbered slots.
// Threads: immutable after makePlan().
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/table/expression.h"

namespace mlaas::feature {

// One expression to run: slots in, a slot out.
struct Step {
  std::string place;  // for messages: "select", "define log_ht"
  table::Expression expression;
  std::vector<size_t> inputs;  // in the order of expression.columns()
  size_t output = 0;
};

struct FeaturePlan {
  FeatureSpec spec;
  std::vector<table::NamedType> inputs;  // slots [0, inputs.size()), in the table's order
  std::vector<size_t> selectionInputs;   // read for every row
  std::vector<size_t> featureInputs;     // read where a row survives
  std::vector<Step> selectionSteps;      // over all rows; the last one is the selection itself
  bool hasSelection = false;
  std::vector<Step> featureSteps;           // over the surviving rows
  std::vector<size_t> rowsTaken;            // slots that featureSteps read, to be reduced to the surviving rows
  std::vector<size_t> scalars;              // slots, in the order of spec.scalars
  std::vector<std::vector<size_t>> groups;  // [group][column] slots
  std::vector<size_t> extras;               // slots
  size_t numSlots = 0;
};

// `unreadable` names columns that cannot be read, each with the reason.
Result<FeaturePlan> makePlan(FeatureSpec spec, std::span<const table::NamedType> columns,
                             const std::map<std::string, std::string>& unreadable,
                             const std::vector<std::string>& extras, bool applySelection);

}  // namespace mlaas::feature
