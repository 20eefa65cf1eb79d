#include "mlaas/table/expression/lexer.h"

#include <array>
#include <charconv>

#include "mlaas/table/expression/diagnostic.h"

namespace mlaas::table::expression {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isNamePart(char c) { return isLetter(c) || isDigit(c) || c == '.'; }
bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Longer symbols first, so that the first match is the longest.
constexpr std::array<std::string_view, 29> kSymbols = {"**", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", "+",
                                                       "-",  "*",  "/",  "%",  "<",  ">",  "!",  "&",  "|",  "^",
                                                       "~",  "(",  ")",  "[",  "]",  ",",  "?",  ":",  "="};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && isSpace(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      MLAAS_TRY(const Token token, next());
      tokens.push_back(token);
      at_ = token.end();
    }
    tokens.push_back({TokenKind::kEnd, {}, text_.size(), 0, 0});
    return tokens;
  }

 private:
  Result<Token> next() const {
    const char c = text_[at_];
    if (isDigit(c) || (c == '.' && at_ + 1 < text_.size() && isDigit(text_[at_ + 1]))) return number();
    if (isLetter(c)) {
      return Token{TokenKind::kName, text_.substr(at_, nameEnd() - at_), at_, 0, 0};
    }
    if (c == '`') return quotedName();
    if (c == '"' || c == '\'') return quotedText();
    for (std::string_view symbol : kSymbols) {
      if (text_.substr(at_).starts_with(symbol)) {
        return Token{TokenKind::kSymbol, text_.substr(at_, symbol.size()), at_, 0, 0};
      }
    }
    return complaint(text_, at_, "unexpected character '" + printable(text_.substr(at_, 1)) + "'");
  }

  // A name may hold `::` before a letter, and end with `$`: the notations of C++ and TTree::Draw.
  size_t nameEnd() const {
    size_t end = at_ + 1;
    while (end < text_.size()) {
      if (isNamePart(text_[end])) {
        ++end;
      } else if (text_.substr(end).starts_with("::") && end + 2 < text_.size() && isLetter(text_[end + 2])) {
        end += 3;
      } else {
        break;
      }
    }
    return end < text_.size() && text_[end] == '$' ? end + 1 : end;
  }

  Result<Token> quotedName() const {
    const size_t close = text_.find('`', at_ + 1);
    if (close == std::string_view::npos) return complaint(text_, at_, "a name without its closing backquote");
    if (close == at_ + 1) return complaint(text_, at_, "an empty name");
    return Token{TokenKind::kQuotedName, text_.substr(at_ + 1, close - at_ - 1), at_, 0, 0};
  }

  Result<Token> quotedText() const {
    const size_t close = text_.find(text_[at_], at_ + 1);
    if (close == std::string_view::npos) return complaint(text_, at_, "a string without its closing quotation mark");
    const std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
    if (inside.find('\\') != std::string_view::npos) return complaint(text_, at_, "a string with a backslash");
    return Token{TokenKind::kText, inside, at_, 0, 0};
  }

  Result<Token> number() const {
    const bool hexadecimal = text_.substr(at_).starts_with("0x") || text_.substr(at_).starts_with("0X");
    Token token{TokenKind::kInteger, {}, at_, 0, 0};
    size_t end = at_;
    bool isReal = false;
    if (hexadecimal) {
      end += 2;
      while (end < text_.size() && (isDigit(text_[end]) || isLetter(text_[end]))) ++end;
    } else {
      end = realEnd(isReal);
    }
    token.text = text_.substr(at_, end - at_);
    if (end < text_.size() && isNamePart(text_[end])) {
      return complaint(text_, end, "unexpected '" + printable(text_.substr(end, 1)) + "' after a number");
    }
    return isReal ? readReal(token) : readInteger(token, hexadecimal);
  }

  // The end of the decimal number at at_; tells whether it has a point or an exponent.
  size_t realEnd(bool& isReal) const {
    size_t end = at_;
    while (end < text_.size() && isDigit(text_[end])) ++end;
    if (end < text_.size() && text_[end] == '.') {
      isReal = true;
      for (++end; end < text_.size() && isDigit(text_[end]);) ++end;
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      size_t digits = end + 1;
      if (digits < text_.size() && (text_[digits] == '+' || text_[digits] == '-')) ++digits;
      if (digits < text_.size() && isDigit(text_[digits])) {
        isReal = true;
        for (end = digits; end < text_.size() && isDigit(text_[end]);) ++end;
      }
    }
    return end;
  }

  Result<Token> readReal(Token token) const {
    token.kind = TokenKind::kReal;
    const char* last = token.text.data() + token.text.size();
    const auto [end, error] = std::from_chars(token.text.data(), last, token.real);
    if (error != std::errc{} || end != last) {
      return complaint(text_, at_, "the number " + std::string(token.text) + " does not fit in a float64");
    }
    return token;
  }

  Result<Token> readInteger(Token token, bool hexadecimal) const {
    const char* first = token.text.data() + (hexadecimal ? 2 : 0);
    const char* last = token.text.data() + token.text.size();
    const auto [end, error] = std::from_chars(first, last, token.integer, hexadecimal ? 16 : 10);
    if (error == std::errc::result_out_of_range) {
      return complaint(text_, at_, "the integer " + std::string(token.text) + " does not fit in 64 bits",
                       "; with a decimal point it is a float64");
    }
    if (error != std::errc{} || end != last) {
      return complaint(text_, at_, "'" + std::string(token.text) + "' is no hexadecimal number");
    }
    return token;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return Error(ErrorCode::kInvalidArgument, "an expression of " + std::to_string(text.size()) +
                                                  " bytes; the longest allowed has " + std::to_string(kMaxTextBytes));
  }
  return Lexer(text).run();
}

}  // namespace mlaas::table::expression
