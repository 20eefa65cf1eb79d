// Names of other notations: the same values as ours, or a message that says what to write.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

using test::Columns;

Columns sample() {
  Columns columns;
  columns.add("x", test::flat<double>({0.5, -0.25, 2}))
      .add("y", test::flat<double>({1, 3, -2}))
      .add("n", test::flat<int32_t>({1, -2, 3}))
      .add("l", test::jagged<float>({{2, 1}, {}, {3}}))
      .add("m", test::jagged<float>({{5, 7}, {}, {1}}))
      .add("i", test::jagged<int32_t>({{1, 0}, {}, {0}}));
  return columns;
}

struct Spelling {
  const char* theirs;
  const char* ours;
};

class ExpressionNotation : public testing::TestWithParam<Spelling> {};

TEST_P(ExpressionNotation, GivesTheSame) {
  const Columns columns = sample();
  const auto found = columns.evaluate(GetParam().theirs);
  const auto expected = columns.evaluate(GetParam().ours);
  ASSERT_TRUE(found.ok()) << found.error().what();
  ASSERT_TRUE(expected.ok()) << expected.error().what();
  ASSERT_EQ(found->type.name(), expected->type.name());
  ASSERT_EQ(found->length, expected->length);
  for (size_t level = 0; level < expected->offsets.size(); ++level) {
    EXPECT_TRUE(std::ranges::equal(found->offsetsAt(level), expected->offsetsAt(level))) << "level " << level;
  }
  ASSERT_EQ(found->sizeBytes(), expected->sizeBytes());
  EXPECT_EQ(std::memcmp(found->values->data(), expected->values->data(), expected->values->size()), 0);
}

INSTANTIATE_TEST_SUITE_P(
    VecOps, ExpressionNotation,
    testing::Values(Spelling{"Sum(l)", "sum(l)"}, Spelling{"ROOT::VecOps::Sum(l)", "sum(l)"},
                    Spelling{"VecOps::Product(l)", "prod(l)"}, Spelling{"Max(l)", "max(l)"},
                    Spelling{"Min(l)", "min(l)"}, Spelling{"Mean(l)", "mean(l, default=0)"},
                    Spelling{"Any(l > 1)", "any(l > 1)"}, Spelling{"All(l > 1)", "all(l > 1)"},
                    Spelling{"ArgMax(l)", "argmax(l, default=0)"}, Spelling{"ArgMin(l)", "argmin(l, default=0)"},
                    Spelling{"Argsort(l)", "argsort(l)"}, Spelling{"StableArgsort(l)", "argsort(l)"},
                    Spelling{"Sort(l)", "sort(l)"}, Spelling{"StableSort(l)", "sort(l)"},
                    Spelling{"Reverse(l)", "reverse(l)"}, Spelling{"Take(l, i)", "take(l, i)"},
                    Spelling{"Take(l, i, 4)", "take(l, i, 4)"}, Spelling{"Where(l > 1, l, m)", "l > 1 ? l : m"},
                    Spelling{"Concatenate(l, m)", "concatenate(l, m)"}, Spelling{"Enumerate(l)", "positions(l)"},
                    Spelling{"InvariantMasses(l, l, l, l, m, m, m, m)", "InvariantMass(l, l, l, l, m, m, m, m)"},
                    Spelling{"ROOT::VecOps::InvariantMass(l, l, l, l)", "InvariantMass(l, l, l, l)"},
                    Spelling{"ROOT::VecOps::sqrt(l)", "sqrt(l)"}));

INSTANTIATE_TEST_SUITE_P(Draw, ExpressionNotation,
                         testing::Values(Spelling{"Sum$(l)", "sum(l)"}, Spelling{"Length$(l)", "count(l)"},
                                         Spelling{"Max$(l)", "max(l, default=0)"},
                                         Spelling{"Min$(l)", "min(l, default=0)"}, Spelling{"Alt$(l[1], 7)", "l[1, 7]"},
                                         Spelling{"Alt$(i[n], x)", "i[n, x]"}, Spelling{"l.size()", "count(l)"},
                                         Spelling{"l.size() > 1 && m.size() > 1", "count(l) > 1 && count(m) > 1"}));

INSTANTIATE_TEST_SUITE_P(
    TMath, ExpressionNotation,
    testing::Values(Spelling{"TMath::Abs(n)", "abs(n)"}, Spelling{"TMath::Sqrt(y)", "sqrt(y)"},
                    Spelling{"TMath::Exp(x)", "exp(x)"}, Spelling{"TMath::Log(x)", "log(x)"},
                    Spelling{"TMath::Log10(x)", "log10(x)"}, Spelling{"TMath::Log2(x)", "log2(x)"},
                    Spelling{"TMath::Sin(x)", "sin(x)"}, Spelling{"TMath::Cos(x)", "cos(x)"},
                    Spelling{"TMath::Tan(x)", "tan(x)"}, Spelling{"TMath::ATan(x)", "atan(x)"},
                    Spelling{"TMath::ATan2(y, x)", "atan2(y, x)"}, Spelling{"TMath::SinH(x)", "sinh(x)"},
                    Spelling{"TMath::CosH(x)", "cosh(x)"}, Spelling{"TMath::TanH(x)", "tanh(x)"},
                    Spelling{"TMath::ASinH(x)", "asinh(x)"}, Spelling{"TMath::ATanH(x)", "atanh(x)"},
                    Spelling{"TMath::Hypot(x, y)", "hypot(x, y)"}, Spelling{"TMath::Floor(x)", "floor(x)"},
                    Spelling{"TMath::Ceil(x)", "ceil(x)"}, Spelling{"TMath::Erf(x)", "erf(x)"},
                    Spelling{"TMath::Erfc(x)", "erfc(x)"}, Spelling{"TMath::Gamma(x)", "tgamma(x)"},
                    Spelling{"TMath::LnGamma(x)", "lgamma(x)"}, Spelling{"TMath::Power(y, 2)", "y ** 2"},
                    Spelling{"TMath::Max(x, y)", "max(x, y)"}, Spelling{"TMath::Min(n, 0)", "min(n, 0)"},
                    Spelling{"TMath::Sign(x, y)", "copysign(x, y)"}, Spelling{"TMath::Sq(n)", "n * n"},
                    Spelling{"TMath::IsNaN(x)", "isnan(x)"}, Spelling{"TMath::Finite(x)", "isfinite(x)"},
                    Spelling{"TMath::Pi() + 0", "acos(-1.)"}, Spelling{"TMath::TwoPi()", "2 * acos(-1.)"},
                    Spelling{"TMath::PiOver2()", "acos(0.)"}, Spelling{"TMath::E()", "2.718281828459045"},
                    Spelling{"x * TMath::DegToRad()", "x * (acos(-1.) / 180)"}));

INSTANTIATE_TEST_SUITE_P(Standard, ExpressionNotation,
                         testing::Values(Spelling{"std::abs(n)", "abs(n)"}, Spelling{"fabs(n)", "abs(float64(n))"},
                                         Spelling{"std::fabs(x)", "abs(x)"}, Spelling{"std::pow(x, 2)", "x ** 2"},
                                         Spelling{"std::min(x, y)", "min(x, y)"},
                                         Spelling{"std::clamp(x, 0, 1)", "clip(x, 0, 1)"},
                                         Spelling{"std::hypot(x, y)", "hypot(x, y)"},
                                         Spelling{"math.sqrt(x)", "sqrt(x)"}, Spelling{"math.gamma(x)", "tgamma(x)"},
                                         Spelling{"M_PI + 0", "acos(-1.)"}, Spelling{"math.pi", "acos(-1.)"},
                                         Spelling{"True && n > 1", "true && n > 1"}));

INSTANTIATE_TEST_SUITE_P(
    Arrays, ExpressionNotation,
    testing::Values(Spelling{"np.log(x)", "log(x)"}, Spelling{"numpy.abs(n)", "abs(n)"},
                    Spelling{"np.arctan2(y, x)", "atan2(y, x)"}, Spelling{"np.power(x, y)", "x ** y"},
                    Spelling{"np.minimum(x, y)", "min(x, y)"}, Spelling{"np.mod(n, 2)", "n % 2"},
                    Spelling{"np.square(n)", "n ** 2"}, Spelling{"np.round(x)", "rint(x)"},
                    Spelling{"np.deg2rad(x)", "radians(x)"}, Spelling{"np.where(n > 1, x, y)", "n > 1 ? x : y"},
                    Spelling{"np.logical_and(n > 1, x > 1)", "n > 1 && x > 1"},
                    Spelling{"np.logical_not(n > 1)", "!(n > 1)"}, Spelling{"np.clip(x, 0, 1)", "clip(x, 0, 1)"},
                    Spelling{"np.inf - x", "1 / 0 - x"}, Spelling{"np.sum(l, axis=1)", "sum(l)"},
                    Spelling{"np.amax(l, axis=-1)", "max(l)"}, Spelling{"ak.sum(l, axis=1)", "sum(l)"},
                    Spelling{"ak.argmax(l, axis=-1)", "argmax(l)"}, Spelling{"ak.num(l)", "count(l)"},
                    Spelling{"ak.num(combinations(l, 2))", "count(combinations(l, 2), axis=1)"},
                    Spelling{"ak.count(l, axis=1)", "count(l)"}, Spelling{"ak.firsts(l)", "first(l)"},
                    Spelling{"ak.argsort(l, ascending=False)", "argsort(l, ascending=false)"},
                    Spelling{"ak.local_index(l)", "positions(l)"}, Spelling{"ak.std(l, axis=1)", "std(l)"}));

TEST(ExpressionNotations, OtherMeaningsSayWhatToWrite) {
  const Columns columns = sample();
  EXPECT_EQ(columns.failure("np.sum(l)"),
            "np.sum() without an axis is over all entries at position 1 of 'np.sum(l)'; write sum(x), which is of each "
            "entry, or add axis=1");
  EXPECT_EQ(
      columns.failure("1 + Combinations(l, 2)"),
      "Combinations() gives one list of positions for each place at position 5 of '1 + Combinations(l, 2)'; write "
      "combinations(x, n), a list of the elements of each choice, or combinations(positions(x), n)");
  EXPECT_EQ(
      columns.failure("Iteration$ > 1"),
      "unknown column 'Iteration$' at position 1 of 'Iteration$ > 1'; the positions in a list x are positions(x)");
  EXPECT_EQ(columns.failure("Take(l, 2)"),
            "Take() of one number takes that many elements at position 1 of 'Take(l, 2)'; "
            "write x[:n], or x[-n:] for the last ones");
  EXPECT_EQ(columns.failure("ROOT::VecOps::DeltaPhi(x, y)"),
            "ROOT::VecOps::DeltaPhi() is the second minus the first at position 1 of 'ROOT::VecOps::DeltaPhi(x, y)'; "
            "write DeltaPhi(b, a)");
  EXPECT_EQ(columns.failure("ROOT::VecOps::DeltaR(x, x, y, y)"),
            "ROOT::VecOps::DeltaR() takes eta1, eta2, phi1, phi2 at position 1 of 'ROOT::VecOps::DeltaR(x, x, y, y)'; "
            "write DeltaR(eta1, phi1, eta2, phi2)");
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"TMath::ASin(x)", "write asin(clip(x, -1, 1)), or asin(x) for NaN"},
      {"TMath::Range(0, 1, x)", "has the limits first"},
      {"TMath::Nint(x)", "write rint(x)"},
      {"Nonzero(l)", "write positions(x)[x != 0]"},
      {"Dot(l, m)", "Dot() is sum(a * b)"},
      {"StdDev(l)", "StdDev() divides by n - 1"},
      {"Var(l)", "Var() divides by n - 1"},
      {"MaxIf$(l, l > 1)", "max(x[mask], default=0)"},
      {"Alt$(x, 1)", "takes an element and what stands for it, as in Alt$(x[1], 0)"},
      {"np.concatenate(l, m)", "is written concatenate(x, y, ...)"},
      {"ak.combinations(l, 2)", "write combinations(x, n)"},
      {"ak.flatten(l)", "ak.flatten() has no counterpart"},
      {"ak.max(l)", "without an axis is over all entries"},
      {"ak.num(combinations(l, 2), axis=0)", "along the axes 1 to 2 of 'combinations(l, 2)', not along 0"},
      {"TMath::Max(l)", "TMath::Max() takes 2 arguments, but has 1"},
      {"Max(l, m)", "Max() takes 1 argument, but has 2"},
      {"TMath::Bessel(x)", "unknown function 'TMath::Bessel'"},
      {"x.size()", "takes a list, but 'x' is a scalar"},
      {"l.size(1)", "unknown function 'l.size'"},
      {"TMath::Pi(1)", "unknown function 'TMath::Pi'"},
      {"np.foo(x)", "unknown function 'np.foo'"},
      {"ak.fill_none(l, 0)", "as in max(x, default=0)"},
      {"Entry$", "the number of an entry is no column"},
      {"ak.firsts(combinations(l, 2))", "works on the innermost lists, here axis=2 or -1, but axis=1"},
      {"Take(l, n)", "write x[:n], or x[-n:] for the last ones"}};
  for (const auto& [text, message] : refused) {
    EXPECT_NE(columns.failure(text).find(message), std::string::npos) << text << ": " << columns.failure(text);
  }
}

TEST(ExpressionNotations, NamesUsedAreColumnsAlone) {
  EXPECT_EQ(namesUsed("np.pi * Jet_pt.size() + TMath::Pi() + Alt$(a[b], c) + M_PI + (True ? d : e)").value(),
            (std::vector<std::string>{"Jet_pt", "a", "b", "c", "d", "e"}));
}

}  // namespace
}  // namespace mlaas::table
