#include "mlaas/table/expression/notation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numbers>

namespace mlaas::table::expression {

namespace {

struct Row {
  std::string_view name;
  Meaning meaning;
};

// What is written as in C.
constexpr auto kSameInC = std::to_array<std::string_view>(
    {"abs",   "fabs",   "sqrt",   "cbrt",  "exp",   "exp2",  "expm1",    "log",  "log10",   "log2",  "log1p",
     "sin",   "cos",    "tan",    "asin",  "acos",  "atan",  "sinh",     "cosh", "tanh",    "asinh", "acosh",
     "atanh", "atan2",  "hypot",  "floor", "ceil",  "trunc", "rint",     "fmod", "fmin",    "fmax",  "erf",
     "erfc",  "lgamma", "tgamma", "isnan", "isinf", "round", "copysign", "pow",  "isfinite"});
constexpr auto kSameInNumpy = std::to_array<std::string_view>(
    {"abs",        "fabs",        "sqrt",    "cbrt",     "exp",    "exp2",     "expm1", "log",  "log10",
     "log2",       "log1p",       "sin",     "cos",      "tan",    "sinh",     "cosh",  "tanh", "hypot",
     "floor",      "ceil",        "trunc",   "rint",     "sign",   "fmod",     "fmin",  "fmax", "isnan",
     "isinf",      "clip",        "where",   "isfinite", "square", "copysign", "mod",   "sort", "logical_and",
     "logical_or", "logical_not", "degrees", "radians",  "argsort"});

constexpr Meaning kReduction = {.needsAxis = true};
constexpr Meaning reductionTo(std::string_view function) { return {.function = function, .needsAxis = true}; }
constexpr Meaning renamed(std::string_view function) { return {.function = function}; }
constexpr Meaning renamed(std::string_view function, size_t arguments) {
  return {.function = function, .leastArguments = arguments, .mostArguments = arguments};
}
constexpr Meaning zeroOfEmpty(std::string_view function) {
  return {.function = function, .leastArguments = 1, .mostArguments = 1, .emptyIsZero = true};
}
constexpr Meaning refused(std::string_view refusal) { return {.refusal = refusal}; }

constexpr Row kStandard[] = {{"min", renamed("min", 2)}, {"max", renamed("max", 2)}, {"clamp", renamed("clip")}};
constexpr Row kMath[] = {{"gamma", renamed("tgamma")}};

constexpr Row kTMath[] = {
    {"Abs", renamed("abs")},
    {"Sqrt", renamed("sqrt")},
    {"Exp", renamed("exp")},
    {"Log", renamed("log")},
    {"Log10", renamed("log10")},
    {"Log2", renamed("log2")},
    {"Sin", renamed("sin")},
    {"Cos", renamed("cos")},
    {"Tan", renamed("tan")},
    {"ATan", renamed("atan")},
    {"ATan2", renamed("atan2")},
    {"SinH", renamed("sinh")},
    {"CosH", renamed("cosh")},
    {"TanH", renamed("tanh")},
    {"ASinH", renamed("asinh")},
    {"ATanH", renamed("atanh")},
    {"Hypot", renamed("hypot")},
    {"Floor", renamed("floor")},
    {"Ceil", renamed("ceil")},
    {"Erf", renamed("erf")},
    {"Erfc", renamed("erfc")},
    {"Gamma", renamed("tgamma")},
    {"LnGamma", renamed("lgamma")},
    {"Power", renamed("pow")},
    {"Max", renamed("max", 2)},
    {"Min", renamed("min", 2)},
    {"Sign", renamed("copysign")},
    {"Sq", renamed("square")},
    {"IsNaN", renamed("isnan")},
    {"Finite", renamed("isfinite")},
    {"ASin", refused("puts what is beyond 1 to 1; write asin(clip(x, -1, 1)), or asin(x) for NaN")},
    {"ACos", refused("puts what is beyond 1 to 1; write acos(clip(x, -1, 1)), or acos(x) for NaN")},
    {"ACosH", refused("is 0 at 0; write acosh(x)")},
    {"Range", refused("has the limits first; write clip(x, low, high)")},
    {"Nint", refused("gives an integer; write rint(x)")},
    {"FloorNint", refused("gives an integer; write floor(x)")},
    {"CeilNint", refused("gives an integer; write ceil(x)")},
    {"Even", refused("is x % 2 == 0; write that")},
    {"Odd", refused("is x % 2 != 0; write that")},
};

constexpr Row kVecOps[] = {
    {"Sum", renamed("sum")},
    {"Product", renamed("prod")},
    {"Max", renamed("max", 1)},
    {"Min", renamed("min", 1)},
    {"Mean", zeroOfEmpty("mean")},
    {"Any", renamed("any")},
    {"All", renamed("all")},
    {"ArgMax", zeroOfEmpty("argmax")},
    {"ArgMin", zeroOfEmpty("argmin")},
    {"Argsort", renamed("argsort")},
    {"StableArgsort", renamed("argsort")},
    {"Sort", renamed("sort")},
    {"StableSort", renamed("sort")},
    {"Reverse", renamed("reverse")},
    {"Take", {.function = "take", .refusesPosition = true}},
    {"Where", renamed("where")},
    {"Concatenate", renamed("concatenate", 2)},
    {"Enumerate", renamed("positions")},
    {"InvariantMasses", renamed("InvariantMass", 8)},
    {"Nonzero", refused("gives positions; write positions(x)[x != 0]")},
    {"Combinations", refused("gives one list of positions for each place; write combinations(x, n), a list of the "
                             "elements of each choice, or combinations(positions(x), n)")},
    {"Dot", refused("is sum(a * b); write that")},
    {"Drop", refused("is written as a mask, x[mask]")},
    {"Filter", refused("is written as a mask, x[mask]")},
    {"Map", refused("is not needed: functions work on lists, as in sqrt(x)")},
    {"Intersect", refused("has no counterpart here")},
    {"Range", refused("is written positions(x), for the positions in a list x")},
    {"Var", refused("divides by n - 1; write var(x) * count(x) / (count(x) - 1), or var(x) to divide by n")},
    {"StdDev", refused("divides by n - 1; write sqrt(var(x) * count(x) / (count(x) - 1)), or std(x) to divide by n")},
};

// Ours under the same name, or not ours: only with the namespace before them.
constexpr Row kQualifiedVecOps[] = {
    {"DeltaPhi", refused("is the second minus the first; write DeltaPhi(b, a)")},
    {"DeltaR", refused("takes eta1, eta2, phi1, phi2; write DeltaR(eta1, phi1, eta2, phi2)")},
    {"InvariantMass", renamed("InvariantMass", 4)},
    {"DeltaR2", refused("is written DeltaR(eta1, phi1, eta2, phi2) ** 2")},
};

constexpr Row kDraw[] = {
    {"Sum$", renamed("sum")},
    {"Length$", renamed("count")},
    {"Max$", zeroOfEmpty("max")},
    {"Min$", zeroOfEmpty("min")},
    {"MaxIf$", refused("is written with a mask, max(x[mask], default=0)")},
    {"MinIf$", refused("is written with a mask, min(x[mask], default=0)")},
    {"Alt$", refused("takes an element and what stands for it, as in Alt$(x[1], 0)")},
};

constexpr Row kNumpy[] = {
    {"absolute", renamed("abs")},
    {"arcsin", renamed("asin")},
    {"arccos", renamed("acos")},
    {"arctan", renamed("atan")},
    {"arctan2", renamed("atan2")},
    {"arcsinh", renamed("asinh")},
    {"arccosh", renamed("acosh")},
    {"arctanh", renamed("atanh")},
    {"power", renamed("pow")},
    {"minimum", renamed("min", 2)},
    {"maximum", renamed("max", 2)},
    {"remainder", renamed("mod")},
    {"round", renamed("rint")},
    {"around", renamed("rint")},
    {"deg2rad", renamed("radians")},
    {"rad2deg", renamed("degrees")},
    {"amin", reductionTo("min")},
    {"amax", reductionTo("max")},
    {"concatenate", refused("is written concatenate(x, y, ...), which joins the lists of each entry")},
    {"count_nonzero", refused("is written sum(x != 0)")},
    {"bitwise_and", refused("is written a & b")},
    {"bitwise_or", refused("is written a | b")},
    {"bitwise_xor", refused("is written a ^ b")},
    {"invert", refused("is written ~a")},
};

constexpr Row kReductions[] = {{"sum", kReduction},  {"prod", kReduction},   {"min", kReduction},   {"max", kReduction},
                               {"mean", kReduction}, {"var", kReduction},    {"std", kReduction},   {"any", kReduction},
                               {"all", kReduction},  {"argmin", kReduction}, {"argmax", kReduction}};

constexpr Row kAwkward[] = {
    {"num", {.function = "count", .axisIsOne = true}},
    {"count", reductionTo("count")},
    {"sort", renamed("sort")},
    {"argsort", renamed("argsort")},
    {"firsts", {.function = "first", .axisIsOne = true}},
    {"local_index", renamed("positions")},
    {"where", renamed("where")},
    {"concatenate",
     refused("joins entries by default; write concatenate(x, y, ...), which joins the lists of each entry")},
    {"combinations", refused("gives records; write combinations(x, n), a list of the elements of each choice")},
    {"argcombinations", refused("gives records; write combinations(positions(x), n)")},
    {"cartesian", refused("gives records; write forEach(x, y): for each element of x the list y")},
    {"flatten", refused("has no counterpart: a value or a list belongs to its entry")},
    {"fill_none", refused("is not needed: a default takes the place of what is not there, as in max(x, default=0)")},
    {"mask", refused("is written as a choice, c ? x : 0, or as a selection, x[c]")},
};

template <size_t N>
const Meaning* find(const Row (&rows)[N], std::string_view name) {
  const auto* found = std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) { return row.name == name; });
  return found == std::end(rows) ? nullptr : &found->meaning;
}

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The rest of `name` behind one of the prefixes, or empty.
std::string_view behind(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  for (std::string_view prefix : prefixes) {
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  }
  return {};
}

std::optional<Meaning> copyOf(const Meaning* meaning) { return meaning ? std::optional(*meaning) : std::nullopt; }

std::optional<Meaning> arrayMeaning(std::string_view name, bool isNumpy) {
  if (const Meaning* reduction = find(kReductions, name)) {
    Meaning meaning = *reduction;
    meaning.function = name;
    meaning.mostArguments = meaning.leastArguments = 1;
    return meaning;
  }
  if (!isNumpy) return copyOf(find(kAwkward, name));
  if (contains(kSameInNumpy, name)) return renamed(name);
  return copyOf(find(kNumpy, name));
}

std::optional<Meaning> vecOpsMeaning(std::string_view name) {
  if (const Meaning* meaning = find(kVecOps, name)) return *meaning;
  if (const Meaning* meaning = find(kQualifiedVecOps, name)) return *meaning;
  return contains(kSameInC, name) ? std::optional(renamed(name)) : std::nullopt;
}

}  // namespace

std::optional<Meaning> meaningOf(std::string_view name) {
  if (name.ends_with('$')) return copyOf(find(kDraw, name));
  if (const auto rest = behind(name, {"TMath::"}); !rest.empty()) return copyOf(find(kTMath, rest));
  if (const auto rest = behind(name, {"ROOT::VecOps::", "VecOps::"}); !rest.empty()) return vecOpsMeaning(rest);
  if (const auto rest = behind(name, {"std::"}); !rest.empty()) {
    return contains(kSameInC, rest) ? std::optional(renamed(rest)) : copyOf(find(kStandard, rest));
  }
  if (const auto rest = behind(name, {"np.", "numpy."}); !rest.empty()) return arrayMeaning(rest, true);
  if (const auto rest = behind(name, {"ak.", "awkward."}); !rest.empty()) return arrayMeaning(rest, false);
  if (const auto rest = behind(name, {"math."}); !rest.empty()) {
    return contains(kSameInC, rest) ? std::optional(renamed(rest)) : copyOf(find(kMath, rest));
  }
  if (name == "TVector2::Phi_mpi_pi") return refused("is written DeltaPhi(x, 0)");
  return copyOf(find(kVecOps, name));
}

std::optional<double> constantNamed(std::string_view name) {
  struct Constant {
    std::string_view name;
    double value;
  };
  constexpr double kPi = std::numbers::pi;
  static constexpr Constant kConstants[] = {
      {"TMath::Pi", kPi},
      {"TMath::TwoPi", 2 * kPi},
      {"TMath::PiOver2", kPi / 2},
      {"TMath::PiOver4", kPi / 4},
      {"TMath::E", std::numbers::e},
      {"TMath::DegToRad", kPi / 180},
      {"TMath::RadToDeg", 180 / kPi},
      {"TMath::Infinity", std::numeric_limits<double>::infinity()},
      {"TMath::QuietNaN", std::numeric_limits<double>::quiet_NaN()},
      {"M_PI", kPi},
      {"M_PI_2", kPi / 2},
      {"pi", kPi},
      {"e", std::numbers::e},
      {"inf", std::numeric_limits<double>::infinity()},
      {"nan", std::numeric_limits<double>::quiet_NaN()},
  };
  if (const auto rest = behind(name, {"np.", "numpy.", "math."}); !rest.empty()) {
    name = rest;
  } else if (!name.starts_with("TMath::") && !name.starts_with("M_PI")) {
    return std::nullopt;
  }
  for (const Constant& row : kConstants) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
}

std::string_view refusalOfName(std::string_view name) {
  if (name == "Iteration$") return "; the positions in a list x are positions(x)";
  if (name == "Entry$" || name == "LocalEntry$" || name == "Entries$" || name == "LocalEntries$") {
    return "; the number of an entry is no column: use one that identifies the event";
  }
  return {};
}

}  // namespace mlaas::table::expression
