// Writes boosted trees and their preprocessing as ONNX, with the operators of ai.onnx.ml.
// Inputs and output are those of a network's graph (onnx_writer.h). Behind the fills, the elements behind a count become
// NaN; scalars and elements side by side are the matrix that the trees see, and the trees one TreeEnsembleRegressor of
// margins, behind which the objective's function stands.
// Source: onnx.ai, TreeEnsembleRegressor of ai.onnx.ml 3; x < condition is BRANCH_LT, a missing value that goes left
//         nodes_missing_value_tracks_true.
#pragma once

#include <string>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/model/trees/tree_model.h"

namespace mlaas::model {

// The serialised ModelProto, the same bytes for the same trees. kInternal where the trees do not see `features`.
Result<std::string> writeTreesOnnx(const TreeModel& trees, const feature::FeatureSpec& features);

}  // namespace mlaas::model
