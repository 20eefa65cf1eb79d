#include "mlaas/table/expression/functions.h"

#include <algorithm>

#include "mlaas/table/expression/call.h"
#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/notation.h"

namespace mlaas::table::expression {

namespace {

using Build = Result<NodePtr> (*)(Call&);

struct Function {
  std::string_view name;
  size_t leastArguments;
  size_t mostArguments;
  unsigned flags;
  Build build;
};

constexpr unsigned kPlain = 0;
constexpr unsigned kDefault = 1;
constexpr unsigned kAxis = 2;
constexpr unsigned kAscending = 4;
constexpr unsigned kStrings = 8;  // takes strings too

// The functions that are infinite at a number.
Watch mathWatch(std::string_view name) {
  for (std::string_view pole : {"log", "log10", "log2", "log1p", "atanh", "lgamma", "tgamma"}) {
    if (name == pole) return Watch::kPole;
  }
  return Watch::kOverflow;
}

Result<NodePtr> buildMath(Call& call) {
  return call.typer.elementwise(call.syntax, Kind::kFloat64, mathKernel(call.name),
                                {call.typer.convert(call.arguments.front(), Kind::kFloat64)}, mathWatch(call.name));
}

// floor, ceil, round: an integer is one already.
Result<NodePtr> buildRounding(Call& call) {
  NodePtr argument = call.typer.asNumber(call.arguments.front());
  if (argument->kind != Kind::kFloat64) return argument;
  return buildMath(call);
}

Result<NodePtr> buildClassify(Call& call) {
  return call.typer.elementwise(call.syntax, Kind::kBool, classifyKernel(call.name),
                                {call.typer.convert(call.arguments.front(), Kind::kFloat64)});
}

Result<NodePtr> buildMultiMath(Call& call) {
  for (NodePtr& argument : call.arguments) argument = call.typer.convert(std::move(argument), Kind::kFloat64);
  return call.typer.elementwise(call.syntax, Kind::kFloat64, multiMathKernel(call.name), call.arguments,
                                Watch::kOverflow);
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
  const Kind to = call.name == "int64" ? Kind::kInt64 : call.name == "uint64" ? Kind::kUInt64 : Kind::kFloat64;
  const NodePtr& argument = call.arguments.front();
  if (argument->kind == Kind::kFloat64 && to != Kind::kFloat64) {
    return call.typer.complain(
        argument->mark,
        call.name + "() takes integers and bools, but '" + call.typer.textOf(*argument) + "' is a float64",
        "; floor(), ceil() and round() give whole float64");
  }
  return call.typer.convert(argument, to);
}

// where(c, a, b) is c ? a : b.
Result<NodePtr> buildWhere(Call& call) {
  MLAAS_TRY(NodePtr condition, call.typer.asBool(call.arguments[0], "where()"));
  return call.typer.select(call.syntax, std::move(condition), {call.arguments[1], call.arguments[2]});
}

// clip(x, low, high) is min(max(x, low), high).
Result<NodePtr> buildClip(Call& call) {
  MLAAS_TRY(const Kind kind, call.typer.unify(call.arguments, call.syntax.mark));
  NodePtr above = call.typer.elementwise(call.syntax, kind, largerKernel(kind), {call.arguments[0], call.arguments[1]});
  return call.typer.elementwise(call.syntax, kind, smallerKernel(kind), {std::move(above), call.arguments[2]});
}

Result<NodePtr> buildSquare(Call& call) {
  NodePtr argument = call.typer.asNumber(call.arguments.front());
  const Kind kind = argument->kind;
  return call.typer.elementwise(call.syntax, kind, arithmeticKernel(Operator::kMultiply, kind), {argument, argument},
                                arithmeticWatch(Operator::kMultiply, kind));
}

Result<NodePtr> buildMod(Call& call) {
  MLAAS_TRY(const Kind kind, call.typer.unify(call.arguments, call.syntax.mark));
  return call.typer.elementwise(call.syntax, kind, arithmeticKernel(Operator::kModulo, kind), call.arguments,
                                arithmeticWatch(Operator::kModulo, kind));
}

Result<NodePtr> buildLogical(Call& call) {
  for (NodePtr& argument : call.arguments) {
    MLAAS_TRY(argument, call.typer.asBool(std::move(argument), call.name + "()"));
  }
  const ElementwiseKernel kernel = call.name == "logical_and"  ? andKernel()
                                   : call.name == "logical_or" ? orKernel()
                                                               : notKernel();
  return call.typer.elementwise(call.syntax, Kind::kBool, kernel, call.arguments);
}

constexpr size_t kMany = 64;

constexpr Function kFunctions[] = {
    {"sum", 1, 1, kAxis, buildSum},
    {"prod", 1, 1, kAxis, buildProduct},
    {"mean", 1, 1, kDefault | kAxis, buildMean},
    {"var", 1, 1, kDefault | kAxis, buildMean},
    {"std", 1, 1, kDefault | kAxis, buildMean},
    {"min", 1, kMany, kDefault | kAxis, buildMin},
    {"max", 1, kMany, kDefault | kAxis, buildMax},
    {"any", 1, 1, kAxis, buildAnyAll},
    {"all", 1, 1, kAxis, buildAnyAll},
    {"count", 1, 1, kAxis | kStrings, buildCount},
    {"first", 1, 1, kDefault | kAxis, buildEnd},
    {"last", 1, 1, kDefault | kAxis, buildEnd},
    {"argmin", 1, 1, kDefault | kAxis, buildPosition},
    {"argmax", 1, 1, kDefault | kAxis, buildPosition},
    {"sort", 1, 1, kAxis | kAscending, buildSort},
    {"argsort", 1, 1, kAxis | kAscending, buildSort},
    {"reverse", 1, 1, kAxis | kStrings, buildReverse},
    {"positions", 1, 1, kAxis | kStrings, buildPositions},
    {"take", 2, 3, kDefault | kStrings, buildTake},
    {"combinations", 2, 2, kStrings, buildCombinations},
    {"forEach", 2, 2, kStrings, buildForEach},
    {"concatenate", 2, kMany, kStrings, buildConcatenate},
    {"abs", 1, 1, kPlain, buildAbs},
    {"sign", 1, 1, kPlain, buildSign},
    {"sqrt", 1, 1, kPlain, buildMath},
    {"exp", 1, 1, kPlain, buildMath},
    {"log", 1, 1, kPlain, buildMath},
    {"log10", 1, 1, kPlain, buildMath},
    {"log2", 1, 1, kPlain, buildMath},
    {"log1p", 1, 1, kPlain, buildMath},
    {"expm1", 1, 1, kPlain, buildMath},
    {"sin", 1, 1, kPlain, buildMath},
    {"cos", 1, 1, kPlain, buildMath},
    {"tan", 1, 1, kPlain, buildMath},
    {"asin", 1, 1, kPlain, buildMath},
    {"acos", 1, 1, kPlain, buildMath},
    {"atan", 1, 1, kPlain, buildMath},
    {"sinh", 1, 1, kPlain, buildMath},
    {"cosh", 1, 1, kPlain, buildMath},
    {"tanh", 1, 1, kPlain, buildMath},
    {"asinh", 1, 1, kPlain, buildMath},
    {"acosh", 1, 1, kPlain, buildMath},
    {"atanh", 1, 1, kPlain, buildMath},
    {"cbrt", 1, 1, kPlain, buildMath},
    {"exp2", 1, 1, kPlain, buildMath},
    {"erf", 1, 1, kPlain, buildMath},
    {"erfc", 1, 1, kPlain, buildMath},
    {"lgamma", 1, 1, kPlain, buildMath},
    {"tgamma", 1, 1, kPlain, buildMath},
    {"degrees", 1, 1, kPlain, buildMath},
    {"radians", 1, 1, kPlain, buildMath},
    {"floor", 1, 1, kPlain, buildRounding},
    {"ceil", 1, 1, kPlain, buildRounding},
    {"round", 1, 1, kPlain, buildRounding},
    {"rint", 1, 1, kPlain, buildRounding},
    {"trunc", 1, 1, kPlain, buildRounding},
    {"atan2", 2, 2, kPlain, buildMultiMath},
    {"hypot", 2, 2, kPlain, buildMultiMath},
    {"pow", 2, 2, false,
     [](Call& call) { return call.typer.power(call.syntax, call.arguments[0], call.arguments[1]); }},
    {"copysign", 2, 2, kPlain, buildMultiMath},
    {"fmod", 2, 2, kPlain, buildMultiMath},
    {"fmin", 2, 2, kPlain, buildMultiMath},
    {"fmax", 2, 2, kPlain, buildMultiMath},
    {"fabs", 1, 1, kPlain, buildMath},
    {"square", 1, 1, kPlain, buildSquare},
    {"mod", 2, 2, kPlain, buildMod},
    {"logical_and", 2, 2, kPlain, buildLogical},
    {"logical_or", 2, 2, kPlain, buildLogical},
    {"logical_not", 1, 1, kPlain, buildLogical},
    {"clip", 3, 3, kPlain, buildClip},
    {"where", 3, 3, kPlain, buildWhere},
    {"DeltaPhi", 2, 2, kPlain, buildMultiMath},
    {"DeltaR", 4, 4, kPlain, buildMultiMath},
    {"TransverseMass", 4, 4, kPlain, buildMultiMath},
    {"Px", 2, 2, kPlain, buildMultiMath},
    {"Py", 2, 2, kPlain, buildMultiMath},
    {"Pz", 2, 2, kPlain, buildMultiMath},
    {"InvariantMass", 4, 4 * kMaxVectors, kPlain, buildVectorSum},
    {"SumPt", 4, 4 * kMaxVectors, kPlain, buildVectorSum},
    {"SumEta", 4, 4 * kMaxVectors, kPlain, buildVectorSum},
    {"SumPhi", 4, 4 * kMaxVectors, kPlain, buildVectorSum},
    {"SumEnergy", 4, 4 * kMaxVectors, kPlain, buildVectorSum},
    {"nearest", 4, 4, kPlain, buildNearest},
    {"nearestDeltaR", 4, 4, kDefault, buildNearestDistance},
    {"isnan", 1, 1, kPlain, buildClassify},
    {"isinf", 1, 1, kPlain, buildClassify},
    {"isfinite", 1, 1, kPlain, buildClassify},
    {"int64", 1, 1, kPlain, buildConversion},
    {"uint64", 1, 1, kPlain, buildConversion},
    {"float64", 1, 1, kPlain, buildConversion},
};

// axis=1, ascending=false.
Result<void> setOptions(Call& call, unsigned flags) {
  for (const NamedArgument& option : call.syntax.options) {
    const bool isAxis = option.name == "axis" && (flags & kAxis);
    const bool isOrder = option.name == "ascending" && (flags & kAscending);
    if (!isAxis && !isOrder) {
      return call.complain(option.value->mark, "takes no argument of the name '" + option.name + "'");
    }
    MLAAS_TRY(const NodePtr value, call.typer.type(*option.value));
    const bool isWritten = value->form == Form::kConstant;
    if (isAxis && isWritten && value->kind == Kind::kInt64 && value->constant.integer >= -kMaxDepth &&
        value->constant.integer <= kMaxDepth) {
      call.axis = static_cast<int>(value->constant.integer);
    } else if (isOrder && isWritten && value->kind == Kind::kBool) {
      call.ascending = value->constant.boolean;
    } else {
      return call.complain(value->mark, isAxis ? "takes as axis one of the axes of the list, written out, or -1"
                                               : "takes as ascending true or false, written out");
    }
  }
  return {};
}

// The meaning of a name, which may be our own.
Meaning ourMeaning(std::string_view name) {
  if (const auto meaning = meaningOf(name)) return *meaning;
  Meaning own;
  own.function = name;
  return own;
}

std::string expectedCount(const Function& function) {
  const auto spelled = [](size_t n) { return std::to_string(n) + (n == 1 ? " argument" : " arguments"); };
  if (function.leastArguments == function.mostArguments) return spelled(function.leastArguments);
  return std::to_string(function.leastArguments) + " to " + spelled(function.mostArguments);
}

// What a name of another notation says beyond the function.
Result<void> applyMeaning(Call& call, const Meaning& meaning) {
  const Syntax& syntax = call.syntax;
  if (meaning.needsAxis && !call.axis) {
    return call.typer.complain(syntax.mark, syntax.name + "() without an axis is over all entries",
                               "; write " + call.name + "(x), which is of each entry, or add axis=1");
  }
  if (meaning.axisIsOne && !call.axis) call.axis = 1;
  if (meaning.refusesPosition && call.arguments[1]->depth == 0) {
    return call.typer.complain(syntax.mark, syntax.name + "() of one number takes that many elements",
                               "; write x[:n], or x[-n:] for the last ones");
  }
  if (meaning.emptyIsZero && !call.missing) {
    auto zero = std::make_shared<Node>();
    zero->kind = Kind::kInt64;
    zero->nonNegative = true;
    zero->constant.integer = 0;
    call.missing = std::move(zero);
  }
  return {};
}

}  // namespace

Result<NodePtr> typeCall(Typer& typer, const Syntax& syntax, std::vector<NodePtr> arguments, NodePtr missing) {
  const Meaning meaning = ourMeaning(syntax.name);
  Function function = *std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                    [&](const Function& row) { return row.name == meaning.function; });
  if (meaning.mostArguments > 0) {
    function.leastArguments = meaning.leastArguments;
    function.mostArguments = meaning.mostArguments;
  }
  if (arguments.size() < function.leastArguments || arguments.size() > function.mostArguments) {
    return typer.complain(syntax.mark, syntax.name + "() takes " + expectedCount(function) + ", but has " +
                                           std::to_string(arguments.size()));
  }
  if (missing && !(function.flags & kDefault)) {
    return typer.complain(missing->mark, syntax.name + "() takes no default");
  }
  if (!(function.flags & kStrings)) {
    for (const NodePtr& argument : arguments) MLAAS_CHECK(typer.requireNumber(*argument, syntax.name + "()"));
  }
  Call typed{typer, syntax, std::string(function.name), std::move(arguments), std::move(missing), std::nullopt, true};
  MLAAS_CHECK(setOptions(typed, function.flags));
  MLAAS_CHECK(applyMeaning(typed, meaning));
  return function.build(typed);
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
