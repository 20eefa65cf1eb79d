// From the columns of a table to the tensors of a model: selection, defined columns, padding.
// The one piece of code that training, predicting and serving share. Columns that the selection needs are read first;
// the others only where an entry survives.
// Errors:  kInvalidArgument (unknown or unfit column, expression; names offered; lists of one group that differ in
//          length, with the entry), kUnsupported (a column that the table cannot read), those of the table.
// Threads: immutable after make(); make() and process() from any thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/column_patterns.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/flat_rows.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace mlaas::feature {

struct FeaturePlan;

// The surviving rows of one range of entries.
struct FeatureBlock {
  std::vector<int64_t> entries;  // entry numbers in the table, ascending
  Tensors tensors;               // one row for each of entries
  std::vector<Column> extras;    // flat columns asked for beside the features (identity, weight, label), same rows
};

// What becomes of lists that are shorter than their group: see Tensors.
enum class GroupForm { kPadded, kRagged };

class FeatureMaker {
 public:
  // Checks `spec` against the table's columns. `extras` are expressions for flat columns wanted beside the features;
  // `applySelection` false keeps all rows. Defines that nothing uses are checked and never computed.
  static Result<FeatureMaker> make(FeatureSpec spec, const table::Table& table, const std::vector<std::string>& extras,
                                   bool applySelection);

  // The same for columns that are known by name and type only.
  static Result<FeatureMaker> make(FeatureSpec spec, std::span<const table::NamedType> columns,
                                   const std::vector<std::string>& extras, bool applySelection);

  const FeatureSpec& spec() const;
  // The columns that process() reads, in the table's order; no others are touched.
  const std::vector<table::NamedType>& inputs() const;

  // Reads and makes the features of `range`; `table` must have the columns of the table given to make().
  Result<FeatureBlock> process(const table::Table& table, table::EntryRange range,
                               GroupForm form = GroupForm::kPadded) const;

  // The same from columns in memory: `lookup` gives a column by name (length `numRows`), for requests to a server.
  Result<FeatureBlock> process(const std::function<Result<Column>(const std::string&)>& lookup, int64_t numRows) const;

 private:
  explicit FeatureMaker(std::shared_ptr<const FeaturePlan> plan) : plan_(std::move(plan)) {}

  std::shared_ptr<const FeaturePlan> plan_;
};

}  // namespace mlaas::feature
