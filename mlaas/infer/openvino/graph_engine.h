// Graphs of every format that OpenVINO reads, on named tensors: ONNX, TensorFlow's SavedModel and frozen graphs, TFLite.
// Names:   an ONNX graph's own; those of a SavedModel's serving signature; frozen graphs' and TFLite's without ":0".
// Batched: where the first dimension of every input and output is free, and a trial shows that rows do not know each
//          other; also where it is 1 everywhere: then rows run one by one. All other models take exactly their shapes.
// Errors:  kCorrupt (OpenVINO refuses it), kUnsupported (types without a name in the protocol, such as strings).
#pragma once

#include "mlaas/base/error.h"
#include "mlaas/infer/model_file.h"
#include "mlaas/infer/tensor_engine.h"

namespace mlaas::infer {

// The graph with one engine for each of `numEngines` threads. OpenVINO may crash on files that are damaged.
Result<LoadedModel> loadGraph(const ModelFile& file, size_t numEngines);

}  // namespace mlaas::infer
