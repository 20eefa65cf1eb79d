// The typed tree of an expression, ready to run: every node knows its kind of value, and the loop that computes it.
// Conversions between kinds are nodes of their own, so that a loop sees one kind; repetition of a scalar along a list
// is done where the loop is called.
// Threads: immutable after typing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mlaas/base/column.h"

namespace mlaas::table::expression {

// What is computed with. Smaller integers are read as int64, float32 as float64.
enum class Kind : uint8_t { kBool, kInt64, kUInt64, kFloat64 };

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
// out[i] = f(values[offsets[i] - offsets[0]], ..., values[offsets[i + 1] - offsets[0] - 1]); missing[i] for an empty
// list where f has no value of its own for it.
using ReductionKernel = void (*)(const void* values, const int64_t* offsets, size_t entries, const Operand& missing,
                                 void* out);

enum class Form : uint8_t {
  kColumn,       // column
  kConstant,     // constant
  kElementwise,  // elementwise over all children
  kComparison,   // comparisons[i] between children i and i + 1, all of them true
  kReduction,    // reduction of children[0]; children[1], if there, is the value of an empty list
  kMask,         // the elements of children[0] where children[1] is true
  kIndex,        // of each list of children[0] the element children[1]; children[2] where there is none
};

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Node {
  Form form = Form::kConstant;
  Kind kind = Kind::kFloat64;
  int depth = 0;             // levels of lists: 0 a scalar, 1 a list for each entry
  bool nonNegative = false;  // of kind int64: known to be >= 0 from its type, so that it may join uint64
  size_t begin = 0;          // bytes [begin, end) of the text
  size_t end = 0;
  size_t mark = 0;    // where a complaint points
  size_t column = 0;  // index in Expression::columns()
  DType columnType = DType::kFloat64;
  ElementwiseKernel load = nullptr;  // from columnType to kind
  Scalar constant;
  ElementwiseKernel elementwise = nullptr;
  std::vector<ElementwiseKernel> comparisons;
  ReductionKernel reduction = nullptr;
  std::vector<NodePtr> children;
};

}  // namespace mlaas::table::expression
