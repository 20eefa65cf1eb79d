// Builds the loops of kernels.h from functions of single values.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "mlaas/table/expression/node.h"

namespace mlaas::table::expression {

// Function: Out operator()(In).
template <class Function, class Out, class In>
void unaryLoop(const Operand* operands, size_t count, void* out) {
  const auto* in = static_cast<const In*>(operands[0].values);
  auto* to = static_cast<Out*>(out);
  if (operands[0].constant) {
    std::fill_n(to, count, Function{}(*in));
    return;
  }
  for (size_t i = 0; i < count; ++i) to[i] = Function{}(in[i]);
}

// Function: Out operator()(Left, Right). A constant is kept in a register.
template <class Function, class Out, class Left, class Right>
void binaryLoop(const Operand* operands, size_t count, void* out) {
  const auto* left = static_cast<const Left*>(operands[0].values);
  const auto* right = static_cast<const Right*>(operands[1].values);
  auto* to = static_cast<Out*>(out);
  if (operands[0].constant && operands[1].constant) {
    std::fill_n(to, count, Function{}(*left, *right));
  } else if (operands[0].constant) {
    const Left value = *left;
    for (size_t i = 0; i < count; ++i) to[i] = Function{}(value, right[i]);
  } else if (operands[1].constant) {
    const Right value = *right;
    for (size_t i = 0; i < count; ++i) to[i] = Function{}(left[i], value);
  } else {
    for (size_t i = 0; i < count; ++i) to[i] = Function{}(left[i], right[i]);
  }
}

// Function: Value operator()(Value, Value, ...) of N operands.
template <class Function, class Value, size_t N>
void multiLoop(const Operand* operands, size_t count, void* out) {
  std::array<const Value*, N> in;
  std::array<size_t, N> step;
  for (size_t k = 0; k < N; ++k) {
    in[k] = static_cast<const Value*>(operands[k].values);
    step[k] = operands[k].constant ? 0 : 1;
  }
  auto* to = static_cast<Value*>(out);
  [&]<size_t... K>(std::index_sequence<K...>) {
    for (size_t i = 0; i < count; ++i) to[i] = Function{}(in[K][i * step[K]]...);
  }
  (std::make_index_sequence<N>{});
}

// Calls function(T{}) with the C++ type of `kind`, which is not kBool.
template <class Function>
auto visitNumber(Kind kind, Function&& function) {
  if (kind == Kind::kInt64) return function(int64_t{});
  if (kind == Kind::kUInt64) return function(uint64_t{});
  return function(double{});
}

// As visitNumber, for every kind.
template <class Function>
auto visitKind(Kind kind, Function&& function) {
  if (kind == Kind::kBool) return function(bool{});
  return visitNumber(kind, std::forward<Function>(function));
}

}  // namespace mlaas::table::expression
