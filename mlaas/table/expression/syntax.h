// The syntax tree of an expression: what the text says, before any column or type is known.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlaas::table::expression {

enum class Operator : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kBitAnd,
  kBitOr,
  kBitXor,
  kShiftLeft,
  kShiftRight,
  kNegate,
  kPlus,
  kNot,
  kBitNot,
};

enum class SyntaxKind : uint8_t {
  kInteger,      // integer
  kReal,         // real
  kBool,         // integer: 0 or 1
  kText,         // name: a string
  kName,         // name
  kUnary,        // operators[0], children[0]
  kBinary,       // operators[0], children[0], children[1]; arithmetic and logic
  kComparison,   // children[0] operators[0] children[1] operators[1] children[2] ...
  kMembership,   // children[0] in the others
  kConditional,  // children: condition, value if true, value if false
  kCall,         // name, children: the arguments
  kSubscript,    // children: list, index or mask
  kSlice,        // children: list, first, end
};

struct Syntax;

// `name = value` among the arguments of a call.
struct NamedArgument {
  std::string name;
  std::unique_ptr<Syntax> value;
};

struct Syntax {
  SyntaxKind kind = SyntaxKind::kInteger;
  size_t begin = 0;  // bytes [begin, end) of the text
  size_t end = 0;
  size_t mark = 0;  // where to point in a complaint: the operator or the name
  int height = 1;   // of the tree below; bounded, so that recursion over it is
  uint64_t integer = 0;
  double real = 0;
  std::string name;
  std::vector<Operator> operators;
  std::vector<std::unique_ptr<Syntax>> children;
  std::unique_ptr<Syntax> missing;     // kCall, kSubscript: the value given for what is not there, or null
  std::vector<NamedArgument> options;  // kCall: arguments with a name, but `default`
  bool parenthesised = false;
};

using SyntaxPtr = std::unique_ptr<Syntax>;

}  // namespace mlaas::table::expression
