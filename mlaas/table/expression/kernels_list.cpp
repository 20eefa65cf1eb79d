// Lists in another order, and the order itself.
#include <algorithm>
#include <cstddef>
#include <numeric>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/loops.h"

namespace mlaas::table::expression {

namespace {

// Before in the order; NaN come last in either.
template <class T, bool kAscending>
bool isBefore(T a, T b) {
  if (a != a) return false;
  if (b != b) return true;
  return kAscending ? a < b : b < a;
}

// Most lists are short, where insertion is the fastest; it is stable, and `before` orders equal ones for the others.
template <class T, class Before>
void sortShort(T* first, T* last, Before before) {
  constexpr ptrdiff_t kShort = 24;
  if (last - first > kShort) {
    std::sort(first, last, before);
    return;
  }
  for (T* next = first; next < last; ++next) {
    const T value = *next;
    T* place = next;
    for (; place > first && before(value, place[-1]); --place) *place = place[-1];
    *place = value;
  }
}

template <class T, bool kAscending>
void sortLoop(const void* values, const int64_t* offsets, size_t entries, void* out) {
  auto* to = static_cast<T*>(out);
  const int64_t start = offsets[0];
  std::copy_n(static_cast<const T*>(values), offsets[entries] - start, to);
  for (size_t i = 0; i < entries; ++i) {
    sortShort(to + (offsets[i] - start), to + (offsets[i + 1] - start),
              [](T a, T b) { return isBefore<T, kAscending>(a, b); });
  }
}

template <class T, bool kAscending>
void argsortLoop(const void* values, const int64_t* offsets, size_t entries, void* out) {
  auto* to = static_cast<int64_t*>(out);
  const auto* list = static_cast<const T*>(values);
  for (size_t i = 0; i < entries; ++i) {
    const int64_t count = offsets[i + 1] - offsets[i];
    std::iota(to, to + count, int64_t{0});
    sortShort(to, to + count, [list](int64_t a, int64_t b) {
      const bool before = isBefore<T, kAscending>(list[a], list[b]);
      return before || (a < b && !isBefore<T, kAscending>(list[b], list[a]));
    });
    to += count;
    list += count;
  }
}

template <class T>
void reverseLoop(const void* values, const int64_t* offsets, size_t entries, void* out) {
  const auto* from = static_cast<const T*>(values);
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < entries; ++i) {
    const int64_t count = offsets[i + 1] - offsets[i];
    to = std::reverse_copy(from, from + count, to);
    from += count;
  }
}

void positionsLoop(const void* /*values*/, const int64_t* offsets, size_t entries, void* out) {
  auto* to = static_cast<int64_t*>(out);
  for (size_t i = 0; i < entries; ++i) {
    const int64_t count = offsets[i + 1] - offsets[i];
    std::iota(to, to + count, int64_t{0});
    to += count;
  }
}

}  // namespace

ListKernel sortKernel(Kind kind, bool ascending) {
  return visitNumber(
      kind, [ascending]<class T>(T) -> ListKernel { return ascending ? sortLoop<T, true> : sortLoop<T, false>; });
}
ListKernel argsortKernel(Kind kind, bool ascending) {
  return visitNumber(
      kind, [ascending]<class T>(T) -> ListKernel { return ascending ? argsortLoop<T, true> : argsortLoop<T, false>; });
}
ListKernel reverseKernel(Kind kind) {
  if (kind == Kind::kString) return reverseLoop<std::string_view>;
  return visitKind(kind, []<class T>(T) -> ListKernel { return reverseLoop<T>; });
}
ListKernel positionsKernel() { return positionsLoop; }

}  // namespace mlaas::table::expression
