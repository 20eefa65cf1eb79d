// Reductions of lists to one value an entry, in the order of the elements.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/loops.h"

namespace mlaas::table::expression {

namespace {

// Calls function(entry, first, last) with the elements of each list.
template <class T, class Function>
void forEachList(const void* values, const int64_t* offsets, size_t entries, Function&& function) {
  const auto* first = static_cast<const T*>(values);
  for (size_t i = 0; i < entries; ++i) {
    const auto* last = first + (offsets[i + 1] - offsets[i]);
    function(i, first, last);
    first = last;
  }
}

template <class T>
struct SumType {
  using Type = T;
};
template <>
struct SumType<bool> {
  using Type = int64_t;
};

template <class T>
void sumLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  using Sum = typename SumType<T>::Type;
  using Wrapping = std::conditional_t<std::is_same_v<Sum, double>, double, uint64_t>;
  auto* to = static_cast<Sum*>(out);
  forEachList<T>(operands->values, offsets, entries, [to](size_t i, const T* first, const T* last) {
    Wrapping sum = 0;
    for (; first != last; ++first) sum += static_cast<Wrapping>(*first);
    to[i] = static_cast<Sum>(sum);
  });
}

// What an empty list gives.
template <class T>
T missingAt(const Operand& missing, size_t i) {
  return static_cast<const T*>(missing.values)[missing.constant ? 0 : i];
}

// Of at least one element.
double meanOf(const double* first, const double* last) {
  double sum = 0;
  for (const double* at = first; at != last; ++at) sum += *at;
  return sum / static_cast<double>(last - first);
}

void meanLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<double*>(out);
  forEachList<double>(operands->values, offsets, entries, [&](size_t i, const double* first, const double* last) {
    if (first == last) {
      to[i] = missingAt<double>(missing, i);
      return;
    }
    to[i] = meanOf(first, last);
  });
}

// kSign 1 looks for the largest, -1 for the smallest; a NaN among the elements is the result.
template <class T, int kSign>
void extremeLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<T*>(out);
  forEachList<T>(operands->values, offsets, entries, [&](size_t i, const T* first, const T* last) {
    if (first == last) {
      to[i] = missingAt<T>(missing, i);
      return;
    }
    // No branch on the values: which element is the best is not predictable.
    T best = *first;
    bool hasNan = false;
    for (; first != last; ++first) {
      const bool better = kSign > 0 ? *first > best : *first < best;
      best = better ? *first : best;
      if constexpr (std::is_same_v<T, double>) hasNan |= *first != *first;
    }
    if constexpr (std::is_same_v<T, double>) best = hasNan ? std::numeric_limits<double>::quiet_NaN() : best;
    to[i] = best;
  });
}

void anyLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  auto* to = static_cast<bool*>(out);
  forEachList<bool>(operands->values, offsets, entries, [to](size_t i, const bool* first, const bool* last) {
    to[i] = std::find(first, last, true) != last;
  });
}

void allLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  auto* to = static_cast<bool*>(out);
  forEachList<bool>(operands->values, offsets, entries, [to](size_t i, const bool* first, const bool* last) {
    to[i] = std::find(first, last, false) == last;
  });
}

// The position of the element that extremeLoop gives: the first of equal ones, or of the NaN.
template <class T, int kSign>
void positionLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<int64_t*>(out);
  forEachList<T>(operands->values, offsets, entries, [&](size_t i, const T* first, const T* last) {
    if (first == last) {
      to[i] = missingAt<int64_t>(missing, i);
      return;
    }
    const T* best = first;
    for (const T* at = first; at != last && *best == *best; ++at) {
      const bool better = kSign > 0 ? *at > *best : *at < *best;
      if (better || *at != *at) best = at;
    }
    to[i] = best - first;
  });
}

template <class T, bool kLast>
void endLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<T*>(out);
  forEachList<T>(operands->values, offsets, entries, [&](size_t i, const T* first, const T* last) {
    to[i] = first == last ? missingAt<T>(missing, i) : kLast ? last[-1] : *first;
  });
}

template <class T>
void productLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  using Wrapping = std::conditional_t<std::is_same_v<T, double>, double, uint64_t>;
  auto* to = static_cast<T*>(out);
  forEachList<T>(operands->values, offsets, entries, [to](size_t i, const T* first, const T* last) {
    Wrapping product = 1;
    for (; first != last; ++first) product *= static_cast<Wrapping>(*first);
    to[i] = static_cast<T>(product);
  });
}

// The mean square distance from the mean, or its root.
template <bool kRoot>
void varianceLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<double*>(out);
  forEachList<double>(operands->values, offsets, entries, [&](size_t i, const double* first, const double* last) {
    if (first == last) {
      to[i] = missingAt<double>(missing, i);
      return;
    }
    const auto count = static_cast<double>(last - first);
    const double mean = meanOf(first, last);
    double square = 0;
    for (const double* at = first; at != last; ++at) square += (*at - mean) * (*at - mean);
    to[i] = kRoot ? std::sqrt(square / count) : square / count;
  });
}

}  // namespace

ReductionKernel sumKernel(Kind kind) {
  return visitKind(kind, []<class T>(T) -> ReductionKernel { return sumLoop<T>; });
}
ReductionKernel meanKernel() { return meanLoop; }
ReductionKernel minimumKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ReductionKernel { return extremeLoop<T, -1>; });
}
ReductionKernel maximumKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ReductionKernel { return extremeLoop<T, 1>; });
}
ReductionKernel anyKernel() { return anyLoop; }
ReductionKernel allKernel() { return allLoop; }
ReductionKernel minimumPositionKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ReductionKernel { return positionLoop<T, -1>; });
}
ReductionKernel maximumPositionKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ReductionKernel { return positionLoop<T, 1>; });
}
ReductionKernel firstKernel(Kind kind) {
  return visitKind(kind, []<class T>(T) -> ReductionKernel { return endLoop<T, false>; });
}
ReductionKernel lastKernel(Kind kind) {
  return visitKind(kind, []<class T>(T) -> ReductionKernel { return endLoop<T, true>; });
}
ReductionKernel productKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ReductionKernel { return productLoop<T>; });
}
ReductionKernel varianceKernel() { return varianceLoop<false>; }
ReductionKernel deviationKernel() { return varianceLoop<true>; }

}  // namespace mlaas::table::expression
