// Cuts the text of an expression into tokens.
// Source: docs/expressions.md, "Grammar".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::table::expression {

// Longer texts are refused: no analysis writes them, and positions and times stay small.
inline constexpr size_t kMaxTextBytes = size_t{64} << 10;

enum class TokenKind : uint8_t {
  kEnd,
  kInteger,     // `integer`
  kReal,        // `real`
  kName,        // `text`: a column, a function or a word such as `and`
  kText,        // `text` without the quotation marks: a string
  kQuotedName,  // `text` without the backquotes: always a column
  kSymbol,      // `text`: an operator or a bracket
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // lies in the expression's text
  size_t offset = 0;      // bytes from the start of the expression
  uint64_t integer = 0;
  double real = 0;

  size_t end() const { return offset + text.size() + (isQuoted() ? 2 : 0); }
  bool isQuoted() const { return kind == TokenKind::kQuotedName || kind == TokenKind::kText; }
  bool is(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
  bool isWord(std::string_view word) const { return kind == TokenKind::kName && text == word; }
};

// The tokens of `text`, a kEnd as the last one. kInvalidArgument for what no token begins with.
Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace mlaas::table::expression
