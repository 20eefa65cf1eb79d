#include "mlaas/serve/grpc/status.h"

#include "mlaas/base/log.h"

namespace mlaas::serve {

using ::grpc::StatusCode;

StatusCode grpcCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return StatusCode::NOT_FOUND;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInvalidArgument:
      return StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kUnsupported:
      return StatusCode::UNIMPLEMENTED;
    case ErrorCode::kTimeout:
      return StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::kCancelled:
    case ErrorCode::kOverloaded:
      return StatusCode::UNAVAILABLE;
    case ErrorCode::kUnauthenticated:
      return StatusCode::UNAUTHENTICATED;
    case ErrorCode::kForbidden:
      return StatusCode::PERMISSION_DENIED;
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return StatusCode::INTERNAL;
  }
  return StatusCode::INTERNAL;
}

::grpc::Status grpcStatus(const Error& error) {
  const StatusCode code = grpcCode(error.code());
  if (code != StatusCode::INTERNAL) return {code, error.what()};
  log::error(error.what());
  return {code, "the request failed inside the server; its log says why"};
}

}  // namespace mlaas::serve
