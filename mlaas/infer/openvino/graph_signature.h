// What a compiled graph takes and gives, and whether it goes row by row.
// Errors:  kUnsupported (a type without a name in the protocol); what OpenVINO throws.
// Threads: any.
#pragma once

#include <openvino/openvino.hpp>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor.h"

namespace mlaas::infer {

struct GraphSignature {
  Signature signature;      // in the order of the graph's inputs and outputs
  bool oneRowOnly = false;  // batched, but the graph itself takes one row at a time
};

// Runs a trial of the graph where its shapes alone do not say whether it is batched.
Result<GraphSignature> readSignature(ov::CompiledModel& model);

}  // namespace mlaas::infer
