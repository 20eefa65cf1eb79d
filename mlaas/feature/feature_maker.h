// From the columns of a table to the tensors of a model: selection, defined columns, padding.
// The one piece of code that training, predicting and serving share. Columns that the selection needs are read first;
// the others only where an entry survives.
// Errors:  kInvalidArgument (unknown or unfit column, expression; names offered), those of the table.
// Threads: immutable after make(); make() and process() from any thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace mlaas::feature {

// The surviving rows of one range of entries.
struct FeatureBlock {
  std::vector<int64_t> entries;  // entry numbers in the table, ascending
  Tensors tensors;               // one row for each of entries
  std::vector<Column> extras;    // flat columns asked for beside the features (identity, weight, label), same rows
};

class FeatureMaker {
 public:
  // Checks `spec` against the table's columns. `extras` are expressions for flat columns wanted beside the features;
  // `applySelection` false keeps all rows.
  static Result<FeatureMaker> make(FeatureSpec spec, const table::Table& table, std::vector<std::string> extras,
                                   bool applySelection);

  const FeatureSpec& spec() const;

  // Reads and makes the features of `range`; `table` must have the columns of the table given to make().
  Result<FeatureBlock> process(const table::Table& table, table::EntryRange range) const;

  // The same from columns in memory: `lookup` gives a column by name (length `numRows`), for requests to a server.
  Result<FeatureBlock> process(const std::function<Result<Column>(const std::string&)>& lookup, int64_t numRows) const;

 private:
  struct Plan;
  std::shared_ptr<const Plan> plan_;
};

// Replaces wildcards (* and ?) in a list of column names by the table's names in their order; a name without one stays.
// `excluded` are never taken by a wildcard. kNotFound where one matches nothing.
Result<std::vector<std::string>> expandColumnNames(const std::vector<std::string>& patterns,
                                                   const std::vector<std::string>& available,
                                                   const std::vector<std::string>& excluded);

// Flat rows of spec.flatWidth() values (see FeatureSpec::flatNames) to tensors and back.
// kInvalidArgument where a count is negative, fractional or above its length.
Result<Tensors> tensorsFromFlatRows(const FeatureSpec& spec, std::span<const float> rows);
std::vector<float> flatRowsFromTensors(const Tensors& tensors);

// The matrix that trees see: rows x (scalars + group values), padding and counts as: padding NaN, no count column.
// `missing` is what padding becomes.
void treeMatrix(const Tensors& tensors, float missing, std::vector<float>& out);
// Names of treeMatrix's columns: flatNames() without the counts.
std::vector<std::string> treeFeatureNames(const FeatureSpec& spec);

}  // namespace mlaas::feature
