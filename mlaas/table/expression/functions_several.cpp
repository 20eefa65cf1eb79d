// Functions of several lists: choices, lists beside elements, lists joined, four-vectors, the nearest point.
#include <algorithm>
#include <limits>

#include "mlaas/table/expression/call.h"
#include "mlaas/table/expression/kernels.h"

namespace mlaas::table::expression {

namespace {

constexpr int64_t kMostChosen = 8;

void toReal(Call& call) {
  for (NodePtr& argument : call.arguments) argument = call.typer.convert(std::move(argument), Kind::kFloat64);
}

int deepest(std::span<const NodePtr> nodes) {
  int depth = 0;
  for (const NodePtr& node : nodes) depth = std::max(depth, node->depth);
  return depth;
}

VectorPart partNamed(std::string_view name) {
  if (name == "SumPt") return VectorPart::kPt;
  if (name == "SumEta") return VectorPart::kEta;
  if (name == "SumPhi") return VectorPart::kPhi;
  if (name == "SumEnergy") return VectorPart::kEnergy;
  return VectorPart::kMass;
}

Result<NodePtr> neighbourNode(Call& call, Kind kind, NeighbourKernel kernel) {
  const std::span<const NodePtr> points(call.arguments.data(), 2);
  const std::span<const NodePtr> others(call.arguments.data() + 2, 2);
  if (deepest(others) != 1 || deepest(points) > 1) {
    return call.complain(call.syntax.mark,
                         "takes eta and phi of points, each one number or a list, and two lists, eta "
                         "and phi of the points among which the nearest is looked for");
  }
  auto node = nodeAt(call.syntax, Form::kNeighbour, kind, deepest(points));
  node->neighbour = kernel;
  node->children = call.arguments;
  if (call.missing) node->children.push_back(call.missing);
  return NodePtr(std::move(node));
}

std::shared_ptr<Node> combinationsOf(const Syntax& syntax, NodePtr list, int choose) {
  auto node = nodeAt(syntax, Form::kCombinations, list->kind, list->depth + 1);
  node->choose = choose;
  node->neverEmpty = true;
  node->nonNegative = list->nonNegative;
  node->children = {std::move(list)};
  return node;
}

// Whether the vectors are all choices of so many of a list; what is written out is the same for all.
bool areCombinations(const std::vector<NodePtr>& arguments) {
  const Node& pt = *arguments.front();
  return pt.form == Form::kCombinations && std::all_of(arguments.begin(), arguments.end(), [&](const NodePtr& node) {
           return node->form == Form::kConstant || (node->form == Form::kCombinations && node->choose == pt.choose);
         });
}

// The sines and roots of a vector are the same in all choices that it is in, so they are taken before.
NodePtr sumOfCombinations(const Call& call, VectorPart part) {
  const int choose = call.arguments.front()->choose;
  std::vector<NodePtr> inner;
  for (const NodePtr& node : call.arguments) {
    inner.push_back(node->form == Form::kConstant ? node : node->children.front());
  }
  const auto chosen = [&](ElementwiseKernel kernel, std::vector<NodePtr> operands) -> NodePtr {
    return combinationsOf(
        call.syntax, call.typer.elementwise(call.syntax, Kind::kFloat64, kernel, std::move(operands), Watch::kOverflow),
        choose);
  };
  auto node = nodeAt(call.syntax, Form::kReduction, Kind::kFloat64, deepest(call.arguments) - 1);
  node->reduction = componentReductionKernel(part);
  node->watch = Watch::kOverflow;
  node->lists = 4;
  node->children = {
      chosen(multiMathKernel("Px"), {inner[0], inner[2]}), chosen(multiMathKernel("Py"), {inner[0], inner[2]}),
      chosen(multiMathKernel("Pz"), {inner[0], inner[1]}), chosen(vectorSumKernel(VectorPart::kEnergy, 1), inner)};
  return node;
}

}  // namespace

Result<NodePtr> buildCombinations(Call& call) {
  MLAAS_CHECK(call.requireLists(0, 1));
  const NodePtr& list = call.arguments[0];
  const Node& choose = *call.arguments[1];
  if (choose.form != Form::kConstant || choose.kind != Kind::kInt64 || choose.constant.integer < 2 ||
      choose.constant.integer > kMostChosen) {
    return call.complain(choose.mark, "chooses 2 to " + std::to_string(kMostChosen) +
                                          " elements, a number written out, but '" + call.typer.textOf(choose) +
                                          "' is none of these");
  }
  if (list->depth == kMaxDepth) {
    return call.complain(call.syntax.mark,
                         "gives lists nested more than " + std::to_string(kMaxDepth) + " times, which is the limit");
  }
  return NodePtr(combinationsOf(call.syntax, list, static_cast<int>(choose.constant.integer)));
}

Result<NodePtr> buildForEach(Call& call) {
  MLAAS_CHECK(call.requireLists(0, 2));
  for (const NodePtr& list : call.arguments) {
    if (list->depth == 1) continue;
    return call.complain(list->mark,
                         "takes two lists of single values, but '" + call.typer.textOf(*list) + "' has lists of lists");
  }
  const NodePtr& inner = call.arguments[1];
  auto node = nodeAt(call.syntax, Form::kForEach, inner->kind, 2);
  node->nonNegative = inner->nonNegative;
  node->children = call.arguments;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildConcatenate(Call& call) {
  MLAAS_CHECK(call.requireLists(0, call.arguments.size()));
  for (const NodePtr& list : call.arguments) {
    if (list->depth == 1) continue;
    return call.complain(list->mark,
                         "joins lists of single values, but '" + call.typer.textOf(*list) + "' has lists of lists");
  }
  Kind kind = call.arguments.front()->kind;
  const bool nonNegative = std::all_of(call.arguments.begin(), call.arguments.end(), [](const NodePtr& list) {
    return list->kind == Kind::kBool || list->nonNegative;
  });
  const bool isOneKind = std::all_of(call.arguments.begin(), call.arguments.end(),
                                     [kind](const NodePtr& list) { return list->kind == kind; });
  if (!isOneKind) {
    for (const NodePtr& list : call.arguments) MLAAS_CHECK(call.typer.requireNumber(*list, "joining with numbers"));
    MLAAS_TRY(kind, call.typer.unify(call.arguments, call.syntax.mark));
  }
  auto node = nodeAt(call.syntax, Form::kConcatenate, kind, 1);
  node->nonNegative = nonNegative && kind == Kind::kInt64;
  node->children = call.arguments;
  return NodePtr(std::move(node));
}

// Of four lists, the sum of the vectors in each; of 4 n arguments, the sum of n vectors element by element.
Result<NodePtr> buildVectorSum(Call& call) {
  const size_t count = call.arguments.size() / 4;
  if (call.arguments.size() % 4 != 0) {
    return call.complain(call.syntax.mark,
                         "takes pt, eta, phi and mass of one or more vectors, so 4, 8, 12 or 16 "
                         "arguments, but has " +
                             std::to_string(call.arguments.size()));
  }
  toReal(call);
  const VectorPart part = partNamed(call.name);
  if (count > 1) {
    return call.typer.elementwise(call.syntax, Kind::kFloat64, vectorSumKernel(part, count), call.arguments,
                                  Watch::kOverflow);
  }
  const int depth = deepest(call.arguments);
  if (depth == 0) {
    return call.complain(call.syntax.mark, "of 4 arguments adds up the vectors of a list, but all are scalars");
  }
  if (areCombinations(call.arguments)) return sumOfCombinations(call, part);
  auto node = nodeAt(call.syntax, Form::kReduction, Kind::kFloat64, depth - 1);
  node->reduction = vectorReductionKernel(part);
  node->watch = Watch::kOverflow;
  node->lists = 4;
  node->children = call.arguments;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildNearest(Call& call) {
  toReal(call);
  return neighbourNode(call, Kind::kInt64, nearestKernel());
}

Result<NodePtr> buildNearestDistance(Call& call) {
  toReal(call);
  if (!call.missing) {
    auto nan = std::make_shared<Node>();
    nan->constant.real = std::numeric_limits<double>::quiet_NaN();
    call.missing = std::move(nan);
  } else {
    MLAAS_CHECK(call.typer.requireNumber(*call.missing, "a default of numbers"));
    if (call.missing->depth > 0) {
      return call.complain(call.missing->mark, "takes a default that is one value for an entry, not a list");
    }
    call.missing = call.typer.convert(call.missing, Kind::kFloat64);
  }
  return neighbourNode(call, Kind::kFloat64, nearestDistanceKernel());
}

}  // namespace mlaas::table::expression
