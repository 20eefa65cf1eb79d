// The preprocessing of features as nodes of an ONNX graph: fills, then each feature's transform.
// A curve through knots becomes y0 + sum over its pieces of rise * clip((x - start) / width, 0, 1), which needs no search;
// its terms are exact at the knots, so that it differs from feature::Transform by roundings only.
#pragma once

#include <string>
#include <vector>

#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/transform.h"
#include "mlaas/model/onnx_graph_builder.h"

namespace mlaas::model {

// Where(missing, fill, x) behind `input`, whose last axis runs over `columns`: missing is NaN, for some fills the infinities
// too. Returns the last tensor's name.
std::string addFills(GraphBuilder& builder, const std::string& input, const feature::FeatureSpec& spec,
                     const std::vector<std::string>& columns);

// Nodes behind `present`, what addFills() gave for `input`, whose last axis runs over `columns`; `transforms` has one for each. Returns the last tensor's name.
std::string addTransforms(GraphBuilder& builder, const std::string& input, const std::string& present,
                          const std::vector<feature::Transform>& transforms);

}  // namespace mlaas::model
