// Other shapes of the same features: one flat row of numbers for each event, and the matrix that trees see.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"

namespace mlaas::feature {

// Flat rows of spec.flatWidth() values (see FeatureSpec::flatNames) to tensors; what stands behind a count becomes
// padding. kInvalidArgument where the rows are not whole, or a count is negative, fractional or above its length; the
// message names the row, from 0.
Result<Tensors> tensorsFromFlatRows(const FeatureSpec& spec, std::span<const float> rows);
std::vector<float> flatRowsFromTensors(const Tensors& tensors);

// The matrix that trees see: rows x (scalars + group values), without the counts: padding is `missing`.
void treeMatrix(const Tensors& tensors, float missing, std::vector<float>& out);
// Names of treeMatrix's columns: flatNames() without the counts.
std::vector<std::string> treeFeatureNames(const FeatureSpec& spec);

}  // namespace mlaas::feature
