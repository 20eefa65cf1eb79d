// Mathematical functions, those of the C library and those of particle physics.
#include <cmath>
#include <numbers>
#include <type_traits>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/loops.h"

namespace mlaas::table::expression {

namespace {

// An unordered pair gives the NaN among them, as numpy.minimum does; fmin would drop it.
template <class T>
struct Smaller {
  T operator()(T a, T b) const { return a < b || a != a ? a : b; }
};
template <class T>
struct Larger {
  T operator()(T a, T b) const { return a > b || a != a ? a : b; }
};

template <class T>
struct Absolute {
  T operator()(T a) const {
    if constexpr (std::is_same_v<T, double>) return std::fabs(a);
    if constexpr (std::is_same_v<T, int64_t>) {
      return a < 0 ? static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a)) : a;
    }
    return a;
  }
};

template <class T>
struct Sign {
  T operator()(T a) const {
    if (a != a) return a;
    return a > T{0} ? T{1} : a == T{0} ? T{0} : static_cast<T>(-1);
  }
};

struct IsNan {
  bool operator()(double x) const { return std::isnan(x); }
};
struct IsInf {
  bool operator()(double x) const { return std::isinf(x); }
};
struct IsFinite {
  bool operator()(double x) const { return std::isfinite(x); }
};

// The difference of two angles in radians, in [-pi, pi). The remainder is exact, so angles in (-pi, pi] lose nothing.
struct DeltaPhi {
  double operator()(double a, double b) const {
    constexpr double kPi = std::numbers::pi;
    const double difference = std::remainder(a - b, 2 * kPi);
    return difference >= kPi ? difference - 2 * kPi : difference;
  }
};

// The distance in the plane of pseudorapidity and azimuth: eta1, phi1, eta2, phi2.
struct DeltaR {
  double operator()(double eta1, double phi1, double eta2, double phi2) const {
    const double eta = eta1 - eta2;
    const double phi = DeltaPhi{}(phi1, phi2);
    return std::sqrt(eta * eta + phi * phi);
  }
};

struct Atan2 {
  double operator()(double y, double x) const { return std::atan2(y, x); }
};
struct Hypot {
  double operator()(double x, double y) const { return std::hypot(x, y); }
};

// A function of <cmath> as a type, so that it can be a template argument of a loop.
template <double (*Function)(double)>
struct Of {
  double operator()(double x) const { return Function(x); }
};

struct NamedKernel {
  std::string_view name;
  ElementwiseKernel kernel;
};

template <double (*Function)(double)>
constexpr ElementwiseKernel kMath = unaryLoop<Of<Function>, double, double>;

constexpr NamedKernel kMathKernels[] = {
    {"sqrt", kMath<std::sqrt>},   {"exp", kMath<std::exp>},     {"log", kMath<std::log>},
    {"log10", kMath<std::log10>}, {"log2", kMath<std::log2>},   {"log1p", kMath<std::log1p>},
    {"expm1", kMath<std::expm1>}, {"sin", kMath<std::sin>},     {"cos", kMath<std::cos>},
    {"tan", kMath<std::tan>},     {"asin", kMath<std::asin>},   {"acos", kMath<std::acos>},
    {"atan", kMath<std::atan>},   {"sinh", kMath<std::sinh>},   {"cosh", kMath<std::cosh>},
    {"tanh", kMath<std::tanh>},   {"floor", kMath<std::floor>}, {"ceil", kMath<std::ceil>},
    {"round", kMath<std::round>}};

constexpr NamedKernel kMultiMathKernels[] = {{"atan2", binaryLoop<Atan2, double, double, double>},
                                             {"hypot", binaryLoop<Hypot, double, double, double>},
                                             {"DeltaPhi", binaryLoop<DeltaPhi, double, double, double>},
                                             {"DeltaR", multiLoop<DeltaR, double, 4>}};

constexpr NamedKernel kClassifyKernels[] = {{"isnan", unaryLoop<IsNan, bool, double>},
                                            {"isinf", unaryLoop<IsInf, bool, double>},
                                            {"isfinite", unaryLoop<IsFinite, bool, double>}};

template <size_t N>
ElementwiseKernel find(const NamedKernel (&rows)[N], std::string_view name) {
  for (const NamedKernel& row : rows) {
    if (row.name == name) return row.kernel;
  }
  return nullptr;
}

}  // namespace

ElementwiseKernel smallerKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ElementwiseKernel { return binaryLoop<Smaller<T>, T, T, T>; });
}
ElementwiseKernel largerKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ElementwiseKernel { return binaryLoop<Larger<T>, T, T, T>; });
}
ElementwiseKernel absoluteKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ElementwiseKernel { return unaryLoop<Absolute<T>, T, T>; });
}
ElementwiseKernel signKernel(Kind kind) {
  return visitNumber(kind, []<class T>(T) -> ElementwiseKernel { return unaryLoop<Sign<T>, T, T>; });
}

ElementwiseKernel mathKernel(std::string_view name) { return find(kMathKernels, name); }
ElementwiseKernel multiMathKernel(std::string_view name) { return find(kMultiMathKernels, name); }
ElementwiseKernel classifyKernel(std::string_view name) { return find(kClassifyKernels, name); }

}  // namespace mlaas::table::expression
