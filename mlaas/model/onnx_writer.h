// Writes a multilayer perceptron and its preprocessing as ONNX.
// The graph takes raw physics values and contains fills, transforms, padding mask and network:
//   inputs   scalars [N, S] float32 (where S > 0); for each group NAME: NAME [N, length, columns] float32 and
//            NAME_count [N] int32
//   outputs  scores [N, outputs] float32
// Padding is exactly 0 behind the transform. The hidden layers see, in this order, the transformed scalars and each
// group's values flattened element by element.
// Source: onnx.ai, operators of opset 13.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/transform.h"

namespace mlaas::model {

enum class Activation { kNone, kRelu, kElu, kSelu, kGelu, kSilu, kTanh, kSigmoid, kSoftmax };

// y = activation(x W^T + b); weight [outputs, inputs] row-major, bias [outputs].
struct DenseLayer {
  int64_t inputs = 0;
  int64_t outputs = 0;
  std::vector<float> weight;
  std::vector<float> bias;
  Activation activation = Activation::kNone;
};

struct MlpGraph {
  feature::FeatureSpec features;
  std::vector<feature::Transform> scalars;              // numScalars
  std::vector<std::vector<feature::Transform>> groups;  // [group][column]
  std::vector<DenseLayer> layers;
  std::string producerVersion;
};

// The serialised ModelProto, the same bytes for the same graph.
Result<std::string> writeOnnx(const MlpGraph& graph);

}  // namespace mlaas::model
