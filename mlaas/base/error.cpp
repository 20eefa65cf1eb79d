#include "mlaas/base/error.h"

namespace mlaas {

namespace {

struct CodeRow {
  std::string_view name;
  int exitCode;
  int httpStatus;
};

constexpr CodeRow row(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return {"not_found", 4, 404};
    case ErrorCode::kCorrupt:
      return {"corrupt", 4, 422};
    case ErrorCode::kUnsupported:
      return {"unsupported", 3, 501};
    case ErrorCode::kInvalidArgument:
      return {"invalid_argument", 2, 400};
    case ErrorCode::kIo:
      return {"io", 4, 500};
    case ErrorCode::kTimeout:
      return {"timeout", 6, 504};
    case ErrorCode::kCancelled:
      return {"cancelled", 130, 503};
    case ErrorCode::kUnauthenticated:
      return {"unauthenticated", 5, 401};
    case ErrorCode::kForbidden:
      return {"forbidden", 5, 403};
    case ErrorCode::kOverloaded:
      return {"overloaded", 6, 503};
    case ErrorCode::kInternal:
      return {"internal", 70, 500};
  }
  return {"internal", 70, 500};
}

}  // namespace

std::string_view errorCodeName(ErrorCode code) { return row(code).name; }
int exitCode(ErrorCode code) { return row(code).exitCode; }
int httpStatus(ErrorCode code) { return row(code).httpStatus; }

Error::Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)), text_(message_) {}

Error&& Error::within(std::string_view where) && {
  places_.emplace_back(where);
  text_.insert(0, std::string(where) + ": ");
  return std::move(*this);
}

}  // namespace mlaas
