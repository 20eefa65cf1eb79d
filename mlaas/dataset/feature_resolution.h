// Turns the feature list of a workflow into the one of a dataset: patterns replaced by the columns that a table has.
// Errors: kInvalidArgument, kNotFound with the nearest names.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace mlaas::dataset {

// The features of `config` without patterns. A pattern takes, in the table's order and then that of the defines, columns
// of a fitting type; never an identity column, a column used by a weight, a key of a friend, or simulation truth; nor those of friends.
Result<feature::FeatureSpec> resolveFeatures(const DatasetConfig& config, const table::Table& table);

// What expressions and features may name: the table's readable columns and then the defines, each with its type.
Result<std::vector<table::NamedType>> namedTypes(const DatasetConfig& config, const table::Table& table);

// Whether a column's name says that it is simulation truth: it begins with truth, gen or lhe in any case.
bool isTruthName(std::string_view name);

// Indices of the table's columns that selection, defines, features and `extras` read, ascending; names that are no
// columns are left out.
Result<std::vector<size_t>> columnsRead(const feature::FeatureSpec& spec, const std::vector<std::string>& extras,
                                        const table::Table& table);

}  // namespace mlaas::dataset
