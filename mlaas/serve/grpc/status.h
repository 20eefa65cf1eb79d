// Errors as gRPC's status.
#pragma once

#include <grpcpp/support/status.h>

#include "mlaas/base/error.h"

namespace mlaas::serve {

::grpc::StatusCode grpcCode(ErrorCode code);
// What is our own or the machine's fault goes to the log in full and to the client in general words, as over HTTP.
::grpc::Status grpcStatus(const Error& error);

inline ::grpc::Status grpcStatus(const Result<void>& done) {
  return done.ok() ? ::grpc::Status::OK : grpcStatus(done.error());
}

}  // namespace mlaas::serve
