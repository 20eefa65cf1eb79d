// The wording of every complaint about an expression: what is wrong, where, in which text, and what may be meant.
#pragma once

#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::table::expression {

// "PROBLEM at position P of 'TEXT'HINT"; `offset` counts bytes from 0, the message from 1. A long text is shown around
// the position only, and bytes that no terminal should see are escaped.
Error complaint(std::string_view text, size_t offset, std::string_view problem, std::string_view hint = {},
                ErrorCode code = ErrorCode::kInvalidArgument);

// `text` for a message: control characters and bytes outside ASCII as \xNN.
std::string printable(std::string_view text);

}  // namespace mlaas::table::expression
