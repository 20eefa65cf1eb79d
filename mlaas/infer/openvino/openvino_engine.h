// The engine of ONNX models: OpenVINO on the CPU, in the thread that calls.
// Every engine has a compiled model of its own with num_streams(0): no pool of threads stands between a request and its
// scores, and serving threads do not wait for each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/infer/engine.h"

namespace mlaas::infer {

// Engines over the graph in `file`, whose inputs must be those that model/onnx_writer.h names for `features` and whose
// output "scores" must have `numOutputs` columns; kCorrupt otherwise.
Result<std::vector<std::unique_ptr<Engine>>> makeOpenvinoEngines(const std::string& file,
                                                                 const feature::FeatureSpec& features,
                                                                 int64_t numOutputs, size_t count);

}  // namespace mlaas::infer
