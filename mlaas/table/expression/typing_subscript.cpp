// The types of list[mask], list[index], list[list of indices] and list[first:end].
#include <algorithm>

#include "mlaas/table/expression/typing.h"

namespace mlaas::table::expression {

Result<NodePtr> Typer::subscript(const Syntax& syntax) {
  MLAAS_TRY(NodePtr list, type(*syntax.children[0]));
  MLAAS_TRY(NodePtr index, type(*syntax.children[1]));
  MLAAS_CHECK(requireList(*list, syntax.mark));
  if (index->kind == Kind::kBool) return mask(syntax, std::move(list), std::move(index));
  if (index->kind != Kind::kInt64) {
    return complain(index->mark, "[] takes a list of bools (a mask), an int64 or a list of int64 (an index), but '" +
                                     textOf(*index) + "' is " + (index->depth > 0 ? "a list of " : "a ") +
                                     std::string(kindName(index->kind)));
  }
  NodePtr missing;
  if (syntax.missing) {
    MLAAS_TRY(missing, type(*syntax.missing));
  }
  return element(syntax, std::move(list), std::move(index), std::move(missing), false);
}

Result<void> Typer::requireList(const Node& list, size_t mark) const {
  if (list.depth > 0) return {};
  return complain(mark, "'" + textOf(list) + "' is no list, and [] takes an element of one");
}

Result<void> Typer::requireDepth(const Node& index, const Node& list) const {
  if (index.depth <= list.depth) return {};
  return complain(index.mark, "'" + textOf(index) + "' has lists nested deeper than '" + textOf(list) + "'");
}

Result<NodePtr> Typer::mask(const Syntax& syntax, NodePtr list, NodePtr mask) {
  if (mask->depth == 0) return complain(mask->mark, "a mask must be a list of bools, one for each element");
  if (syntax.missing) return complain(syntax.missing->mark, "a mask takes no default");
  MLAAS_CHECK(requireDepth(*mask, *list));
  auto node = nodeAt(syntax, Form::kMask, list->kind, list->depth);
  node->nonNegative = list->nonNegative;
  node->children = {std::move(list), std::move(mask)};
  return NodePtr(std::move(node));
}

Result<NodePtr> Typer::element(const Syntax& syntax, NodePtr list, NodePtr index, NodePtr missing,
                               bool negativeIsMissing) const {
  MLAAS_CHECK(requireDepth(*index, *list));
  const bool givesLists = list->depth > std::max(1, index->depth);
  if (givesLists && missing) {
    return complain(missing->mark, "an element that is itself a list takes no default");
  }
  const bool mayFail = index->depth > 0 && !missing && list->kind != Kind::kFloat64;
  const int64_t position = index->constant.integer;
  const bool isThere = index->form == Form::kConstant && position < list->fixedLength && position >= -list->fixedLength;
  if (!givesLists && !mayFail) {
    const std::string usage = textOf(*list) + "[" + textOf(*index) + ", -1]";
    MLAAS_TRY(missing, missingValue(list, std::move(missing), syntax.mark, "an element of a list that is too short",
                                    usage, isThere));
  }
  auto node = nodeAt(syntax, index->depth > 0 ? Form::kTake : Form::kIndex, list->kind,
                     index->depth > 0 ? list->depth : list->depth - 1);
  node->negativeIsMissing = negativeIsMissing;
  node->nonNegative = mayFail && list->nonNegative;
  node->children = {std::move(list), std::move(index)};
  if (missing) node->children.push_back(std::move(missing));
  return NodePtr(std::move(node));
}

Result<NodePtr> Typer::slice(const Syntax& syntax) {
  std::vector<NodePtr> children;
  for (const SyntaxPtr& child : syntax.children) {
    MLAAS_TRY(NodePtr node, type(*child));
    children.push_back(std::move(node));
  }
  MLAAS_CHECK(requireList(*children[0], syntax.mark));
  for (size_t i = 1; i < 3; ++i) {
    const Node& bound = *children[i];
    if (bound.kind == Kind::kInt64 && bound.depth == 0) continue;
    return complain(bound.mark, "a bound of a slice is one int64, but '" + textOf(bound) + "' is " +
                                    (bound.depth > 0 ? "a list of " : "a ") + std::string(kindName(bound.kind)));
  }
  auto node = nodeAt(syntax, Form::kSlice, children[0]->kind, children[0]->depth);
  node->nonNegative = children[0]->nonNegative;
  node->children = std::move(children);
  return NodePtr(std::move(node));
}

}  // namespace mlaas::table::expression
