// Forms as browsers, curl and TFaaS's clients send them: multipart/form-data.
// Source:  RFC 7578 and RFC 2046, section 5.1.
// Threads: functions of their arguments; parts are views into the body.
// Errors:  kInvalidArgument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

struct FormPart {
  std::string name;
  std::string filename;  // empty for a plain field
  std::string_view contents;
};

// Whether the request's Content-Type says that its body is a form.
bool isMultipart(std::string_view contentType);

// The parts of `body`, at most 64 of them; `contentType` names the boundary.
Result<std::vector<FormPart>> readMultipart(std::string_view contentType, std::string_view body);

// The first part of that name; null where there is none.
const FormPart* findPart(const std::vector<FormPart>& parts, std::string_view name);

}  // namespace mlaas::serve
