// Activations as nodes of an ONNX graph. Those that came as operators after opset 17 are written by their definition.
#pragma once

#include <string>

#include "mlaas/model/network.h"
#include "mlaas/model/onnx_graph_builder.h"

namespace mlaas::model {

// Applied to `input` [rows, width]; returns `output`.
std::string addActivation(GraphBuilder& builder, Activation activation, const std::string& input,
                          const std::string& output);

}  // namespace mlaas::model
