#include "mlaas/table/expression/typing.h"

#include <algorithm>
#include <limits>

#include "mlaas/base/nearest_name.h"
#include "mlaas/table/expression/arithmetic_watch.h"
#include "mlaas/table/expression/diagnostic.h"
#include "mlaas/table/expression/functions.h"
#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/notation.h"

namespace mlaas::table::expression {

namespace {

bool isUnsignedStorage(DType dtype) {
  return dtype == DType::kBool || dtype == DType::kUInt8 || dtype == DType::kUInt16 || dtype == DType::kUInt32;
}

// Whether a loop's result is known to be no negative int64.
bool staysNonNegative(const std::vector<NodePtr>& children) {
  return std::all_of(children.begin(), children.end(), [](const NodePtr& child) {
    return child->kind == Kind::kBool || (child->kind == Kind::kInt64 && child->nonNegative);
  });
}

void storeConstant(Node& node, ElementwiseKernel kernel) {
  std::vector<Operand> operands;
  for (const NodePtr& child : node.children) operands.push_back({&child->constant, true});
  kernel(operands.data(), 1, &node.constant);
  node.form = Form::kConstant;
  node.children.clear();
}

// Whether an operation on constants is one that is counted.
bool isFlagged(const Node& node) {
  if (node.watch == Watch::kNothing) return false;
  std::vector<Operand> operands;
  for (const NodePtr& child : node.children) operands.push_back({&child->constant, true});
  Scalar result;
  node.elementwise(operands.data(), 1, &result);
  ArithmeticCounts counts;
  watchElements(node.watch, operands, 1, &result, counts);
  return counts != ArithmeticCounts{};
}

}  // namespace

size_t kindBytes(Kind kind) {
  if (kind == Kind::kString) return sizeof(std::string_view);
  return kind == Kind::kBool ? 1 : 8;
}

DType dtypeOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return DType::kBool;
    case Kind::kInt64:
      return DType::kInt64;
    case Kind::kUInt64:
      return DType::kUInt64;
    case Kind::kString:
      return DType::kUInt8;
    case Kind::kFloat64:
      break;
  }
  return DType::kFloat64;
}

Kind kindOf(DType dtype) {
  if (dtype == DType::kBool) return Kind::kBool;
  if (dtype == DType::kUInt64) return Kind::kUInt64;
  return isFloating(dtype) ? Kind::kFloat64 : Kind::kInt64;
}

std::shared_ptr<Node> nodeAt(const Syntax& syntax, Form form, Kind kind, int depth) {
  auto node = std::make_shared<Node>();
  node->form = form;
  node->kind = kind;
  node->depth = depth;
  node->begin = syntax.begin;
  node->end = syntax.end;
  node->mark = syntax.mark;
  return node;
}

std::string_view kindName(Kind kind) {
  return kind == Kind::kString ? std::string_view("string") : dtypeName(dtypeOf(kind));
}

Watch arithmeticWatch(Operator op, Kind kind) {
  if (kind == Kind::kFloat64) return Watch::kOverflow;
  return op == Operator::kModulo ? Watch::kIntegerModulo : Watch::kNothing;
}

Error Typer::complain(size_t mark, std::string_view problem, std::string_view hint, ErrorCode code) const {
  return complaint(text_, mark, problem, hint, code);
}

NodePtr Typer::convert(NodePtr node, Kind kind) const {
  if (node->kind == kind) return node;
  auto converted = std::make_shared<Node>(*node);
  converted->kind = kind;
  converted->form = Form::kElementwise;
  converted->watch = Watch::kNothing;
  converted->elementwise = convertKernel(node->kind, kind);
  converted->nonNegative = kind == Kind::kInt64 && (node->kind == Kind::kBool || node->nonNegative);
  const bool isConstant = node->form == Form::kConstant;
  converted->children = {std::move(node)};
  if (isConstant) storeConstant(*converted, converted->elementwise);
  return converted;
}

Result<void> Typer::requireNumber(const Node& node, std::string_view user) const {
  if (node.kind != Kind::kString) return {};
  return complain(node.mark, std::string(user) + " takes numbers, but '" + textOf(node) + "' is a string",
                  "; strings have ==, != and in");
}

Result<NodePtr> Typer::asBool(NodePtr node, std::string_view user) const {
  MLAAS_CHECK(requireNumber(*node, user));
  if (node->kind == Kind::kFloat64) {
    return complain(node->mark,
                    std::string(user) + " takes bools or integers, but '" + textOf(*node) + "' is a float64",
                    "; compare it, as in " + textOf(*node) + " != 0");
  }
  return convert(std::move(node), Kind::kBool);
}

NodePtr Typer::asNumber(NodePtr node) const {
  return node->kind == Kind::kBool ? convert(std::move(node), Kind::kInt64) : node;
}

Result<Kind> Typer::unify(std::vector<NodePtr>& nodes, size_t mark) const {
  Kind common = Kind::kInt64;
  for (NodePtr& node : nodes) {
    node = asNumber(std::move(node));
    common = std::max(common, node->kind);  // in the order int64, uint64, float64
  }
  for (NodePtr& node : nodes) {
    if (common == Kind::kUInt64 && node->kind == Kind::kInt64 && !node->nonNegative) {
      return complain(mark, "no integer type holds both int64 ('" + textOf(*node) + "') and uint64",
                      "; convert one with int64(), uint64() or float64()");
    }
    node = convert(std::move(node), common);
  }
  return common;
}

NodePtr Typer::elementwise(const Syntax& syntax, Kind kind, ElementwiseKernel kernel, std::vector<NodePtr> children,
                           Watch watch) const {
  auto node = nodeAt(syntax, Form::kElementwise, kind, 0);
  bool allConstant = true;
  for (const NodePtr& child : children) {
    if (child->depth > node->depth || (child->depth == node->depth && child->neverEmpty)) {
      node->neverEmpty = child->neverEmpty;
    }
    node->depth = std::max(node->depth, child->depth);
    allConstant = allConstant && child->form == Form::kConstant;
  }
  node->elementwise = kernel;
  node->children = std::move(children);
  node->watch = watch;
  // What would be counted stays to be computed.
  if (allConstant && !isFlagged(*node)) storeConstant(*node, kernel);
  return node;
}

Result<NodePtr> Typer::missingValue(NodePtr& list, NodePtr missing, size_t mark, const std::string& problem,
                                    const std::string& usage, bool isThere) const {
  if (list->kind == Kind::kString) return missingText(std::move(missing));
  if (missing) MLAAS_CHECK(requireNumber(*missing, "a default of numbers"));
  if (!missing) {
    if (list->kind != Kind::kFloat64 && !isThere) {
      return complain(mark, problem + " has no value, and " + std::string(kindName(list->kind)) + " has no NaN",
                      "; give one, as in " + usage);
    }
    auto none = std::make_shared<Node>();
    none->kind = list->kind;
    if (list->kind == Kind::kFloat64) none->constant.real = std::numeric_limits<double>::quiet_NaN();
    return NodePtr(std::move(none));
  }
  if (missing->depth > 0) return complain(missing->mark, "a default must be one value for an entry, not a list");
  if (list->kind == Kind::kBool && missing->kind == Kind::kBool) return missing;
  std::vector<NodePtr> both = {list, missing};
  MLAAS_TRY([[maybe_unused]] const Kind kind, unify(both, mark));
  list = both[0];
  return both[1];
}

// What is not there among strings: the empty string.
Result<NodePtr> Typer::missingText(NodePtr missing) const {
  if (!missing) {
    auto empty = std::make_shared<Node>();
    empty->kind = Kind::kString;
    return NodePtr(std::move(empty));
  }
  if (missing->kind == Kind::kString && missing->depth == 0) return missing;
  return complain(missing->mark, "the default of strings is a string, but '" + textOf(*missing) + "' is none");
}

Result<NodePtr> Typer::type(const Syntax& syntax) {
  switch (syntax.kind) {
    case SyntaxKind::kInteger:
    case SyntaxKind::kReal:
    case SyntaxKind::kBool:
    case SyntaxKind::kText:
      return constant(syntax);
    case SyntaxKind::kName:
      return column(syntax);
    case SyntaxKind::kUnary:
      return unary(syntax);
    case SyntaxKind::kBinary:
      return binary(syntax);
    case SyntaxKind::kComparison:
      return comparison(syntax);
    case SyntaxKind::kMembership:
      return membership(syntax);
    case SyntaxKind::kConditional:
      return conditional(syntax);
    case SyntaxKind::kCall:
      return call(syntax);
    case SyntaxKind::kSubscript:
      return subscript(syntax);
    case SyntaxKind::kSlice:
      break;
  }
  return slice(syntax);
}

Result<NodePtr> Typer::constant(const Syntax& syntax) const {
  auto node = nodeAt(syntax, Form::kConstant, Kind::kInt64, 0);
  if (syntax.kind == SyntaxKind::kText) {
    node->kind = Kind::kString;
    node->textOwner = std::make_shared<const std::string>(syntax.name);
    node->text = *node->textOwner;
  } else if (syntax.kind == SyntaxKind::kReal) {
    node->kind = Kind::kFloat64;
    node->constant.real = syntax.real;
  } else if (syntax.kind == SyntaxKind::kBool) {
    node->kind = Kind::kBool;
    node->constant.boolean = syntax.integer != 0;
  } else {
    if (syntax.integer > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) node->kind = Kind::kUInt64;
    node->nonNegative = node->kind == Kind::kInt64;
    node->constant.unsignedInteger = syntax.integer;
  }
  return NodePtr(std::move(node));
}

Result<NodePtr> Typer::column(const Syntax& syntax) {
  const auto found =
      std::find_if(names_.begin(), names_.end(), [&](const NamedType& name) { return name.name == syntax.name; });
  if (found == names_.end()) {
    const auto& functions = functionNames();
    std::string hint;
    if (std::find(functions.begin(), functions.end(), syntax.name) != functions.end()) {
      hint = "; the function of that name is called with parentheses";
    } else {
      std::vector<std::string> candidates;
      for (const NamedType& name : names_) candidates.push_back(name.name);
      hint = refusalOfName(syntax.name);
      if (hint.empty()) hint = suggestNames(syntax.name, candidates);
    }
    return complain(syntax.mark, "unknown column '" + printable(syntax.name) + "'", hint);
  }
  const ColumnType& type = found->type;
  const size_t depth = static_cast<size_t>(type.jaggedDepth - (type.isString ? 1 : 0)) + type.shape.size();
  if (depth > kMaxDepth || (type.isString && !type.shape.empty())) {
    return complain(syntax.mark, "column '" + printable(syntax.name) + "' is of type " + type.name(),
                    "; expressions take numbers and strings, and lists of them, nested up to " +
                        std::to_string(kMaxDepth) + " times",
                    ErrorCode::kUnsupported);
  }
  const Kind kind = type.isString ? Kind::kString : kindOf(type.dtype);
  auto node = nodeAt(syntax, Form::kColumn, kind, static_cast<int>(depth));
  node->columnType = type.dtype;
  if (!type.isString) node->load = loadKernel(type.dtype);
  node->nonNegative = isUnsignedStorage(type.dtype) && node->kind == Kind::kInt64;
  if (!type.shape.empty()) {
    node->neverEmpty = type.shape.back() > 0;
    if (type.jaggedDepth == 0) node->fixedLength = type.shape.front();
  }
  const auto at = std::find(columns_.begin(), columns_.end(), syntax.name);
  node->column = static_cast<size_t>(at - columns_.begin());
  if (at == columns_.end()) columns_.push_back(syntax.name);
  return NodePtr(std::move(node));
}

Result<NodePtr> Typer::unary(const Syntax& syntax) {
  const Operator op = syntax.operators.front();
  const Syntax& operand = *syntax.children.front();
  constexpr uint64_t kLowestMagnitude = uint64_t{1} << 63;
  if (op == Operator::kNegate && operand.kind == SyntaxKind::kInteger && operand.integer <= kLowestMagnitude) {
    auto node = nodeAt(syntax, Form::kConstant, Kind::kInt64, 0);
    node->constant.unsignedInteger = uint64_t{0} - operand.integer;
    return NodePtr(std::move(node));
  }
  MLAAS_TRY(NodePtr child, type(operand));
  if (op == Operator::kNot) {
    MLAAS_TRY(child, asBool(std::move(child), "'!'"));
    return elementwise(syntax, Kind::kBool, notKernel(), {std::move(child)});
  }
  if (op == Operator::kBitNot && child->kind == Kind::kBool) {
    return elementwise(syntax, Kind::kBool, notKernel(), {std::move(child)});
  }
  MLAAS_CHECK(requireNumber(*child, op == Operator::kBitNot ? "'~'" : op == Operator::kPlus ? "'+'" : "'-'"));
  child = asNumber(std::move(child));
  if (op == Operator::kPlus) return child;
  if (op == Operator::kBitNot) {
    MLAAS_CHECK(requireInteger(*child, "'~'"));
    const Kind kind = child->kind;
    return elementwise(syntax, kind, bitNotKernel(kind), {std::move(child)});
  }
  if (child->kind == Kind::kUInt64) {
    return complain(syntax.mark, "a uint64 has no negative", "; convert it with int64() or float64()");
  }
  const Kind kind = child->kind;
  return elementwise(syntax, kind, negateKernel(kind), {std::move(child)});
}

Result<NodePtr> Typer::binary(const Syntax& syntax) {
  const Operator op = syntax.operators.front();
  std::vector<NodePtr> children;
  for (const SyntaxPtr& child : syntax.children) {
    MLAAS_TRY(NodePtr node, type(*child));
    children.push_back(std::move(node));
  }
  if (op == Operator::kAnd || op == Operator::kOr) {
    for (NodePtr& child : children) {
      MLAAS_TRY(child, asBool(std::move(child), op == Operator::kAnd ? "'&&'" : "'||'"));
    }
    return elementwise(syntax, Kind::kBool, op == Operator::kAnd ? andKernel() : orKernel(), std::move(children));
  }
  for (const NodePtr& child : children) MLAAS_CHECK(requireNumber(*child, "arithmetic"));
  if (op == Operator::kPower) return power(syntax, children[0], children[1]);
  if (op >= Operator::kBitAnd && op <= Operator::kShiftRight) return bits(syntax, std::move(children));
  if (op == Operator::kDivide) {
    for (NodePtr& child : children) child = convert(std::move(child), Kind::kFloat64);
    return elementwise(syntax, Kind::kFloat64, arithmeticKernel(op, Kind::kFloat64), std::move(children),
                       Watch::kDivision);
  }
  const bool nonNegative = op != Operator::kSubtract && staysNonNegative(children);
  MLAAS_TRY(const Kind kind, unify(children, syntax.mark));
  auto node = std::make_shared<Node>(
      *elementwise(syntax, kind, arithmeticKernel(op, kind), std::move(children), arithmeticWatch(op, kind)));
  node->nonNegative = nonNegative && kind == Kind::kInt64;
  return NodePtr(std::move(node));
}

Result<void> Typer::requireInteger(const Node& node, std::string_view user) const {
  if (node.kind != Kind::kFloat64) return {};
  return complain(node.mark, std::string(user) + " takes integers and bools, but '" + textOf(node) + "' is a float64",
                  user == "'^'" ? "; a power is written **" : "");
}

Result<NodePtr> Typer::bits(const Syntax& syntax, std::vector<NodePtr> children) const {
  const Operator op = syntax.operators.front();
  const std::string_view name = op == Operator::kBitAnd      ? "'&'"
                                : op == Operator::kBitOr     ? "'|'"
                                : op == Operator::kBitXor    ? "'^'"
                                : op == Operator::kShiftLeft ? "'<<'"
                                                             : "'>>'";
  for (const NodePtr& child : children) MLAAS_CHECK(requireInteger(*child, name));
  if (op == Operator::kShiftLeft || op == Operator::kShiftRight) {
    NodePtr value = asNumber(children[0]);
    const Kind kind = value->kind;
    const bool nonNegative = op == Operator::kShiftRight && staysNonNegative({value});
    auto node = std::make_shared<Node>(
        *elementwise(syntax, kind, shiftKernel(op, kind), {std::move(value), convert(children[1], Kind::kInt64)}));
    node->nonNegative = nonNegative && kind == Kind::kInt64;
    return NodePtr(std::move(node));
  }
  if (children[0]->kind == Kind::kBool && children[1]->kind == Kind::kBool) {
    return elementwise(syntax, Kind::kBool, bitKernel(op, Kind::kBool), std::move(children));
  }
  const bool nonNegative = staysNonNegative(children);
  MLAAS_TRY(const Kind kind, unify(children, syntax.mark));
  auto node = std::make_shared<Node>(*elementwise(syntax, kind, bitKernel(op, kind), std::move(children)));
  node->nonNegative = nonNegative && kind == Kind::kInt64;
  return NodePtr(std::move(node));
}

// An integer to the power of an integer written out, not negative, stays exact; every other power is a float64.
Result<NodePtr> Typer::power(const Syntax& syntax, NodePtr base, NodePtr exponent) const {
  base = asNumber(std::move(base));
  const bool isWhole =
      exponent->form == Form::kConstant && exponent->kind == Kind::kInt64 && exponent->constant.integer >= 0;
  const Kind kind = isWhole ? base->kind : Kind::kFloat64;
  return elementwise(syntax, kind, arithmeticKernel(Operator::kPower, kind),
                     {convert(std::move(base), kind), convert(std::move(exponent), kind)},
                     kind == Kind::kFloat64 ? Watch::kPower : Watch::kNothing);
}

Result<NodePtr> Typer::comparison(const Syntax& syntax) {
  auto node = nodeAt(syntax, Form::kComparison, Kind::kBool, 0);
  for (const SyntaxPtr& operand : syntax.children) {
    MLAAS_TRY(NodePtr child, type(*operand));
    child = asNumber(std::move(child));
    node->depth = std::max(node->depth, child->depth);
    node->children.push_back(std::move(child));
  }
  for (size_t i = 0; i < syntax.operators.size(); ++i) {
    MLAAS_CHECK(checkComparable(syntax.operators[i], *node->children[i], *node->children[i + 1], syntax.mark));
    node->comparisons.push_back(
        comparisonKernel(syntax.operators[i], node->children[i]->kind, node->children[i + 1]->kind));
  }
  return NodePtr(std::move(node));
}

Result<void> Typer::checkComparable(Operator op, const Node& left, const Node& right, size_t mark) const {
  if (left.kind == Kind::kString || right.kind == Kind::kString) {
    if (left.kind != right.kind) {
      return complain(mark, "a string is compared with a number: '" + textOf(left) + "' is a " +
                                std::string(kindName(left.kind)) + ", '" + textOf(right) + "' a " +
                                std::string(kindName(right.kind)));
    }
    if (op != Operator::kEqual && op != Operator::kNotEqual) {
      return complain(mark, "strings have no order here", "; they have ==, != and in");
    }
  }
  return {};
}

Result<NodePtr> Typer::membership(const Syntax& syntax) {
  auto node = nodeAt(syntax, Form::kMembership, Kind::kBool, 0);
  for (const SyntaxPtr& operand : syntax.children) {
    MLAAS_TRY(NodePtr child, type(*operand));
    if (!node->children.empty() && child->depth > 0) {
      return complain(child->mark, "the values after 'in' are single ones, but '" + textOf(*child) + "' is a list",
                      "; any(list == value) looks for a value in a list");
    }
    child = asNumber(std::move(child));
    node->depth = std::max(node->depth, child->depth);
    node->children.push_back(std::move(child));
  }
  for (size_t i = 1; i < node->children.size(); ++i) {
    MLAAS_CHECK(checkComparable(Operator::kEqual, *node->children[0], *node->children[i], syntax.mark));
    node->comparisons.push_back(comparisonKernel(Operator::kEqual, node->children[0]->kind, node->children[i]->kind));
  }
  return NodePtr(std::move(node));
}

Result<NodePtr> Typer::conditional(const Syntax& syntax) {
  MLAAS_TRY(NodePtr condition, type(*syntax.children[0]));
  MLAAS_TRY(condition, asBool(std::move(condition), "'?'"));
  std::vector<NodePtr> values;
  for (size_t i = 1; i < 3; ++i) {
    MLAAS_TRY(NodePtr value, type(*syntax.children[i]));
    values.push_back(std::move(value));
  }
  return select(syntax, std::move(condition), std::move(values));
}

Result<NodePtr> Typer::select(const Syntax& syntax, NodePtr condition, std::vector<NodePtr> values) const {
  for (const NodePtr& value : values) MLAAS_CHECK(requireNumber(*value, "a choice"));
  Kind kind = Kind::kBool;
  const bool nonNegative = staysNonNegative(values);
  if (values[0]->kind != Kind::kBool || values[1]->kind != Kind::kBool) {
    MLAAS_TRY(kind, unify(values, syntax.mark));
  }
  auto node = std::make_shared<Node>(
      *elementwise(syntax, kind, selectKernel(kind), {std::move(condition), values[0], values[1]}));
  node->nonNegative = nonNegative && kind == Kind::kInt64;
  return NodePtr(std::move(node));
}

Result<NodePtr> Typer::call(const Syntax& syntax) {
  std::vector<NodePtr> arguments;
  const auto& functions = functionNames();
  const auto meaning = meaningOf(syntax.name);
  if (meaning && meaning->function.empty()) {
    return complain(syntax.mark,
                    syntax.name + "() " + std::string(meaning->refusal.substr(0, meaning->refusal.find(';'))),
                    meaning->refusal.substr(std::min(meaning->refusal.find(';'), meaning->refusal.size())));
  }
  if (!meaning && std::find(functions.begin(), functions.end(), syntax.name) == functions.end()) {
    return complain(syntax.mark, "unknown function '" + syntax.name + "'", suggestNames(syntax.name, functions));
  }
  for (const SyntaxPtr& argument : syntax.children) {
    MLAAS_TRY(NodePtr node, type(*argument));
    arguments.push_back(std::move(node));
  }
  NodePtr missing;
  if (syntax.missing) {
    MLAAS_TRY(missing, type(*syntax.missing));
  }
  return typeCall(*this, syntax, std::move(arguments), std::move(missing));
}

Result<Typed> typeSyntax(const Syntax& syntax, std::string_view text, std::span<const NamedType> names) {
  Typer typer(text, names);
  MLAAS_TRY(NodePtr root, typer.type(syntax));
  return Typed{std::move(root), typer.takeColumns()};
}

}  // namespace mlaas::table::expression
