// Pipelines of scikit-learn and trees as ONNX with operators of ai.onnx.ml (mlaas/model/trees/onnx_pipeline.h).
// Signature: the graph's names: a matrix FP32 [N, features]; scores FP32 [N, outputs], the best class INT64 or BYTES [N].
// Errors:  kIo, and those of model::readOnnxPipeline.
#pragma once

#include <optional>

#include "mlaas/base/error.h"
#include "mlaas/infer/model_file.h"
#include "mlaas/infer/tensor_engine.h"

namespace mlaas::infer {

// Nothing where the ONNX file has no operator of ai.onnx.ml.
Result<std::optional<LoadedModel>> loadPipeline(const ModelFile& file, size_t numEngines);

}  // namespace mlaas::infer
