// The functions of the expression language.
// Table: docs/expressions.md, "Functions".
#pragma once

#include <string>
#include <vector>

#include "mlaas/table/expression/typing.h"

namespace mlaas::table::expression {

// The node of a call; `arguments` are typed, `missing` is the default or null.
Result<NodePtr> typeCall(Typer& typer, const Syntax& call, std::vector<NodePtr> arguments, NodePtr missing);

// Every function's name, for suggestions.
const std::vector<std::string>& functionNames();

}  // namespace mlaas::table::expression
