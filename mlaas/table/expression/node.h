// The typed tree of an expression, ready to run: every node knows its kind of value, and the loop that computes it.
// Conversions between kinds are nodes of their own, so that a loop sees one kind; repetition of a scalar along a list
// is done where the loop is called.
// Threads: immutable after typing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/column.h"

namespace mlaas::table::expression {

// What is computed with. Smaller integers are read as int64, float32 as float64; a string is a std::string_view.
enum class Kind : uint8_t { kBool, kInt64, kUInt64, kFloat64, kString };

// Levels of lists that an expression may have, those of combinations included.
inline constexpr int kMaxDepth = 4;

size_t kindBytes(Kind kind);
DType dtypeOf(Kind kind);
Kind kindOf(DType dtype);

union Scalar {
  bool boolean;
  int64_t integer;
  uint64_t unsignedInteger;
  double real = 0;
};

// An argument of a loop: `count` values, or one value that stands for all.
struct Operand {
  const void* values = nullptr;
  bool constant = false;
};

// out[i] = f(operands[0][i], operands[1][i], ...); out overlaps no operand.
using ElementwiseKernel = void (*)(const Operand* operands, size_t count, void* out);
// out[i] = f(values[offsets[i] - offsets[0]], ..., values[offsets[i + 1] - offsets[0] - 1]) of the values of each
// operand; missing[i] for an empty list where f has no value of its own for it.
using ReductionKernel = void (*)(const Operand* operands, const int64_t* offsets, size_t entries,
                                 const Operand& missing, void* out);
// One value for each element of each list, computed from its list.
using ListKernel = void (*)(const void* values, const int64_t* offsets, size_t entries, void* out);
// One value for each of the points of `fromOffsets` (null: one an entry), computed from those of `toOffsets` of the
// same entry: operands are eta and phi of the points, eta and phi of the others, and what there is without any.
using NeighbourKernel = void (*)(const Operand* operands, const int64_t* fromOffsets, const int64_t* toOffsets,
                                 size_t entries, void* out);

enum class Form : uint8_t {
  kColumn,        // column
  kConstant,      // constant
  kElementwise,   // elementwise over all children
  kComparison,    // comparisons[i] between children i and i + 1, all of them true
  kMembership,    // comparisons[i] between children 0 and i + 1, one of them true
  kReduction,     // reduction of the innermost lists of children[0 .. lists); then the value of an empty list, if any
  kCount,         // elements of the lists of children[0] at level `depth` + 1
  kListwise,      // listwise over the innermost lists of children[0]
  kMask,          // the elements of children[0] where children[1] is true
  kIndex,         // of each outermost list of children[0] the element children[1]; children[2] where there is none
  kTake,          // of each list of children[0] the elements at the positions of children[1]; children[2], if there,
                  // stands for those that are not there, as negative ones if `negativeIsMissing`
  kSlice,         // of each outermost list of children[0] the elements [children[1], children[2])
  kCombinations,  // of each innermost list of children[0] the lists of `choose` of its elements
  kForEach,       // for each element of the lists of children[0] the list of children[1] of the same entry
  kConcatenate,   // for each entry the elements of all children
  kNeighbour,     // neighbour of children: eta and phi of points, eta and phi of others, what there is without any
};

// Which results of a loop to float64 are counted (ArithmeticCounts), and what an infinite one of finite operands is.
enum class Watch : uint8_t {
  kNothing,
  kOverflow,
  kPole,           // a division by zero, as log(0)
  kDivision,       // that, where operand 1 is 0
  kPower,          // that, where operand 0 is 0
  kIntegerModulo,  // of integers: a division by zero where operand 1 is 0
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Node {
  Form form = Form::kConstant;
  Kind kind = Kind::kFloat64;
  int depth = 0;             // levels of lists: 0 a scalar, 1 a list for each entry
  bool nonNegative = false;  // of kind int64: known to be >= 0 from its type, so that it may join uint64
  bool neverEmpty = false;   // the innermost lists have an element at least
  int64_t fixedLength = 0;   // elements that every outermost list has at least
  size_t begin = 0;          // bytes [begin, end) of the text
  size_t end = 0;
  size_t mark = 0;    // where a complaint points
  size_t column = 0;  // index in Expression::columns()
  DType columnType = DType::kFloat64;
  ElementwiseKernel load = nullptr;  // from columnType to kind
  Scalar constant;
  ElementwiseKernel elementwise = nullptr;
  Watch watch = Watch::kNothing;  // of elementwise or reduction
  std::vector<ElementwiseKernel> comparisons;
  ReductionKernel reduction = nullptr;
  size_t lists = 1;  // children that `reduction` reduces
  ListKernel listwise = nullptr;
  NeighbourKernel neighbour = nullptr;
  int choose = 2;
  bool negativeIsMissing = false;
  std::string_view text;  // the constant of kind kString; lies in `textOwner`
  std::shared_ptr<const std::string> textOwner;
  std::vector<NodePtr> children;
};

}  // namespace mlaas::table::expression
