// A call of a function while it is typed, and the builders of the nodes of calls, grouped as in docs/expressions.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mlaas/table/expression/typing.h"

namespace mlaas::table::expression {

struct Call {
  Typer& typer;
  const Syntax& syntax;
  std::string name;  // the function's own one, whatever the notation
  std::vector<NodePtr> arguments;
  NodePtr missing;          // the default, or null
  std::optional<int> axis;  // as written
  bool ascending = true;

  Error complain(size_t mark, const std::string& problem, const std::string& hint = {}) const {
    return typer.complain(mark, name + "() " + problem, hint);
  }
  // That the arguments [first, last) are lists.
  Result<void> requireLists(size_t first, size_t last) const;
};

// Reductions and orders of lists.
Result<NodePtr> buildSum(Call& call);
Result<NodePtr> buildMean(Call& call);  // mean, var, std
Result<NodePtr> buildMin(Call& call);
Result<NodePtr> buildMax(Call& call);
Result<NodePtr> buildAnyAll(Call& call);
Result<NodePtr> buildCount(Call& call);
Result<NodePtr> buildProduct(Call& call);
Result<NodePtr> buildEnd(Call& call);       // first, last
Result<NodePtr> buildPosition(Call& call);  // argmin, argmax
Result<NodePtr> buildSort(Call& call);      // sort, argsort
Result<NodePtr> buildReverse(Call& call);
Result<NodePtr> buildPositions(Call& call);
Result<NodePtr> buildTake(Call& call);

// Several lists.
Result<NodePtr> buildCombinations(Call& call);
Result<NodePtr> buildForEach(Call& call);
Result<NodePtr> buildConcatenate(Call& call);
Result<NodePtr> buildVectorSum(Call& call);  // SumPt, SumEta, SumPhi, SumEnergy, InvariantMass
Result<NodePtr> buildNearest(Call& call);
Result<NodePtr> buildNearestDistance(Call& call);

}  // namespace mlaas::table::expression
