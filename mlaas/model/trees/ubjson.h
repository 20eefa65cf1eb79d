// Turns UBJSON, in which XGBoost saves .ubj files, into JSON text.
// Layout: a type byte before each value, big-endian numbers, lists with a count and of one type where they say so.
// Errors: kCorrupt (not UBJSON; cut; nested too deeply), kUnsupported (too large).
// Source: ubjson.org, draft 12.
#pragma once

#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::model {

// One value that fills `bytes`. Text is escaped, NaN and infinity are written as XGBoost writes them into JSON.
Result<std::string> ubjsonToJson(std::string_view bytes);

}  // namespace mlaas::model
