#include "mlaas/table/expression/functions.h"

#include <algorithm>

#include "mlaas/table/expression/kernels.h"

namespace mlaas::table::expression {

namespace {

struct Call {
  Typer& typer;
  const Syntax& syntax;
  std::vector<NodePtr> arguments;
  NodePtr missing;
};

using Build = Result<NodePtr> (*)(Call&);

struct Function {
  std::string_view name;
  size_t leastArguments;
  size_t mostArguments;
  bool takesDefault;
  Build build;
};

NodePtr reduced(Call& call, Kind kind, ReductionKernel kernel) {
  auto node = nodeAt(call.syntax, Form::kReduction, kind, 0);
  node->reduction = kernel;
  node->children = {call.arguments.front()};
  if (call.missing) node->children.push_back(call.missing);
  return node;
}

Result<void> requireList(const Call& call) {
  const Node& argument = *call.arguments.front();
  if (argument.depth > 0) return {};
  return call.typer.complain(argument.mark, call.syntax.name + "() of one argument takes a list, but '" +
                                                call.typer.textOf(argument) + "' is a scalar");
}

Result<void> setMissing(Call& call) {
  NodePtr& list = call.arguments.front();
  const std::string usage = call.syntax.name + "(" + call.typer.textOf(*list) + ", default=0)";
  MLAAS_TRY(call.missing, call.typer.missingValue(list, call.missing, call.syntax.mark,
                                                  call.syntax.name + "() of an empty list", usage));
  return {};
}

Result<NodePtr> buildSum(Call& call) {
  MLAAS_CHECK(requireList(call));
  const Node& list = *call.arguments.front();
  const Kind kind = list.kind == Kind::kBool ? Kind::kInt64 : list.kind;
  auto node = std::make_shared<Node>(*reduced(call, kind, sumKernel(list.kind)));
  node->nonNegative = list.kind == Kind::kBool || list.nonNegative;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildMean(Call& call) {
  MLAAS_CHECK(requireList(call));
  call.arguments.front() = call.typer.convert(call.arguments.front(), Kind::kFloat64);
  MLAAS_CHECK(setMissing(call));
  return reduced(call, Kind::kFloat64, meanKernel());
}

// One argument: the extreme element of a list. More: element by element.
Result<NodePtr> buildExtreme(Call& call, ReductionKernel (*reduction)(Kind), ElementwiseKernel (*elementwise)(Kind)) {
  if (call.arguments.size() == 1) {
    MLAAS_CHECK(requireList(call));
    call.arguments.front() = call.typer.asNumber(call.arguments.front());
    MLAAS_CHECK(setMissing(call));
    const Kind kind = call.arguments.front()->kind;
    return reduced(call, kind, reduction(kind));
  }
  if (call.missing) {
    return call.typer.complain(call.missing->mark, "a default goes with " + call.syntax.name + "() of one list");
  }
  MLAAS_TRY(const Kind kind, call.typer.unify(call.arguments, call.syntax.mark));
  NodePtr node = call.arguments.front();
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    node = call.typer.elementwise(call.syntax, kind, elementwise(kind), {std::move(node), call.arguments[i]});
  }
  return node;
}
Result<NodePtr> buildMin(Call& call) { return buildExtreme(call, minimumKernel, smallerKernel); }
Result<NodePtr> buildMax(Call& call) { return buildExtreme(call, maximumKernel, largerKernel); }

Result<NodePtr> buildAnyAll(Call& call) {
  MLAAS_CHECK(requireList(call));
  MLAAS_TRY(call.arguments.front(), call.typer.asBool(call.arguments.front(), call.syntax.name + "()"));
  return reduced(call, Kind::kBool, call.syntax.name == "any" ? anyKernel() : allKernel());
}

Result<NodePtr> buildCount(Call& call) {
  MLAAS_CHECK(requireList(call));
  auto node = std::make_shared<Node>(*reduced(call, Kind::kInt64, countKernel()));
  node->nonNegative = true;
  return NodePtr(std::move(node));
}

Result<NodePtr> buildMath(Call& call) {
  return call.typer.elementwise(call.syntax, Kind::kFloat64, mathKernel(call.syntax.name),
                                {call.typer.convert(call.arguments.front(), Kind::kFloat64)});
}

// floor, ceil, round: an integer is one already.
Result<NodePtr> buildRounding(Call& call) {
  NodePtr argument = call.typer.asNumber(call.arguments.front());
  if (argument->kind != Kind::kFloat64) return argument;
  return buildMath(call);
}

Result<NodePtr> buildClassify(Call& call) {
  return call.typer.elementwise(call.syntax, Kind::kBool, classifyKernel(call.syntax.name),
                                {call.typer.convert(call.arguments.front(), Kind::kFloat64)});
}

Result<NodePtr> buildMultiMath(Call& call) {
  for (NodePtr& argument : call.arguments) argument = call.typer.convert(std::move(argument), Kind::kFloat64);
  return call.typer.elementwise(call.syntax, Kind::kFloat64, multiMathKernel(call.syntax.name), call.arguments);
}

Result<NodePtr> buildAbs(Call& call) {
  NodePtr argument = call.typer.asNumber(call.arguments.front());
  const Kind kind = argument->kind;
  return call.typer.elementwise(call.syntax, kind, absoluteKernel(kind), {std::move(argument)});
}

Result<NodePtr> buildSign(Call& call) {
  NodePtr argument = call.typer.asNumber(call.arguments.front());
  const Kind kind = argument->kind;
  return call.typer.elementwise(call.syntax, kind, signKernel(kind), {std::move(argument)});
}

Result<NodePtr> buildConversion(Call& call) {
  const Kind to = call.syntax.name == "int64"    ? Kind::kInt64
                  : call.syntax.name == "uint64" ? Kind::kUInt64
                                                 : Kind::kFloat64;
  const NodePtr& argument = call.arguments.front();
  if (argument->kind == Kind::kFloat64 && to != Kind::kFloat64) {
    return call.typer.complain(
        argument->mark,
        call.syntax.name + "() takes integers and bools, but '" + call.typer.textOf(*argument) + "' is a float64",
        "; floor(), ceil() and round() give whole float64");
  }
  return call.typer.convert(argument, to);
}

constexpr size_t kMany = 64;

constexpr Function kFunctions[] = {
    {"sum", 1, 1, false, buildSum},
    {"mean", 1, 1, true, buildMean},
    {"min", 1, kMany, true, buildMin},
    {"max", 1, kMany, true, buildMax},
    {"any", 1, 1, false, buildAnyAll},
    {"all", 1, 1, false, buildAnyAll},
    {"count", 1, 1, false, buildCount},
    {"abs", 1, 1, false, buildAbs},
    {"sign", 1, 1, false, buildSign},
    {"sqrt", 1, 1, false, buildMath},
    {"exp", 1, 1, false, buildMath},
    {"log", 1, 1, false, buildMath},
    {"log10", 1, 1, false, buildMath},
    {"log2", 1, 1, false, buildMath},
    {"log1p", 1, 1, false, buildMath},
    {"expm1", 1, 1, false, buildMath},
    {"sin", 1, 1, false, buildMath},
    {"cos", 1, 1, false, buildMath},
    {"tan", 1, 1, false, buildMath},
    {"asin", 1, 1, false, buildMath},
    {"acos", 1, 1, false, buildMath},
    {"atan", 1, 1, false, buildMath},
    {"sinh", 1, 1, false, buildMath},
    {"cosh", 1, 1, false, buildMath},
    {"tanh", 1, 1, false, buildMath},
    {"floor", 1, 1, false, buildRounding},
    {"ceil", 1, 1, false, buildRounding},
    {"round", 1, 1, false, buildRounding},
    {"atan2", 2, 2, false, buildMultiMath},
    {"hypot", 2, 2, false, buildMultiMath},
    {"pow", 2, 2, false,
     [](Call& call) { return call.typer.power(call.syntax, call.arguments[0], call.arguments[1]); }},
    {"DeltaPhi", 2, 2, false, buildMultiMath},
    {"DeltaR", 4, 4, false, buildMultiMath},
    {"isnan", 1, 1, false, buildClassify},
    {"isinf", 1, 1, false, buildClassify},
    {"isfinite", 1, 1, false, buildClassify},
    {"int64", 1, 1, false, buildConversion},
    {"uint64", 1, 1, false, buildConversion},
    {"float64", 1, 1, false, buildConversion},
};

std::string expectedCount(const Function& function) {
  const auto spelled = [](size_t n) { return std::to_string(n) + (n == 1 ? " argument" : " arguments"); };
  if (function.leastArguments == function.mostArguments) return spelled(function.leastArguments);
  return std::to_string(function.leastArguments) + " to " + spelled(function.mostArguments);
}

}  // namespace

Result<NodePtr> typeCall(Typer& typer, const Syntax& call, std::vector<NodePtr> arguments, NodePtr missing) {
  const auto* function = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                      [&](const Function& row) { return row.name == call.name; });
  if (arguments.size() < function->leastArguments || arguments.size() > function->mostArguments) {
    return typer.complain(call.mark, call.name + "() takes " + expectedCount(*function) + ", but has " +
                                         std::to_string(arguments.size()));
  }
  if (missing && !function->takesDefault) return typer.complain(missing->mark, call.name + "() takes no default");
  Call typed{typer, call, std::move(arguments), std::move(missing)};
  return function->build(typed);
}

const std::vector<std::string>& functionNames() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> list;
    for (const Function& function : kFunctions) list.emplace_back(function.name);
    return list;
  }();
  return kNames;
}

}  // namespace mlaas::table::expression
