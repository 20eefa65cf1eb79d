// Comparisons by value: an int64 and a float64 are compared as the numbers that they are, without rounding either.
#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/loops.h"

namespace mlaas::table::expression {

namespace {

// Both bounds are exact as float64: the smallest value, and the one past the largest.
template <class Integer>
constexpr double kBelow = std::is_signed_v<Integer> ? -0x1p63 : 0.0;
template <class Integer>
constexpr double kPast = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;

// An integer is below a real exactly if it is below its ceiling, and not above it if it is not above its floor; the
// casts are of whole numbers in range. Every comparison with NaN is false, as IEEE 754 says.
template <class Integer>
bool lessThanReal(Integer integer, double real) {
  if (!(real > kBelow<Integer>)) return false;
  return real >= kPast<Integer> || integer < static_cast<Integer>(std::ceil(real));
}
template <class Integer>
bool notAboveReal(Integer integer, double real) {
  if (!(real >= kBelow<Integer>)) return false;
  return real >= kPast<Integer> || integer <= static_cast<Integer>(std::floor(real));
}
template <class Integer>
bool aboveReal(Integer integer, double real) {
  if (!(real < kPast<Integer>)) return false;
  return real < kBelow<Integer> || static_cast<Integer>(std::floor(real)) < integer;
}
template <class Integer>
bool notBelowReal(Integer integer, double real) {
  if (!(real < kPast<Integer>)) return false;
  return real <= kBelow<Integer> || static_cast<Integer>(std::ceil(real)) <= integer;
}
template <class Integer>
bool equalsReal(Integer integer, double real) {
  return real >= kBelow<Integer> && real < kPast<Integer> && std::floor(real) == real &&
         static_cast<Integer>(real) == integer;
}

struct Less {
  template <class A, class B>
  bool operator()(A a, B b) const {
    if constexpr (std::is_same_v<A, B>) {
      return a < b;
    } else if constexpr (std::is_same_v<B, double>) {
      return lessThanReal(a, b);
    } else if constexpr (std::is_same_v<A, double>) {
      return aboveReal(b, a);
    } else {
      return std::cmp_less(a, b);
    }
  }
};

struct LessEqual {
  template <class A, class B>
  bool operator()(A a, B b) const {
    if constexpr (std::is_same_v<A, B>) {
      return a <= b;
    } else if constexpr (std::is_same_v<B, double>) {
      return notAboveReal(a, b);
    } else if constexpr (std::is_same_v<A, double>) {
      return notBelowReal(b, a);
    } else {
      return std::cmp_less_equal(a, b);
    }
  }
};

struct Equal {
  template <class A, class B>
  bool operator()(A a, B b) const {
    if constexpr (std::is_same_v<A, B>) {
      return a == b;
    } else if constexpr (std::is_same_v<B, double>) {
      return equalsReal(a, b);
    } else if constexpr (std::is_same_v<A, double>) {
      return equalsReal(b, a);
    } else {
      return std::cmp_equal(a, b);
    }
  }
};

struct NotEqual {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return !Equal{}(a, b);
  }
};

struct Greater {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return Less{}(b, a);
  }
};

struct GreaterEqual {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return LessEqual{}(b, a);
  }
};

template <class A, class B>
ElementwiseKernel comparisonOf(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return binaryLoop<Equal, bool, A, B>;
    case Operator::kNotEqual:
      return binaryLoop<NotEqual, bool, A, B>;
    case Operator::kLess:
      return binaryLoop<Less, bool, A, B>;
    case Operator::kLessEqual:
      return binaryLoop<LessEqual, bool, A, B>;
    case Operator::kGreater:
      return binaryLoop<Greater, bool, A, B>;
    case Operator::kGreaterEqual:
      return binaryLoop<GreaterEqual, bool, A, B>;
    default:
      return nullptr;
  }
}

}  // namespace

ElementwiseKernel comparisonKernel(Operator op, Kind left, Kind right) {
  if (left == Kind::kString) {
    return op == Operator::kEqual ? binaryLoop<Equal, bool, std::string_view, std::string_view>
                                  : binaryLoop<NotEqual, bool, std::string_view, std::string_view>;
  }
  return visitNumber(left, [op, right]<class A>(A) {
    return visitNumber(right, [op]<class B>(B) { return comparisonOf<A, B>(op); });
  });
}

}  // namespace mlaas::table::expression
