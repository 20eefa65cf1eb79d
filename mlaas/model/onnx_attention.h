// Attention with several heads as nodes of an ONNX graph. Padding is no key; what a padded query gives is never used.
#pragma once

#include <string>
#include <vector>

#include "mlaas/model/network.h"
#include "mlaas/model/onnx_graph_builder.h"
#include "mlaas/model/onnx_network.h"

namespace mlaas::model {

// `inputs` are the tensors of the node's inputs; the elements of `group` are rows [N * length, ...]. Returns `name`.
std::string addAttention(GraphBuilder& builder, const OnnxGroup& group, const NetworkNode& node,
                         const std::vector<std::string>& inputs, const std::string& name);
std::string addClassAttention(GraphBuilder& builder, const OnnxGroup& group, const NetworkNode& node,
                              const std::vector<std::string>& inputs, const std::string& name);

}  // namespace mlaas::model
