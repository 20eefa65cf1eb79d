// Writes a network and its preprocessing as ONNX.
// The graph takes raw physics values and contains fills, transforms, padding mask and network:
//   inputs   scalars [N, S] float32 (where S > 0); for each group NAME: NAME [N, length, columns] float32 and
//            NAME_count [N] int32
//   outputs  scores [N, outputs] float32
// Padding is exactly 0 behind the transform; sums and means over elements leave it out.
// Source: onnx.ai, operators of opset 17.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/transform.h"
#include "mlaas/model/network.h"

namespace mlaas::model {

struct NetworkGraph {
  std::string name = "network";
  feature::FeatureSpec features;
  std::vector<feature::Transform> scalars;              // numScalars
  std::vector<std::vector<feature::Transform>> groups;  // [group][column]
  Network network;
  std::vector<float> weights;  // Network::numWeights()
  std::vector<float> running;  // Network::numRunning()
  std::string producerVersion;
};

// Whether transforms, widths and numbers fit the network: kInternal, or kInvalidArgument for numbers that are not finite.
Result<void> checkGraph(const NetworkGraph& graph);

// The serialised ModelProto, the same bytes for the same graph.
Result<std::string> writeOnnx(const NetworkGraph& graph);

}  // namespace mlaas::model
