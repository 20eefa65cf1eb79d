#include "mlaas/table/expression/arithmetic_watch.h"

#include <algorithm>
#include <cmath>

namespace mlaas::table::expression {

namespace {

template <class T>
T valueAt(const Operand& operand, size_t i) {
  return static_cast<const T*>(operand.values)[operand.constant ? 0 : i];
}

// One pass without a branch: most results are finite.
bool allFinite(const double* values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i] * 0;
  return sum == 0;
}

// Whether an infinite result of finite operands is exact: 1 / 0, log(0), 0 ** -1.
bool isPole(Watch watch, std::span<const Operand> operands, size_t i) {
  if (watch == Watch::kDivision) return valueAt<double>(operands[1], i) == 0;
  if (watch == Watch::kPower) return valueAt<double>(operands[0], i) == 0;
  return watch == Watch::kPole;
}

void watchElement(Watch watch, std::span<const Operand> operands, size_t i, double result, ArithmeticCounts& counts) {
  bool hasNan = false;
  bool hasInfinity = false;
  for (const Operand& operand : operands) {
    const double value = valueAt<double>(operand, i);
    hasNan |= std::isnan(value);
    hasInfinity |= std::isinf(value);
  }
  if (std::isnan(result)) {
    counts.invalid += hasNan ? 0 : 1;
  } else if (!hasNan && !hasInfinity) {
    ++(isPole(watch, operands, i) ? counts.divisionsByZero : counts.overflows);
  }
}

}  // namespace

void watchElements(Watch watch, std::span<const Operand> operands, size_t count, const void* results,
                   ArithmeticCounts& counts) {
  if (watch == Watch::kIntegerModulo) {
    for (size_t i = 0; i < count; ++i) counts.divisionsByZero += valueAt<uint64_t>(operands[1], i) == 0 ? 1 : 0;
    return;
  }
  const auto* values = static_cast<const double*>(results);
  if (allFinite(values, count)) return;
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) watchElement(watch, operands, i, values[i], counts);
  }
}

void watchLists(std::span<const Operand> operands, const int64_t* offsets, size_t lists, const void* results,
                ArithmeticCounts& counts) {
  const auto* values = static_cast<const double*>(results);
  if (allFinite(values, lists)) return;
  for (size_t i = 0; i < lists; ++i) {
    if (std::isfinite(values[i]) || offsets[i] == offsets[i + 1]) continue;
    bool hasNan = false;
    bool hasInfinity = false;
    for (const Operand& operand : operands) {
      const auto first = static_cast<size_t>(offsets[i] - offsets[0]);
      const auto last = static_cast<size_t>(offsets[i + 1] - offsets[0]);
      for (size_t k = first; k < last; ++k) {
        const double value = valueAt<double>(operand, k);
        hasNan |= std::isnan(value);
        hasInfinity |= std::isinf(value);
      }
    }
    if (std::isnan(values[i])) {
      counts.invalid += hasNan ? 0 : 1;
    } else if (!hasNan && !hasInfinity) {
      ++counts.overflows;
    }
  }
}

}  // namespace mlaas::table::expression
