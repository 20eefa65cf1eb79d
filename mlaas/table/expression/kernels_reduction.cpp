// Reductions of lists to one value an entry, in the order of the elements.
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
void sumLoop(const void* values, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  using Sum = typename SumType<T>::Type;
  using Wrapping = std::conditional_t<std::is_same_v<Sum, double>, double, uint64_t>;
  auto* to = static_cast<Sum*>(out);
  forEachList<T>(values, offsets, entries, [to](size_t i, const T* first, const T* last) {
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

void meanLoop(const void* values, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<double*>(out);
  forEachList<double>(values, offsets, entries, [&](size_t i, const double* first, const double* last) {
    if (first == last) {
      to[i] = missingAt<double>(missing, i);
      return;
    }
    const auto count = static_cast<double>(last - first);
    double sum = 0;
    for (; first != last; ++first) sum += *first;
    to[i] = sum / count;
  });
}

// kSign 1 looks for the largest, -1 for the smallest; a NaN among the elements is the result.
template <class T, int kSign>
void extremeLoop(const void* values, const int64_t* offsets, size_t entries, const Operand& missing, void* out) {
  auto* to = static_cast<T*>(out);
  forEachList<T>(values, offsets, entries, [&](size_t i, const T* first, const T* last) {
    if (first == last) {
      to[i] = missingAt<T>(missing, i);
      return;
    }
    T best = *first;
    while (++first != last) {
      const bool better = kSign > 0 ? *first > best : *first < best;
      best = better || *first != *first ? *first : best;
      if (best != best) break;
    }
    to[i] = best;
  });
}

void anyLoop(const void* values, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  auto* to = static_cast<bool*>(out);
  forEachList<bool>(values, offsets, entries, [to](size_t i, const bool* first, const bool* last) {
    to[i] = std::find(first, last, true) != last;
  });
}

void allLoop(const void* values, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  auto* to = static_cast<bool*>(out);
  forEachList<bool>(values, offsets, entries, [to](size_t i, const bool* first, const bool* last) {
    to[i] = std::find(first, last, false) == last;
  });
}

void countLoop(const void*, const int64_t* offsets, size_t entries, const Operand&, void* out) {
  auto* to = static_cast<int64_t*>(out);
  for (size_t i = 0; i < entries; ++i) to[i] = offsets[i + 1] - offsets[i];
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
ReductionKernel countKernel() { return countLoop; }

}  // namespace mlaas::table::expression
