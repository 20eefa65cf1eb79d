#include "mlaas/table/expression.h"

#include <algorithm>

#include "mlaas/table/expression/diagnostic.h"
#include "mlaas/table/expression/evaluation.h"
#include "mlaas/table/expression/node.h"
#include "mlaas/table/expression/parser.h"
#include "mlaas/table/expression/typing.h"

namespace mlaas::table {

namespace {

void collectNames(const expression::Syntax& syntax, std::vector<std::string>& names) {
  if (syntax.kind == expression::SyntaxKind::kName &&
      std::find(names.begin(), names.end(), syntax.name) == names.end()) {
    names.push_back(syntax.name);
  }
  for (const auto& child : syntax.children) collectNames(*child, names);
  for (const auto& option : syntax.options) collectNames(*option.value, names);
  if (syntax.missing) collectNames(*syntax.missing, names);
}

}  // namespace

Result<Expression> Expression::compile(std::string_view text, std::span<const NamedType> names) {
  Expression compiled;
  compiled.text_ = text;
  MLAAS_TRY(const expression::SyntaxPtr syntax, expression::parse(text));
  MLAAS_TRY(expression::Typed typed, expression::typeSyntax(*syntax, text, names));
  compiled.columns_ = std::move(typed.columns);
  for (const std::string& column : compiled.columns_) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& name) { return name.name == column; });
    compiled.columnTypes_.push_back(found->type);
  }
  const expression::Node& root = *typed.root;
  if (root.form == expression::Form::kColumn) {
    compiled.type_ = compiled.columnTypes_.front();
  } else if (root.kind == expression::Kind::kString) {
    return expression::complaint(text, root.mark, "the result is a string, and a computed value is a number",
                                 "; compare it, as in x == \"name\"");
  } else {
    compiled.type_ = {expression::dtypeOf(root.kind), root.depth, {}, false};
  }
  compiled.root_ = std::move(typed.root);
  return compiled;
}

Result<Column> Expression::evaluate(std::span<const Column> columns, int64_t length, EntryNumbers entries,
                                    ArithmeticCounts* counts) const {
  if (columns.size() != columns_.size()) {
    return Error(ErrorCode::kInternal, "'" + text_ + "' reads " + std::to_string(columns_.size()) + " columns, but " +
                                           std::to_string(columns.size()) + " were given");
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].type != columnTypes_[i]) {
      return Error(ErrorCode::kInvalidArgument, "column '" + columns_[i] + "' is of type " + columns[i].type.name() +
                                                    ", but '" + text_ + "' was made for " + columnTypes_[i].name());
    }
    if (columns[i].length != length) {
      return Error(ErrorCode::kInternal, "column '" + columns_[i] + "' has " + std::to_string(columns[i].length) +
                                             " entries instead of " + std::to_string(length));
    }
  }
  if (root_->form == expression::Form::kColumn) return columns[root_->column];
  return expression::evaluateTree(*root_, type_, text_, columns, length, entries, counts);
}

Result<std::vector<std::string>> namesUsed(std::string_view text) {
  MLAAS_TRY(const expression::SyntaxPtr syntax, expression::parse(text));
  std::vector<std::string> names;
  collectNames(*syntax, names);
  return names;
}

}  // namespace mlaas::table
