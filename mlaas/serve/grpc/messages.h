// Messages of gRPC to inferences and back.
// Errors: kInvalidArgument, naming the input, output or parameter.
#pragma once

#include <grpc_service.pb.h>

#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/oip/message.h"
#include "mlaas/serve/oip/request.h"

namespace mlaas::serve {

// Takes the raw contents out of `message`; all else is copied.
Result<OipInference> readGrpcRequest(::inference::ModelInferRequest& message, const OipTarget& target);

// Takes the bytes out of `outputs`: they become raw contents.
void writeGrpcAnswer(const OipInference& inference, const ServedModel& model, std::vector<OipOutput> outputs,
                     ::inference::ModelInferResponse& message);

}  // namespace mlaas::serve
