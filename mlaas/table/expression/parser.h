// Parses the text of an expression, by precedence climbing (Pratt).
// Errors:  kInvalidArgument with the position; also for nesting deeper than kMaxHeight.
// Source:  docs/expressions.md, "Grammar".
#pragma once

#include <string_view>

#include "mlaas/base/error.h"
#include "mlaas/table/expression/syntax.h"

namespace mlaas::table::expression {

// Levels of a syntax tree. A sum of n terms has n levels.
inline constexpr int kMaxHeight = 500;

Result<SyntaxPtr> parse(std::string_view text);

}  // namespace mlaas::table::expression
