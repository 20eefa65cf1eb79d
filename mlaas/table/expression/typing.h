// Gives every part of a syntax tree its type and its loop, and finds the columns.
// Rules:   docs/expressions.md, "Types".
// Errors:  kInvalidArgument (unknown names with the nearest ones, kinds that do not go together), kUnsupported for
//          columns of a type without arithmetic.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/expression/node.h"
#include "mlaas/table/expression/syntax.h"

namespace mlaas::table::expression {

struct Typed {
  NodePtr root;
  std::vector<std::string> columns;  // in the order of their first use
};

Result<Typed> typeSyntax(const Syntax& syntax, std::string_view text, std::span<const NamedType> names);

// Typing in progress; functions.cpp builds the nodes of calls with it.
class Typer {
 public:
  Typer(std::string_view text, std::span<const NamedType> names) : text_(text), names_(names) {}

  Result<NodePtr> type(const Syntax& syntax);
  std::vector<std::string> takeColumns() { return std::move(columns_); }

  // A complaint that points at `mark`.
  Error complain(size_t mark, std::string_view problem, std::string_view hint = {},
                 ErrorCode code = ErrorCode::kInvalidArgument) const;
  std::string textOf(const Node& node) const { return std::string(text_.substr(node.begin, node.end - node.begin)); }
  std::span<const NamedType> names() const { return names_; }

  // `node` as another kind. Not from float64 to an integer.
  NodePtr convert(NodePtr node, Kind kind) const;
  // Anything but a string.
  Result<void> requireNumber(const Node& node, std::string_view user) const;
  // For logic: a bool as it is, an integer as != 0.
  Result<NodePtr> asBool(NodePtr node, std::string_view user) const;
  // For arithmetic: a bool as int64.
  NodePtr asNumber(NodePtr node) const;
  // Converts all to the one kind that holds them: numbers only.
  Result<Kind> unify(std::vector<NodePtr>& nodes, size_t mark) const;
  // A loop over `children`, at the place of `syntax`; computed at once where all are constants.
  NodePtr elementwise(const Syntax& syntax, Kind kind, ElementwiseKernel kernel, std::vector<NodePtr> children,
                      Watch watch = Watch::kNothing) const;
  // The value of what is not there: `missing` if given, else NaN; an error where `list` holds integers and not
  // everything is known to be there. Makes `list` and the value of one kind. `usage` shows how to give one.
  Result<NodePtr> missingValue(NodePtr& list, NodePtr missing, size_t mark, const std::string& problem,
                               const std::string& usage, bool isThere) const;

  // The elements of `list` at `index`, a position or a list of them; `missing` may be null.
  Result<NodePtr> element(const Syntax& syntax, NodePtr list, NodePtr index, NodePtr missing,
                          bool negativeIsMissing) const;
  // values[0] where `condition`, a bool, is true, else values[1].
  Result<NodePtr> select(const Syntax& syntax, NodePtr condition, std::vector<NodePtr> values) const;
  // `base` to the power of `exponent`.
  Result<NodePtr> power(const Syntax& syntax, NodePtr base, NodePtr exponent) const;

 private:
  Result<NodePtr> constant(const Syntax& syntax) const;
  Result<NodePtr> column(const Syntax& syntax);
  Result<NodePtr> unary(const Syntax& syntax);
  Result<NodePtr> binary(const Syntax& syntax);
  Result<NodePtr> comparison(const Syntax& syntax);
  Result<NodePtr> conditional(const Syntax& syntax);
  Result<NodePtr> membership(const Syntax& syntax);
  Result<NodePtr> subscript(const Syntax& syntax);
  Result<NodePtr> slice(const Syntax& syntax);
  Result<NodePtr> mask(const Syntax& syntax, NodePtr list, NodePtr mask);
  Result<NodePtr> bits(const Syntax& syntax, std::vector<NodePtr> children) const;
  Result<NodePtr> missingText(NodePtr missing) const;
  Result<void> checkComparable(Operator op, const Node& left, const Node& right, size_t mark) const;
  Result<void> requireInteger(const Node& node, std::string_view user) const;
  Result<void> requireList(const Node& list, size_t mark) const;
  // That an index is nested no deeper than its list.
  Result<void> requireDepth(const Node& index, const Node& list) const;
  Result<NodePtr> call(const Syntax& syntax);

  std::string_view text_;
  std::span<const NamedType> names_;
  std::vector<std::string> columns_;
};

// "int64", "string": for messages.
std::string_view kindName(Kind kind);

// What is counted of + - * and % of `kind`.
Watch arithmeticWatch(Operator op, Kind kind);

// A node at the place of `syntax`.
std::shared_ptr<Node> nodeAt(const Syntax& syntax, Form form, Kind kind, int depth);

}  // namespace mlaas::table::expression
