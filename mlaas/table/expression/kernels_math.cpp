// Mathematical functions, element by element: those of the C library and those of particle physics.
#include <cmath>
#include <numbers>
#include <type_traits>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/loops.h"
#include "mlaas/table/expression/physics.h"

namespace mlaas::table::expression {

namespace {

// std::lgamma writes a variable that all threads share.
double lgammaOf(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

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

struct Atan2 {
  double operator()(double y, double x) const { return std::atan2(y, x); }
};
struct Hypot {
  double operator()(double x, double y) const { return std::hypot(x, y); }
};
struct CopySign {
  double operator()(double x, double y) const { return std::copysign(x, y); }
};
struct Fmod {
  double operator()(double x, double y) const { return std::fmod(x, y); }
};
struct Fmin {
  double operator()(double x, double y) const { return std::fmin(x, y); }
};
struct Fmax {
  double operator()(double x, double y) const { return std::fmax(x, y); }
};
struct Px {
  double operator()(double pt, double phi) const { return pt * std::cos(phi); }
};
struct Py {
  double operator()(double pt, double phi) const { return pt * std::sin(phi); }
};
struct Pz {
  double operator()(double pt, double eta) const { return pt * std::sinh(eta); }
};
// Of two massless particles in the transverse plane: pt1, phi1, pt2, phi2.
struct TransverseMass {
  double operator()(double pt1, double phi1, double pt2, double phi2) const {
    return std::sqrt(2 * pt1 * pt2 * (1 - std::cos(phi1 - phi2)));
  }
};

double degreesOf(double radians) { return radians * (180 / std::numbers::pi); }
double radiansOf(double degrees) { return degrees * (std::numbers::pi / 180); }

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
    {"sqrt", kMath<std::sqrt>},     {"exp", kMath<std::exp>},      {"log", kMath<std::log>},
    {"log10", kMath<std::log10>},   {"log2", kMath<std::log2>},    {"log1p", kMath<std::log1p>},
    {"expm1", kMath<std::expm1>},   {"sin", kMath<std::sin>},      {"cos", kMath<std::cos>},
    {"tan", kMath<std::tan>},       {"asin", kMath<std::asin>},    {"acos", kMath<std::acos>},
    {"atan", kMath<std::atan>},     {"sinh", kMath<std::sinh>},    {"cosh", kMath<std::cosh>},
    {"tanh", kMath<std::tanh>},     {"floor", kMath<std::floor>},  {"ceil", kMath<std::ceil>},
    {"round", kMath<std::round>},   {"rint", kMath<std::rint>},    {"trunc", kMath<std::trunc>},
    {"fabs", kMath<std::fabs>},     {"asinh", kMath<std::asinh>},  {"acosh", kMath<std::acosh>},
    {"atanh", kMath<std::atanh>},   {"cbrt", kMath<std::cbrt>},    {"exp2", kMath<std::exp2>},
    {"erf", kMath<std::erf>},       {"erfc", kMath<std::erfc>},    {"lgamma", kMath<lgammaOf>},
    {"tgamma", kMath<std::tgamma>}, {"degrees", kMath<degreesOf>}, {"radians", kMath<radiansOf>}};

constexpr NamedKernel kMultiMathKernels[] = {{"atan2", binaryLoop<Atan2, double, double, double>},
                                             {"hypot", binaryLoop<Hypot, double, double, double>},
                                             {"copysign", binaryLoop<CopySign, double, double, double>},
                                             {"fmod", binaryLoop<Fmod, double, double, double>},
                                             {"fmin", binaryLoop<Fmin, double, double, double>},
                                             {"fmax", binaryLoop<Fmax, double, double, double>},
                                             {"Px", binaryLoop<Px, double, double, double>},
                                             {"Py", binaryLoop<Py, double, double, double>},
                                             {"Pz", binaryLoop<Pz, double, double, double>},
                                             {"TransverseMass", multiLoop<TransverseMass, double, 4>},
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
