#include "mlaas/root/ttree/type_name.h"

namespace mlaas::root {

namespace {

constexpr size_t kLongestName = 8192;
constexpr int kDeepestName = 32;

bool isWordCharacter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_';
}

// Removes "std::" and inline namespaces of libraries in front.
void removeStandardNamespace(std::string& name) {
  for (const std::string_view prefix : {"std::", "__1::", "__cxx11::"}) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<TypeName> parse() {
    auto type = parseType(0);
    if (!type || at_ != text_.size()) return std::nullopt;
    return type;
  }

 private:
  std::optional<TypeName> parseType(int depth) {
    if (depth > kDeepestName) return std::nullopt;
    TypeName type;
    readWords(type);
    if (at_ < text_.size() && text_[at_] == '<') {
      if (!parseArguments(type, depth)) return std::nullopt;
      // What follows belongs to the name: "Outer<int>::Inner".
      TypeName rest;
      readWords(rest);
      type.pointers += rest.pointers;
      if (!rest.name.empty()) {
        type.name = type.text().substr(0, type.text().size() - static_cast<size_t>(type.pointers)) + rest.name;
        type.arguments.clear();
        if (at_ < text_.size() && text_[at_] == '<' && !parseArguments(type, depth)) return std::nullopt;
        readWords(rest);
      }
    }
    if (type.name.empty()) return std::nullopt;
    return type;
  }

  // After '<', up to and with '>'.
  bool parseArguments(TypeName& type, int depth) {
    do {
      ++at_;
      auto argument = parseType(depth + 1);
      if (!argument) return false;
      type.arguments.push_back(*std::move(argument));
    } while (at_ < text_.size() && text_[at_] == ',');
    if (at_ >= text_.size() || text_[at_] != '>') return false;
    ++at_;
    return true;
  }

  // Words up to a bracket or comma; one space stays between two words.
  void readWords(TypeName& type) {
    bool space = false;
    for (; at_ < text_.size(); ++at_) {
      const char character = text_[at_];
      if (character == '<' || character == '>' || character == ',') break;
      if (character == ' ' || character == '\t') {
        space = true;
      } else if (character == '*') {
        ++type.pointers;
      } else {
        const bool separate =
            space && !type.name.empty() && isWordCharacter(type.name.back()) && isWordCharacter(character);
        if (separate) type.name += ' ';
        if (separate && type.name == "const ") type.name.clear();
        type.name += character;
        space = false;
      }
    }
    removeStandardNamespace(type.name);
  }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::string TypeName::text() const {
  std::string text = name;
  for (size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "<" : ",") + arguments[i].text();
  if (!arguments.empty()) text += '>';
  return text.append(static_cast<size_t>(pointers), '*');
}

std::optional<TypeName> parseTypeName(std::string_view text) {
  if (text.size() > kLongestName) return std::nullopt;
  return Parser(text).parse();
}

}  // namespace mlaas::root
