// Writes a network and its preprocessing as the source of a TorchScript method with its numbers beside it; what makes a
// file of that is train/neural/torch_script_file.h.
//   forward(scalars, NAME, NAME_count, ...) -> scores
// Inputs and output are those of onnx_writer.h, in that order; a group whose name is no name in Python is called group0,
// group1, ...
// Source: pytorch.org/docs, TorchScript language reference; names are those that libtorch 1.13 and newer know.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/model/onnx_writer.h"
#include "mlaas/model/score_calibration.h"

namespace mlaas::model {

// An attribute of the method's `self`.
struct ScriptTensor {
  enum class Kind : uint8_t {
    kWeight,    // a parameter
    kConstant,  // a buffer
    kIndex,     // a buffer of int64
  };
  std::string name;
  Kind kind = Kind::kConstant;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

struct TorchScript {
  std::string source;
  std::vector<ScriptTensor> tensors;
};

// With `calibration`, where there is one, behind the scores. kInternal as writeOnnx().
Result<TorchScript> writeTorchScript(const NetworkGraph& graph, const ScoreCalibration* calibration);

}  // namespace mlaas::model
