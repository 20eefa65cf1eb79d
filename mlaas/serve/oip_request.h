// An inference request of the Open Inference Protocol (JSON tensors) to the tensors of a model.
// Inputs carry the names of the bundle's signature: scalars [N, S], GROUP [N, length, columns], GROUP_count [N]; data
// flat or nested like the shape. docs/serving.md, "Open Inference Protocol".
// Errors: kInvalidArgument, naming the input and the element.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"

namespace mlaas::serve {

// One input tensor of a model; the batch dimension comes before `dimensions`.
struct OipInput {
  std::string name;
  bool isCount = false;  // INT32 rather than FP32
  std::vector<int64_t> dimensions;
  std::vector<bool> filled = {};  // by column: whether a null may stand for a missing value
};

// The inputs of a model: what its metadata list and what a request must bring.
std::vector<OipInput> oipInputs(const feature::FeatureSpec& features);

struct OipRequest {
  std::string_view id;  // empty where absent; a view into the parsed document
  bool hasId = false;
  feature::Tensors tensors;
};

// The name of the one output tensor.
inline constexpr std::string_view kScoresOutput = "scores";

Result<OipRequest> readOipRequest(const simdjson::dom::object& document, const feature::FeatureSpec& features);

}  // namespace mlaas::serve
