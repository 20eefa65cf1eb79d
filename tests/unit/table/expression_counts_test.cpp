// What IEEE 754 flags, as it is counted.
#include <gtest/gtest.h>

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

constexpr auto kNan = test::kNan;
constexpr auto kInfinity = test::kInfinity;

ArithmeticCounts counted(const std::string& text) {
  test::Columns columns;
  columns.add("x", test::flat<double>({1, 0, -1, kNan, kInfinity}))
      .add("n", test::flat<int32_t>({1, 0, -1, 0, 2}))
      .add("big", test::flat<double>({1e300, 1e300, 1, -1e300, kInfinity}))
      .add("l", test::jagged<double>({{1e308, 1e308}, {}, {0, -1, 4}, {kInfinity, -kInfinity}, {kNan, 1}}));
  const Expression expression = Expression::compile(text, columns.types()).value();
  std::vector<Column> inputs;
  for (const std::string& name : expression.columns()) inputs.push_back(columns[name]);
  ArithmeticCounts counts;
  const Column plain = expression.evaluate(inputs, columns.length()).value();
  const Column watched = expression.evaluate(inputs, columns.length(), {}, &counts).value();
  EXPECT_EQ(plain.sizeBytes(), watched.sizeBytes());
  return counts;
}

void expectCounts(const std::string& text, uint64_t divisionsByZero, uint64_t invalid, uint64_t overflows) {
  const ArithmeticCounts counts = counted(text);
  EXPECT_EQ(counts.divisionsByZero, divisionsByZero) << text;
  EXPECT_EQ(counts.invalid, invalid) << text;
  EXPECT_EQ(counts.overflows, overflows) << text;
}

TEST(ExpressionCounts, Divisions) {
  expectCounts("1 / x", 1, 0, 0);
  expectCounts("x / x", 0, 2, 0);  // 0 / 0 and inf / inf
  expectCounts("1 / n", 2, 0, 0);
  expectCounts("big / 1e-300", 0, 0, 3);
  expectCounts("5 % n", 2, 0, 0);
  expectCounts("5.0 % n", 0, 2, 0);
  expectCounts("mod(n, 0)", 5, 0, 0);
  expectCounts("1 / 0", 5, 0, 0);
  expectCounts("x * 0 + 5 % n", 2, 1, 0);  // a conversion counts nothing; inf * 0 does
  expectCounts("sum(l > 0) / 2 + n % 0 + 0.5", 5, 0, 0);
  expectCounts("x * (0 / 0)", 0, 5, 0);
  expectCounts("1 / l", 1, 0, 0);
}

TEST(ExpressionCounts, Functions) {
  expectCounts("log(x)", 1, 1, 0);
  expectCounts("log1p(x)", 1, 0, 0);
  expectCounts("sqrt(x)", 0, 1, 0);
  expectCounts("sqrt(l)", 0, 2, 0);  // -1 and -inf
  expectCounts("exp(big)", 0, 0, 2);
  expectCounts("x ** -1", 1, 0, 0);
  expectCounts("big ** 2", 0, 0, 3);
  expectCounts("square(big)", 0, 0, 3);
  expectCounts("atan2(x, n) + abs(x) + min(x, n) + floor(x)", 0, 0, 0);
  expectCounts("fmod(x, n)", 0, 2, 0);  // 0 % 0 and inf % 2; a NaN is none
}

TEST(ExpressionCounts, SumsAndLists) {
  expectCounts("x - x", 0, 1, 0);
  expectCounts("sum(l)", 0, 1, 1);
  expectCounts("mean(l)", 0, 1, 1);
  expectCounts("prod(l)", 0, 0, 1);
  expectCounts("max(l)", 0, 0, 0);
  expectCounts("InvariantMass(l, 0, 0, 0)", 0, 2, 0);  // the squares of the first overflow, and inf - inf is NaN
  // Every element that is computed counts, whatever becomes of it.
  expectCounts("x > 0 ? 1 / x : 0", 1, 0, 0);
  expectCounts("n + n * n", 0, 0, 0);
}

TEST(ExpressionCounts, AreThoseOfAllBlocksAndAddUp) {
  test::Columns columns;
  columns.add("x", test::flat<double>(std::vector<double>(10000)));
  const Expression expression = Expression::compile("1 / x", columns.types()).value();
  ArithmeticCounts counts;
  counts.invalid = 3;
  const std::vector<Column> inputs = {columns["x"]};
  ASSERT_TRUE(expression.evaluate(inputs, 10000, {}, &counts).ok());
  counts += {1, 1, 1};
  EXPECT_EQ(counts, (ArithmeticCounts{10001, 4, 1}));
}

// A block that is tried again with fewer entries counts once.
TEST(ExpressionCounts, OfBlocksThatAreCutAreNotDoubled) {
  test::Columns columns;
  columns.add("l", test::jagged<double>(std::vector<std::vector<double>>(3, std::vector<double>(900))));
  const Expression expression = Expression::compile("sum(sum(1 / combinations(1 / l, 2)))", columns.types()).value();
  ArithmeticCounts counts;
  const std::vector<Column> inputs = {columns["l"]};
  ASSERT_TRUE(expression.evaluate(inputs, 3, {}, &counts).ok());
  EXPECT_EQ(counts.divisionsByZero, 2700U);
}

}  // namespace
}  // namespace mlaas::table
