// Functions of one list.
#include "mlaas/table/expression/call.h"
#include "mlaas/table/expression/kernels.h"

namespace mlaas::table::expression {

Result<void> Call::requireLists(size_t first, size_t last) const {
  for (size_t i = first; i < last; ++i) {
    const Node& argument = *arguments[i];
    if (argument.depth > 0) continue;
    return complain(argument.mark, std::string(arguments.size() == 1 ? "of one argument " : "") +
                                       "takes a list, but '" + typer.textOf(argument) + "' is a scalar");
  }
  return {};
}

namespace {

// The innermost lists are what is reduced: any other axis is refused.
Result<void> checkAxis(const Call& call) {
  const int depth = call.arguments.front()->depth;
  if (!call.axis || *call.axis == -1 || *call.axis == depth) return {};
  return call.complain(call.syntax.mark, "works on the innermost lists, here axis=" + std::to_string(depth) +
                                             " or -1, but axis=" + std::to_string(*call.axis) + " is asked for");
}

Result<void> requireList(const Call& call) {
  MLAAS_CHECK(call.requireLists(0, 1));
  return checkAxis(call);
}

std::shared_ptr<Node> reduced(Call& call, Kind kind, ReductionKernel kernel) {
  const NodePtr& list = call.arguments.front();
  auto node = nodeAt(call.syntax, Form::kReduction, kind, list->depth - 1);
  node->reduction = kernel;
  node->children = {list};
  if (call.missing) node->children.push_back(call.missing);
  return node;
}

std::shared_ptr<Node> listwise(Call& call, Kind kind, ListKernel kernel) {
  const NodePtr& list = call.arguments.front();
  auto node = nodeAt(call.syntax, Form::kListwise, kind, list->depth);
  node->listwise = kernel;
  node->children = {list};
  return node;
}

Result<void> setMissing(Call& call) {
  NodePtr& list = call.arguments.front();
  const std::string usage = call.name + "(" + call.typer.textOf(*list) + ", default=0)";
  MLAAS_TRY(call.missing, call.typer.missingValue(list, call.missing, call.syntax.mark,
                                                  call.name + "() of an empty list", usage, list->neverEmpty));
  return {};
}

// One argument: the extreme element of a list. More: element by element.
Result<NodePtr> buildExtreme(Call& call, ReductionKernel (*reduction)(Kind), ElementwiseKernel (*elementwise)(Kind)) {
  if (call.arguments.size() == 1) {
    MLAAS_CHECK(requireList(call));
    call.arguments.front() = call.typer.asNumber(call.arguments.front());
    MLAAS_CHECK(setMissing(call));
    const Kind kind = call.arguments.front()->kind;
    return NodePtr(reduced(call, kind, reduction(kind)));
  }
  if (call.missing) {
    return call.typer.complain(call.missing->mark, "a default goes with " + call.name + "() of one list");
  }
  MLAAS_TRY(const Kind kind, call.typer.unify(call.arguments, call.syntax.mark));
  NodePtr node = call.arguments.front();
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    node = call.typer.elementwise(call.syntax, kind, elementwise(kind), {std::move(node), call.arguments[i]});
  }
  return node;
}

}  // namespace

Result<NodePtr> buildSum(Call& call) {
  MLAAS_CHECK(requireList(call));
  const Node& list = *call.arguments.front();
  const Kind kind = list.kind == Kind::kBool ? Kind::kInt64 : list.kind;
  auto node = reduced(call, kind, sumKernel(list.kind));
  node->nonNegative = list.kind == Kind::kBool || list.nonNegative;
  if (kind == Kind::kFloat64) node->watch = Watch::kOverflow;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildMean(Call& call) {
  MLAAS_CHECK(requireList(call));
  call.arguments.front() = call.typer.convert(call.arguments.front(), Kind::kFloat64);
  MLAAS_CHECK(setMissing(call));
  const ReductionKernel kernel = call.name == "mean"  ? meanKernel()
                                 : call.name == "var" ? varianceKernel()
                                                      : deviationKernel();
  auto node = reduced(call, Kind::kFloat64, kernel);
  node->watch = Watch::kOverflow;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildMin(Call& call) { return buildExtreme(call, minimumKernel, smallerKernel); }
Result<NodePtr> buildMax(Call& call) { return buildExtreme(call, maximumKernel, largerKernel); }

Result<NodePtr> buildAnyAll(Call& call) {
  MLAAS_CHECK(requireList(call));
  MLAAS_TRY(call.arguments.front(), call.typer.asBool(call.arguments.front(), call.name + "()"));
  return NodePtr(reduced(call, Kind::kBool, call.name == "any" ? anyKernel() : allKernel()));
}

Result<NodePtr> buildCount(Call& call) {
  MLAAS_CHECK(call.requireLists(0, 1));
  const int depth = call.arguments.front()->depth;
  const int axis = call.axis ? *call.axis : -1;
  const int level = axis < 0 ? depth + axis : axis - 1;
  if (level < 0 || level >= depth) {
    return call.complain(call.syntax.mark, "counts along the axes 1 to " + std::to_string(depth) + " of '" +
                                               call.typer.textOf(*call.arguments.front()) + "', not along " +
                                               std::to_string(axis));
  }
  auto node = nodeAt(call.syntax, Form::kCount, Kind::kInt64, level);
  node->nonNegative = true;
  node->children = {call.arguments.front()};
  return NodePtr(std::move(node));
}

Result<NodePtr> buildProduct(Call& call) {
  MLAAS_CHECK(requireList(call));
  NodePtr& list = call.arguments.front();
  list = call.typer.asNumber(std::move(list));
  auto node = reduced(call, list->kind, productKernel(list->kind));
  if (list->kind == Kind::kFloat64) node->watch = Watch::kOverflow;
  node->nonNegative = list->nonNegative;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildEnd(Call& call) {
  MLAAS_CHECK(requireList(call));
  MLAAS_CHECK(setMissing(call));
  const Kind kind = call.arguments.front()->kind;
  return NodePtr(reduced(call, kind, call.name == "first" ? firstKernel(kind) : lastKernel(kind)));
}

Result<NodePtr> buildPosition(Call& call) {
  MLAAS_CHECK(requireList(call));
  NodePtr& list = call.arguments.front();
  list = call.typer.asNumber(std::move(list));
  if (!call.missing) {
    auto none = std::make_shared<Node>();
    none->kind = Kind::kInt64;
    none->constant.integer = -1;
    call.missing = std::move(none);
  } else if (call.missing->kind != Kind::kInt64 || call.missing->depth > 0) {
    return call.complain(call.missing->mark, "gives an int64, and so must its default be");
  }
  const Kind kind = list->kind;
  return NodePtr(
      reduced(call, Kind::kInt64, call.name == "argmin" ? minimumPositionKernel(kind) : maximumPositionKernel(kind)));
}

Result<NodePtr> buildSort(Call& call) {
  MLAAS_CHECK(requireList(call));
  NodePtr& list = call.arguments.front();
  list = call.typer.asNumber(std::move(list));
  const Kind kind = list->kind;
  if (call.name == "argsort") {
    auto node = listwise(call, Kind::kInt64, argsortKernel(kind, call.ascending));
    node->nonNegative = true;
    return NodePtr(std::move(node));
  }
  auto node = listwise(call, kind, sortKernel(kind, call.ascending));
  node->nonNegative = list->nonNegative;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildReverse(Call& call) {
  MLAAS_CHECK(requireList(call));
  const NodePtr& list = call.arguments.front();
  auto node = listwise(call, list->kind, reverseKernel(list->kind));
  node->nonNegative = list->nonNegative;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildPositions(Call& call) {
  MLAAS_CHECK(requireList(call));
  auto node = listwise(call, Kind::kInt64, positionsKernel());
  node->nonNegative = true;
  return NodePtr(std::move(node));
}

// As list[index], but a negative position is one that is not there.
Result<NodePtr> buildTake(Call& call) {
  MLAAS_CHECK(call.requireLists(0, 1));
  const NodePtr& index = call.arguments[1];
  if (index->kind != Kind::kInt64) {
    return call.complain(index->mark, "takes positions of type int64, but '" + call.typer.textOf(*index) + "' is a " +
                                          std::string(kindName(index->kind)));
  }
  if (call.arguments.size() == 3) {
    if (call.missing) return call.complain(call.missing->mark, "has two defaults");
    call.missing = call.arguments[2];
  }
  return call.typer.element(call.syntax, call.arguments[0], index, call.missing, true);
}

}  // namespace mlaas::table::expression
