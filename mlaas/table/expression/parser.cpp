#include "mlaas/table/expression/parser.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "mlaas/table/expression/diagnostic.h"
#include "mlaas/table/expression/lexer.h"
#include "mlaas/table/expression/notation.h"

namespace mlaas::table::expression {

namespace {

// How tightly an operator binds; a higher power binds first.
enum Power : int {
  kLowest = 0,
  kConditionalPower,
  kOrPower,
  kAndPower,
  kNotWordPower,
  kComparisonPower,
  kBitOrPower,
  kBitXorPower,
  kBitAndPower,
  kShiftPower,
  kSumPower,
  kProductPower,
  kPrefixPower,
  kPowerPower,
};

struct Infix {
  Operator op;
  Power power;
};

std::optional<Infix> infixOf(const Token& token) {
  struct Row {
    std::string_view text;
    Infix infix;
  };
  static constexpr Row kRows[] = {
      {"+", {Operator::kAdd, kSumPower}},
      {"-", {Operator::kSubtract, kSumPower}},
      {"*", {Operator::kMultiply, kProductPower}},
      {"/", {Operator::kDivide, kProductPower}},
      {"%", {Operator::kModulo, kProductPower}},
      {"**", {Operator::kPower, kPowerPower}},
      {"==", {Operator::kEqual, kComparisonPower}},
      {"!=", {Operator::kNotEqual, kComparisonPower}},
      {"<", {Operator::kLess, kComparisonPower}},
      {"<=", {Operator::kLessEqual, kComparisonPower}},
      {">", {Operator::kGreater, kComparisonPower}},
      {">=", {Operator::kGreaterEqual, kComparisonPower}},
      {"&", {Operator::kBitAnd, kBitAndPower}},
      {"|", {Operator::kBitOr, kBitOrPower}},
      {"^", {Operator::kBitXor, kBitXorPower}},
      {"<<", {Operator::kShiftLeft, kShiftPower}},
      {">>", {Operator::kShiftRight, kShiftPower}},
      {"&&", {Operator::kAnd, kAndPower}},
      {"||", {Operator::kOr, kOrPower}},
  };
  if (token.isWord("and")) return Infix{Operator::kAnd, kAndPower};
  if (token.isWord("or")) return Infix{Operator::kOr, kOrPower};
  if (token.kind != TokenKind::kSymbol) return std::nullopt;
  for (const Row& row : kRows) {
    if (row.text == token.text) return row.infix;
  }
  return std::nullopt;
}

bool isReserved(std::string_view word) {
  return word == "and" || word == "or" || word == "not" || word == "in" || word == "true" || word == "false";
}

std::string described(const Token& token) {
  if (token.kind == TokenKind::kEnd) return "the end";
  return "'" + printable(token.text) + "'";
}

// Nesting is deep and a sanitizer's frames are large: what one construct needs is on the stack only while it is parsed.
#define MLAAS_OWN_FRAME [[gnu::noinline]]

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Result<SyntaxPtr> run() {
    if (peek().kind == TokenKind::kEnd) return complaint(text_, 0, "an empty expression");
    MLAAS_TRY(SyntaxPtr tree, expression(kLowest));
    if (peek().kind != TokenKind::kEnd) return unexpected("an operator or the end");
    return tree;
  }

 private:
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }

  MLAAS_OWN_FRAME Error unexpected(std::string_view expected) const {
    const std::string_view hint = peek().is("=") ? "; a comparison is written ==" : "";
    return complaint(text_, peek().offset, "expected " + std::string(expected) + ", found " + described(peek()), hint);
  }

  Result<void> expect(std::string_view symbol) {
    if (!peek().is(symbol)) return unexpected("'" + std::string(symbol) + "'");
    take();
    return {};
  }

  // Gives a node its place in the text and its height.
  Result<SyntaxPtr> finish(SyntaxPtr node, size_t begin, size_t mark) const {
    node->begin = begin;
    node->mark = mark;
    node->end = at_ > 0 ? tokens_[at_ - 1].end() : 0;
    for (const SyntaxPtr& child : node->children) node->height = std::max(node->height, child->height + 1);
    for (const auto& option : node->options) node->height = std::max(node->height, option.value->height + 1);
    if (node->missing) node->height = std::max(node->height, node->missing->height + 1);
    if (node->height > kMaxHeight) return tooDeep(mark);
    return node;
  }

  MLAAS_OWN_FRAME Error tooDeep(size_t offset) const {
    return complaint(text_, offset, "more than " + std::to_string(kMaxHeight) + " nested operations",
                     "; split it with `define`");
  }

  // An expression whose operators bind at least as tightly as `power`.
  MLAAS_OWN_FRAME Result<SyntaxPtr> expression(int power) {
    if (++depth_ > kMaxHeight) return tooDeep(peek().offset);
    MLAAS_TRY(SyntaxPtr left, prefix(power));
    while (true) {
      if (peek().is("?") && power <= kConditionalPower) {
        MLAAS_TRY(left, conditional(std::move(left)));
        continue;
      }
      if (isMembership() && power <= kComparisonPower) {
        MLAAS_TRY(left, membership(std::move(left)));
        continue;
      }
      const auto infix = infixOf(peek());
      if (!infix || infix->power < power) break;
      if (infix->power == kComparisonPower) {
        MLAAS_TRY(left, comparison(std::move(left)));
      } else {
        MLAAS_TRY(left, binary(std::move(left), *infix));
      }
    }
    --depth_;
    return left;
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> binary(SyntaxPtr left, Infix infix) {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kBinary;
    node->operators = {infix.op};
    const size_t begin = left->begin;
    const size_t mark = take().offset;
    // The power groups from the right, the others from the left.
    MLAAS_TRY(SyntaxPtr right, expression(infix.op == Operator::kPower ? infix.power : infix.power + 1));
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    return finish(std::move(node), begin, mark);
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> comparison(SyntaxPtr left) {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kComparison;
    const size_t begin = left->begin;
    const size_t mark = peek().offset;
    MLAAS_CHECK(checkComparable(*left));
    node->children.push_back(std::move(left));
    for (auto infix = infixOf(peek()); infix && infix->power == kComparisonPower; infix = infixOf(peek())) {
      take();
      node->operators.push_back(infix->op);
      MLAAS_TRY(SyntaxPtr next, expression(kComparisonPower + 1));
      MLAAS_CHECK(checkComparable(*next));
      node->children.push_back(std::move(next));
    }
    return finish(std::move(node), begin, mark);
  }

  // `a & b == c` is one thing in Python and another in C.
  Result<void> checkComparable(const Syntax& operand) const {
    if (operand.kind != SyntaxKind::kBinary || operand.parenthesised) return {};
    const Operator op = operand.operators.front();
    if (op != Operator::kBitAnd && op != Operator::kBitOr && op != Operator::kBitXor) return {};
    return complaint(text_, operand.mark, "&, | or ^ beside a comparison needs parentheses",
                     "; C compares first and Python last");
  }

  bool isMembership() const { return peek().isWord("in") || (peek().isWord("not") && peek(1).isWord("in")); }

  // `x in [a, b]` and `x not in [a, b]`.
  MLAAS_OWN_FRAME Result<SyntaxPtr> membership(SyntaxPtr left) {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kMembership;
    const size_t begin = left->begin;
    const size_t mark = peek().offset;
    const bool negated = take().isWord("not");
    if (negated) take();
    MLAAS_CHECK(checkComparable(*left));
    node->children.push_back(std::move(left));
    MLAAS_CHECK(expect("["));
    while (true) {
      MLAAS_TRY(SyntaxPtr item, expression(kLowest));
      node->children.push_back(std::move(item));
      if (!peek().is(",")) break;
      take();
    }
    if (!peek().is("]")) return unexpected("',' or ']'");
    take();
    MLAAS_TRY(node, finish(std::move(node), begin, mark));
    if (!negated) return node;
    auto inverse = std::make_unique<Syntax>();
    inverse->kind = SyntaxKind::kUnary;
    inverse->operators = {Operator::kNot};
    inverse->children.push_back(std::move(node));
    return finish(std::move(inverse), begin, mark);
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> conditional(SyntaxPtr condition) {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kConditional;
    const size_t begin = condition->begin;
    const size_t mark = take().offset;
    node->children.push_back(std::move(condition));
    MLAAS_TRY(SyntaxPtr whenTrue, expression(kConditionalPower));
    MLAAS_CHECK(expect(":"));
    MLAAS_TRY(SyntaxPtr whenFalse, expression(kConditionalPower));
    node->children.push_back(std::move(whenTrue));
    node->children.push_back(std::move(whenFalse));
    return finish(std::move(node), begin, mark);
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> unary(Operator op, int operandPower) {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kUnary;
    node->operators = {op};
    const size_t begin = take().offset;
    MLAAS_TRY(SyntaxPtr operand, expression(operandPower));
    node->children.push_back(std::move(operand));
    return finish(std::move(node), begin, begin);
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> prefix(int power) {
    if (peek().is("-")) return unary(Operator::kNegate, kPrefixPower);
    if (peek().is("+")) return unary(Operator::kPlus, kPrefixPower);
    if (peek().is("!")) return unary(Operator::kNot, kPrefixPower);
    if (peek().is("~")) return unary(Operator::kBitNot, kPrefixPower);
    if (peek().isWord("not")) {
      if (power > kNotWordPower) {
        return complaint(text_, peek().offset, "'not' after an operator that binds tighter",
                         "; put it in parentheses or write !");
      }
      return unary(Operator::kNot, kNotWordPower);
    }
    MLAAS_TRY(SyntaxPtr node, primary());
    while (peek().is("[")) {
      MLAAS_TRY(node, subscript(std::move(node)));
    }
    return node;
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> primary() {
    const Token& token = peek();
    if (token.is("(")) return parenthesised();
    if (token.kind == TokenKind::kSymbol || token.kind == TokenKind::kEnd) return unexpected("a value");
    if (token.kind == TokenKind::kName && peek(1).is("(") && !isReserved(token.text)) return call();
    auto node = std::make_unique<Syntax>();
    node->kind = token.kind == TokenKind::kInteger ? SyntaxKind::kInteger
                 : token.kind == TokenKind::kReal  ? SyntaxKind::kReal
                 : token.kind == TokenKind::kText  ? SyntaxKind::kText
                                                   : SyntaxKind::kName;
    node->integer = token.integer;
    node->real = token.real;
    const bool isTrue = token.isWord("true") || token.isWord("True");
    if (isTrue || token.isWord("false") || token.isWord("False")) {
      node->kind = SyntaxKind::kBool;
      node->integer = isTrue ? 1 : 0;
    } else if (token.kind == TokenKind::kName && isReserved(token.text)) {
      return unexpected("a value");
    }
    if (node->kind == SyntaxKind::kName || node->kind == SyntaxKind::kText) node->name = token.text;
    if (const auto constant = token.kind == TokenKind::kName ? constantNamed(token.text) : std::nullopt) {
      node->kind = SyntaxKind::kReal;
      node->real = *constant;
    }
    const size_t begin = take().offset;
    return finish(std::move(node), begin, begin);
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> parenthesised() {
    const size_t begin = take().offset;
    MLAAS_TRY(SyntaxPtr node, expression(kLowest));
    MLAAS_CHECK(expect(")"));
    node->begin = begin;
    node->end = tokens_[at_ - 1].end();
    node->parenthesised = true;
    return node;
  }

  // `default = VALUE`, if it stands here.
  Result<bool> namedDefault(Syntax& node) {
    if (!peek().isWord("default") || !peek(1).is("=")) return false;
    if (node.missing) return complaint(text_, peek().offset, "a second default");
    take();
    take();
    MLAAS_TRY(node.missing, expression(kLowest));
    return true;
  }

  // `NAME = VALUE`, if it stands here.
  Result<bool> namedArgument(Syntax& node) {
    if (peek().kind != TokenKind::kName || !peek(1).is("=")) return false;
    if (peek().isWord("default")) return namedDefault(node);
    NamedArgument argument;
    argument.name = take().text;
    for (const auto& other : node.options) {
      if (other.name == argument.name) return complaint(text_, peek().offset, "a second " + argument.name);
    }
    take();
    MLAAS_TRY(argument.value, expression(kLowest));
    node.options.push_back(std::move(argument));
    return true;
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> call() {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kCall;
    node->name = peek().text;
    const size_t begin = take().offset;
    take();
    while (!peek().is(")")) {
      MLAAS_TRY(const bool named, namedArgument(*node));
      if (!named) {
        if (node->missing || !node->options.empty()) {
          return complaint(text_, peek().offset, "an argument after one with a name");
        }
        MLAAS_TRY(SyntaxPtr argument, expression(kLowest));
        node->children.push_back(std::move(argument));
      }
      if (!peek().is(",")) break;
      take();
      if (peek().is(")")) return unexpected("an argument");
    }
    if (!peek().is(")")) return unexpected("',' or ')'");
    take();
    node->mark = node->begin = begin;
    foldNotation(*node);
    return finish(std::move(node), begin, begin);
  }

  // Calls of other notations that are more than another name: x.size(), TMath::Pi(), Alt$(x[1], 0).
  static void foldNotation(Syntax& call) {
    constexpr std::string_view kSize = ".size";
    const bool isBare = call.children.empty() && call.options.empty() && !call.missing;
    if (const auto constant = constantNamed(call.name); constant && isBare) {
      call.kind = SyntaxKind::kReal;
      call.real = *constant;
    } else if (isBare && call.name.size() > kSize.size() && call.name.ends_with(kSize)) {
      auto list = std::make_unique<Syntax>();
      list->kind = SyntaxKind::kName;
      list->name = call.name.substr(0, call.name.size() - kSize.size());
      list->begin = list->mark = call.begin;
      list->end = call.begin + list->name.size();
      call.name = "count";
      call.children.push_back(std::move(list));
    } else if (call.name == "Alt$" && call.children.size() == 2 && !call.missing && call.options.empty() &&
               call.children[0]->kind == SyntaxKind::kSubscript && !call.children[0]->missing) {
      SyntaxPtr element = std::move(call.children[0]);
      call.kind = SyntaxKind::kSubscript;
      call.missing = std::move(call.children[1]);
      call.children = std::move(element->children);
    }
  }

  MLAAS_OWN_FRAME Result<SyntaxPtr> subscript(SyntaxPtr list) {
    auto node = std::make_unique<Syntax>();
    node->kind = SyntaxKind::kSubscript;
    const size_t begin = list->begin;
    const size_t mark = take().offset;
    node->children.push_back(std::move(list));
    SyntaxPtr index = written(0, peek().offset);
    if (!peek().is(":")) {
      MLAAS_TRY(index, expression(kLowest));
    }
    node->children.push_back(std::move(index));
    if (peek().is(":")) return slice(std::move(node), begin, mark);
    if (peek().is(",")) {
      take();
      MLAAS_TRY(const bool named, namedDefault(*node));
      if (!named) {
        MLAAS_TRY(node->missing, expression(kLowest));
      }
    }
    if (!peek().is("]")) return unexpected(node->missing ? "']'" : "',' or ']'");
    take();
    return finish(std::move(node), begin, mark);
  }

  // An integer that stands for what is left out.
  static SyntaxPtr written(uint64_t value, size_t offset) {
    auto node = std::make_unique<Syntax>();
    node->integer = value;
    node->begin = node->end = node->mark = offset;
    return node;
  }

  // The rest of `list[first:end]`, from the colon.
  MLAAS_OWN_FRAME Result<SyntaxPtr> slice(SyntaxPtr node, size_t begin, size_t mark) {
    node->kind = SyntaxKind::kSlice;
    take();
    SyntaxPtr end = written(std::numeric_limits<int64_t>::max(), peek().offset);
    if (!peek().is("]")) {
      MLAAS_TRY(end, expression(kLowest));
    }
    node->children.push_back(std::move(end));
    if (peek().is(":")) return complaint(text_, peek().offset, "a slice takes no step", "; reverse() turns a list");
    if (!peek().is("]")) return unexpected("']'");
    take();
    return finish(std::move(node), begin, mark);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;  // of expression() in itself
};

#undef MLAAS_OWN_FRAME

}  // namespace

Result<SyntaxPtr> parse(std::string_view text) {
  MLAAS_TRY(std::vector<Token> tokens, tokenize(text));
  return Parser(text, std::move(tokens)).run();
}

}  // namespace mlaas::table::expression
