// Runs a model on named tensors: what the server does with a model of any format.
// Threads: an engine is used by one thread at a time; a LoadedModel has as many as were asked for, which share the
//          weights where the library allows.
// Errors:  kCorrupt, kUnsupported (model file), kInvalidArgument (tensors), kInternal (library).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor.h"
#include "mlaas/model/bundle.h"

namespace mlaas::infer {

class TensorEngine {
 public:
  virtual ~TensorEngine() = default;
  // `inputs` stand in the order of the signature and fit it; with a batched model all have the same number of rows.
  // Fills `outputs` in the order of the signature, with names, types and shapes.
  virtual Result<void> run(std::span<const Tensor> inputs, std::vector<Tensor>& outputs) = 0;
};

struct LoadedModel {
  Signature signature;
  std::string platform;                         // "openvino_onnx", "mlaas_trees", ... as metadata show it
  std::shared_ptr<const model::Bundle> bundle;  // where it is one of ours; else null
  std::vector<std::unique_ptr<TensorEngine>> engines;
};

// The model at `path`, a file or a folder (model_file.h): a bundle, ONNX, a SavedModel, a frozen graph, TFLite, or XGBoost's
// JSON. OpenVINO may crash on damaged files that are not a bundle's.
Result<LoadedModel> loadModel(const std::string& path, size_t numEngines);

// Runs `engine` once on one row of zeros, with free dimensions of 1, so that later runs find things prepared; without effect
// where that would be huge. Errors: those of the engine, which may be right to refuse zeros.
Result<void> runOnZeros(TensorEngine& engine, const Signature& signature);

// The tensors that a bundle takes: scalars [N, S], GROUP [N, length, columns], GROUP_count [N]; it gives scores [N, K].
Signature bundleSignature(const model::Bundle& bundle);

}  // namespace mlaas::infer
