#include "mlaas/table/expression.h"

#include <cmath>

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

using namespace test;

Columns sample() {
  Columns columns;
  columns.add("ht", flat<float>({100.5F, -3, 0, 250}))
      .add("nJet", flat<int32_t>({3, 0, 1, 2}))
      .add("event", flat<uint64_t>({9007199254740993ULL, 1, 18446744073709551615ULL, 0}))
      .add("run", flat<uint32_t>({1, 4294967295U, 7, 0}))
      .add("big", flat<int64_t>({9007199254740993, -9007199254740993, INT64_MIN, INT64_MAX}))
      .add("isMC", flatBools({1, 0, 2, 0}))
      .add("Jet_pt", jagged<float>({{60, 40, 25}, {}, {30}, {35, 31}}))
      .add("Jet_btag", jagged<double>({{0.9, 0.1, 0.6}, {}, {0.2}, {0.7, 0.8}}))
      .add("Jet_id", jagged<int16_t>({{1, 2, -3}, {}, {4}, {5, 5}}))
      .add("Mu_pt", jagged<float>({{1}, {2, 3}, {}, {4, 5}}))
      .add("Gen.odd name", flat<double>({1, 2, 3, 4}));
  return columns;
}

std::vector<double> reals(const std::string& text) { return valuesOf<double>(sample().evaluate(text).value()); }
std::vector<int64_t> integers(const std::string& text) { return valuesOf<int64_t>(sample().evaluate(text).value()); }
std::vector<uint64_t> unsignedIntegers(const std::string& text) {
  return valuesOf<uint64_t>(sample().evaluate(text).value());
}
std::vector<int> bools(const std::string& text) {
  const auto column = sample().evaluate(text).value();
  EXPECT_EQ(column.type.dtype, DType::kBool);
  const auto values = column.values->as<uint8_t>();
  return {values.begin(), values.end()};
}

TEST(Expression, BareColumnKeepsItsTypeAndBuffers) {
  const auto columns = sample();
  const auto column = columns.evaluate("Jet_pt").value();
  EXPECT_EQ(column.type.name(), "var * float32");
  EXPECT_EQ(column.values, columns["Jet_pt"].values);
  EXPECT_EQ(columns.evaluate("(nJet)").value().type.name(), "int32");
  EXPECT_EQ(valuesOf<double>(columns.evaluate("`Gen.odd name`").value()), (std::vector<double>{1, 2, 3, 4}));
}

TEST(Expression, Precedence) {
  EXPECT_EQ(integers("1 + 2 * 3 ** 2"), std::vector<int64_t>(4, 19));
  EXPECT_EQ(integers("-2 ** 2"), std::vector<int64_t>(4, -4));
  EXPECT_EQ(integers("2 ** 3 ** 2"), std::vector<int64_t>(4, 512));
  EXPECT_EQ(reals("2 ** -1"), std::vector<double>(4, 0.5));
  EXPECT_EQ(integers("10 - 3 - 2"), std::vector<int64_t>(4, 5));
  EXPECT_EQ(reals("12 / 3 / 2"), std::vector<double>(4, 2));
  EXPECT_EQ(bools("not 1 > 2 and false or true"), std::vector<int>(4, 1));
  EXPECT_EQ(bools("!true || true && false"), std::vector<int>(4, 0));
  EXPECT_EQ(integers("true ? 1 : false ? 2 : 3"), std::vector<int64_t>(4, 1));
  EXPECT_EQ(bools("1 + 1 == 2 ? 3 > 2 : false"), std::vector<int>(4, 1));
}

TEST(Expression, ChainedComparison) {
  EXPECT_EQ(bools("1 <= nJet <= 2"), (std::vector<int>{0, 0, 1, 1}));
  EXPECT_EQ(bools("0 < nJet < 3 == true"), (std::vector<int>{0, 0, 0, 0}));
  EXPECT_EQ(bools("3 > nJet >= 1 != 5"), (std::vector<int>{0, 0, 1, 1}));
}

TEST(Expression, Arithmetic) {
  EXPECT_EQ(reals("ht * 2 + 1"), (std::vector<double>{202, -5, 1, 501}));
  EXPECT_EQ(reals("nJet / 2"), (std::vector<double>{1.5, 0, 0.5, 1}));
  expectSame(reals("1 / nJet"), {1.0 / 3, kInfinity, 1, 0.5}, "1 / nJet");
  EXPECT_EQ(integers("(nJet - 2) % 3"), (std::vector<int64_t>{1, 1, 2, 0}));
  EXPECT_EQ(integers("nJet % 0"), (std::vector<int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(integers("isMC + isMC"), (std::vector<int64_t>{2, 0, 2, 0}));
  expectSame(reals("log(ht)"), {std::log(100.5), kNan, -kInfinity, std::log(250.0)}, "log(ht)");
}

TEST(Expression, IntegersAreExact) {
  EXPECT_EQ(integers("big + 0"), (std::vector<int64_t>{9007199254740993, -9007199254740993, INT64_MIN, INT64_MAX}));
  EXPECT_EQ(integers("-big"), (std::vector<int64_t>{-9007199254740993, 9007199254740993, INT64_MIN, -INT64_MAX}));
  EXPECT_EQ(integers("big + 1")[3], INT64_MIN);  // wraps
  EXPECT_EQ(integers("abs(big)")[2], INT64_MIN);
  EXPECT_EQ(integers("-9223372036854775808 % -1"), std::vector<int64_t>(4, 0));
  EXPECT_EQ(integers("big % -1"), std::vector<int64_t>(4, 0));
  EXPECT_EQ(unsignedIntegers("event % 2"), (std::vector<uint64_t>{1, 1, 1, 0}));
  EXPECT_EQ(unsignedIntegers("run * 10 + event")[0], 9007199254741003ULL);
  EXPECT_EQ(unsignedIntegers("18446744073709551615 - event")[3], UINT64_MAX);
  EXPECT_EQ(bools("event == 9007199254740993"), (std::vector<int>{1, 0, 0, 0}));
  EXPECT_EQ(bools("event == 9007199254740992.0"), (std::vector<int>{0, 0, 0, 0}));
  EXPECT_EQ(bools("big > 9007199254740992.0"), (std::vector<int>{1, 0, 0, 1}));
  EXPECT_EQ(bools("big < 9223372036854775808.0"), (std::vector<int>{1, 1, 1, 1}));
  EXPECT_EQ(bools("event > big"), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_EQ(bools("event >= -1"), std::vector<int>(4, 1));
  EXPECT_EQ(integers("0x1F"), std::vector<int64_t>(4, 31));
}

TEST(Expression, Lists) {
  const auto columns = sample();
  const auto scaled = columns.evaluate("Jet_pt * nJet").value();
  EXPECT_EQ(valuesOf<double>(scaled), (std::vector<double>{180, 120, 75, 30, 70, 62}));
  EXPECT_EQ(scaled.offsets[0], columns["Jet_pt"].offsets[0]);
  const auto masked = columns.evaluate("Jet_pt[Jet_btag > 0.5]").value();
  EXPECT_EQ(valuesOf<double>(masked), (std::vector<double>{60, 25, 35, 31}));
  EXPECT_EQ(offsetsOf(masked), (std::vector<int64_t>{0, 2, 2, 2, 4}));
  EXPECT_EQ(reals("sum(Jet_pt[Jet_btag > 0.5] * 2)"), (std::vector<double>{170, 0, 0, 132}));
  EXPECT_EQ(integers("sum(Jet_pt > 30)"), (std::vector<int64_t>{2, 0, 0, 2}));
  EXPECT_EQ(integers("sum(Jet_id)"), (std::vector<int64_t>{0, 0, 4, 10}));
  EXPECT_EQ(integers("count(Jet_pt)"), (std::vector<int64_t>{3, 0, 1, 2}));
  expectSame(reals("max(Jet_pt)"), {60, kNan, 30, 35}, "max");
  expectSame(reals("min(Jet_pt, default=-1)"), {25, -1, 30, 31}, "min");
  expectSame(reals("mean(Jet_id)"), {0, kNan, 4, 5}, "mean");
  EXPECT_EQ(integers("max(Jet_id, default=nJet - 7)"), (std::vector<int64_t>{2, -7, 4, 5}));
  EXPECT_EQ(bools("any(Jet_pt > 50)"), (std::vector<int>{1, 0, 0, 0}));
  EXPECT_EQ(bools("all(Jet_pt > 28)"), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_EQ(reals("sum(Jet_pt > 30 ? Jet_pt : 0)"), (std::vector<double>{100, 0, 0, 66}));
  EXPECT_EQ(bools("any(20 < Jet_pt < 35 < ht)"), (std::vector<int>{1, 0, 0, 1}));
  EXPECT_EQ(reals("sum(min(Jet_pt, 32))"), (std::vector<double>{89, 0, 30, 63}));
}

TEST(Expression, Index) {
  expectSame(reals("Jet_pt[0]"), {60, kNan, 30, 35}, "[0]");
  expectSame(reals("Jet_pt[-1]"), {25, kNan, 30, 31}, "[-1]");
  expectSame(reals("Jet_pt[nJet - 2, -5]"), {40, -5, 30, 35}, "[nJet - 2]");
  EXPECT_EQ(integers("Jet_id[1, default=-1]"), (std::vector<int64_t>{2, -1, -1, 5}));
  expectSame(reals("Jet_id[1, 0.5]"), {2, 0.5, 0.5, 5}, "float default");
  EXPECT_EQ(bools("(Jet_pt > 30)[0, true]"), (std::vector<int>{1, 1, 0, 1}));
  expectSame(reals("Jet_pt[Jet_btag > 0.5][1]"), {25, kNan, kNan, 31}, "mask and index");
  expectSame(reals("Jet_pt[9223372036854775807]"), std::vector<double>(4, kNan), "far");
  expectSame(reals("Jet_pt[-9223372036854775808]"), std::vector<double>(4, kNan), "far back");
}

TEST(Expression, AnglesAndDistances) {
  const double pi = 3.141592653589793;
  Columns columns;
  columns.add("phi", flat<double>({pi, -pi, 3, 0, 100, kNan}))
      .add("eta", flat<float>({0, 1, 2, -1, 0, 1}))
      .add("Jet_phi", jagged<float>({{1, -3}, {0}, {}, {3}, {}, {1}}))
      .add("Jet_eta", jagged<float>({{0, 1}, {2}, {}, {-1}, {}, {1}}));
  expectSame(valuesOf<double>(columns.evaluate("DeltaPhi(phi, 0)").value()),
             {-pi, -pi, 3, 0, std::remainder(100.0, 2 * pi), kNan}, "DeltaPhi");
  const auto distances = columns.evaluate("DeltaR(Jet_eta, Jet_phi, eta, phi)").value();
  EXPECT_EQ(offsetsOf(distances), (std::vector<int64_t>{0, 2, 3, 3, 4, 4, 5}));
  const auto found = valuesOf<double>(distances);
  const std::vector<double> expected = {pi - 1, std::hypot(1, pi - 3), std::hypot(1, pi), 3, kNan};
  for (size_t i = 0; i + 1 < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-14) << i;
  EXPECT_TRUE(std::isnan(found.back()));
}

TEST(Expression, NoEntries) {
  Columns columns;
  columns.add("x", flat<float>({})).add("y", jagged<float>({}));
  EXPECT_EQ(columns.evaluate("x + 1").value().length, 0);
  const auto list = columns.evaluate("y[y > 1]").value();
  EXPECT_EQ(offsetsOf(list), std::vector<int64_t>{0});
  EXPECT_EQ(columns.evaluate("max(y)").value().length, 0);
}

TEST(Expression, MessagesNameThePlaceAndTheNearestName) {
  const auto columns = sample();
  EXPECT_EQ(columns.failure("sum(Jet_ptt > 30) >= 6"),
            "unknown column 'Jet_ptt' at position 5 of 'sum(Jet_ptt > 30) >= 6'; did you mean 'Jet_pt'?");
  EXPECT_EQ(columns.failure("1 + sqr(Jet_pt)"),
            "unknown function 'sqr' at position 5 of '1 + sqr(Jet_pt)'; did you mean 'sqrt'?");
}

// Sums over choices take each vector's components once; sums of two or three vectors, one by one.
TEST(Expression, SumsOverCombinationsAreThoseOfTheirVectors) {
  Columns columns;
  columns.add("pt", test::jagged<float>({{60, 40, 25, 12}, {}, {30}, {35, 31}}))
      .add("eta", test::jagged<double>({{1, 2, -3, 0.5}, {}, {-1}, {0.5, -0.5}}))
      .add("phi", test::jagged<float>({{1, -2, 3, 0}, {}, {-1}, {3, -3}}))
      .add("mass", test::jagged<float>({{5, 0, -1, 8}, {}, {2}, {0, 1}}));
  const std::string of = "(combinations(pt, 2), combinations(eta, 2), combinations(phi, 2), combinations(mass, 2))";
  const std::string two =
      "(first(combinations(pt, 2)), first(combinations(eta, 2)), first(combinations(phi, 2)), "
      "first(combinations(mass, 2)), last(combinations(pt, 2)), last(combinations(eta, 2)), "
      "last(combinations(phi, 2)), last(combinations(mass, 2)))";
  for (const std::string function : {"InvariantMass", "SumPt", "SumEta", "SumPhi", "SumEnergy"}) {
    const auto found = test::valuesOf<double>(columns.evaluate(function + of).value());
    ASSERT_EQ(found.size(), 7U);
    EXPECT_EQ(found, test::valuesOf<double>(columns.evaluate(function + two).value())) << function;
  }
  // One mass for all, and choices of three.
  EXPECT_EQ(test::valuesOf<double>(
                columns.evaluate("InvariantMass(combinations(pt, 3), combinations(eta, 3), combinations(phi, 3), 5)")
                    .value()),
            test::valuesOf<double>(columns
                                       .evaluate("InvariantMass(combinations(pt, 3), combinations(eta, 3), "
                                                 "combinations(phi, 3), combinations(pt * 0 + 5, 3))")
                                       .value()));
  EXPECT_NE(
      columns.failure("InvariantMass(combinations(pt, 2), combinations(eta[eta > 0], 2), combinations(phi, 2), 0)")
          .find("have lists of different lengths"),
      std::string::npos);
}

}  // namespace
}  // namespace mlaas::table
