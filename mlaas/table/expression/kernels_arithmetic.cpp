// Arithmetic, logic, choice and conversion.
#include <cassert>
#include <cmath>
#include <type_traits>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/loops.h"

namespace mlaas::table::expression {

namespace {

// Integers are computed as unsigned ones: overflow wraps and is no undefined behaviour.
template <class T>
using Wrapping = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;

template <class T>
struct Add {
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b)); }
};
template <class T>
struct Subtract {
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b)); }
};
template <class T>
struct Multiply {
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b)); }
};
struct Divide {
  double operator()(double a, double b) const { return a / b; }
};

template <class T>
struct Modulo {
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, double>) {
      const double rest = std::fmod(a, b);
      if (rest == 0 && b == b) return std::copysign(0.0, b);
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    } else if constexpr (std::is_signed_v<T>) {
      if (b == 0 || b == -1) return 0;
      const T rest = a % b;
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    } else {
      return b == 0 ? 0 : a % b;
    }
  }
};

template <class T>
struct Power {
  T operator()(T base, T exponent) const {
    if constexpr (std::is_same_v<T, double>) {
      return exponent == 2 ? base * base : std::pow(base, exponent);
    } else {
      auto factor = static_cast<uint64_t>(base);
      uint64_t result = 1;
      for (auto rest = static_cast<uint64_t>(exponent); rest > 0; rest >>= 1) {
        if (rest & 1) result *= factor;
        factor *= factor;
      }
      return static_cast<T>(result);
    }
  }
};

struct And {
  bool operator()(bool a, bool b) const { return (a & b) != 0; }
};
struct Or {
  bool operator()(bool a, bool b) const { return (a | b) != 0; }
};
struct Not {
  bool operator()(bool a) const { return !a; }
};
template <class T>
struct Negate {
  T operator()(T a) const {
    if constexpr (std::is_same_v<T, double>) return -a;
    return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
  }
};

template <class T>
struct BitAnd {
  T operator()(T a, T b) const { return static_cast<T>(a & b); }
};
template <class T>
struct BitOr {
  T operator()(T a, T b) const { return static_cast<T>(a | b); }
};
template <class T>
struct BitXor {
  T operator()(T a, T b) const { return static_cast<T>(a ^ b); }
};
template <class T>
struct BitNot {
  T operator()(T a) const { return static_cast<T>(~a); }
};
template <class T>
struct ShiftLeft {
  T operator()(T a, int64_t by) const {
    return by < 0 || by > 63 ? T{0} : static_cast<T>(static_cast<uint64_t>(a) << by);
  }
};
template <class T>
struct ShiftRight {
  T operator()(T a, int64_t by) const {
    if (by < 0 || by > 63) return a < 0 ? static_cast<T>(-1) : T{0};
    return static_cast<T>(a >> by);
  }
};

template <class To, class From>
struct Convert {
  To operator()(From value) const {
    if constexpr (std::is_same_v<To, bool>) return value != From{0};
    return static_cast<To>(value);
  }
};

// The bytes of a stored bool are looked at as numbers: a file may hold others than 0 and 1.
struct LoadBool {
  bool operator()(uint8_t stored) const { return stored != 0; }
};

template <class T>
void selectLoop(const Operand* operands, size_t count, void* out) {
  const auto* condition = static_cast<const bool*>(operands[0].values);
  const auto* whenTrue = static_cast<const T*>(operands[1].values);
  const auto* whenFalse = static_cast<const T*>(operands[2].values);
  const size_t conditionStep = operands[0].constant ? 0 : 1;
  const size_t trueStep = operands[1].constant ? 0 : 1;
  const size_t falseStep = operands[2].constant ? 0 : 1;
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) {
    const T a = whenTrue[i * trueStep];
    const T b = whenFalse[i * falseStep];
    to[i] = condition[i * conditionStep] ? a : b;
  }
}

}  // namespace

ElementwiseKernel arithmeticKernel(Operator op, Kind kind) {
  assert(kind != Kind::kBool);
  return visitNumber(kind, [op]<class T>(T) -> ElementwiseKernel {
    switch (op) {
      case Operator::kAdd:
        return binaryLoop<Add<T>, T, T, T>;
      case Operator::kSubtract:
        return binaryLoop<Subtract<T>, T, T, T>;
      case Operator::kMultiply:
        return binaryLoop<Multiply<T>, T, T, T>;
      case Operator::kModulo:
        return binaryLoop<Modulo<T>, T, T, T>;
      case Operator::kPower:
        return binaryLoop<Power<T>, T, T, T>;
      case Operator::kDivide:
        if constexpr (std::is_same_v<T, double>) return binaryLoop<Divide, double, double, double>;
        return nullptr;
      default:
        return nullptr;
    }
  });
}

ElementwiseKernel andKernel() { return binaryLoop<And, bool, bool, bool>; }
ElementwiseKernel orKernel() { return binaryLoop<Or, bool, bool, bool>; }
ElementwiseKernel notKernel() { return unaryLoop<Not, bool, bool>; }

ElementwiseKernel bitKernel(Operator op, Kind kind) {
  return visitKind(kind, [op]<class T>(T) -> ElementwiseKernel {
    if constexpr (std::is_integral_v<T>) {
      if (op == Operator::kBitAnd) return binaryLoop<BitAnd<T>, T, T, T>;
      if (op == Operator::kBitOr) return binaryLoop<BitOr<T>, T, T, T>;
      if (op == Operator::kBitXor) return binaryLoop<BitXor<T>, T, T, T>;
    }
    return nullptr;
  });
}

ElementwiseKernel shiftKernel(Operator op, Kind kind) {
  return visitNumber(kind, [op]<class T>(T) -> ElementwiseKernel {
    if constexpr (std::is_integral_v<T>) {
      if (op == Operator::kShiftLeft) return binaryLoop<ShiftLeft<T>, T, T, int64_t>;
      return binaryLoop<ShiftRight<T>, T, T, int64_t>;
    }
    return nullptr;
  });
}

ElementwiseKernel bitNotKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ElementwiseKernel {
    if constexpr (std::is_integral_v<T>) return unaryLoop<BitNot<T>, T, T>;
    return nullptr;
  });
}

ElementwiseKernel negateKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ElementwiseKernel { return unaryLoop<Negate<T>, T, T>; });
}

ElementwiseKernel selectKernel(Kind kind) {
  return visitKind(kind, []<class T>(T) -> ElementwiseKernel { return selectLoop<T>; });
}

ElementwiseKernel convertKernel(Kind from, Kind to) {
  return visitKind(from, [to]<class From>(From) {
    return visitKind(to, []<class To>(To) -> ElementwiseKernel {
      if constexpr (std::is_same_v<From, double> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
        return nullptr;  // no float becomes an integer
      } else {
        return unaryLoop<Convert<To, From>, To, From>;
      }
    });
  });
}

ElementwiseKernel loadKernel(DType from) {
  return visitDType(from, []<class From>(From) -> ElementwiseKernel {
    if constexpr (std::is_same_v<From, bool>) {
      return unaryLoop<LoadBool, bool, uint8_t>;
    } else if constexpr (std::is_floating_point_v<From>) {
      return unaryLoop<Convert<double, From>, double, From>;
    } else if constexpr (std::is_same_v<From, uint64_t>) {
      return unaryLoop<Convert<uint64_t, uint64_t>, uint64_t, uint64_t>;
    } else {
      return unaryLoop<Convert<int64_t, From>, int64_t, From>;
    }
  });
}

}  // namespace mlaas::table::expression
