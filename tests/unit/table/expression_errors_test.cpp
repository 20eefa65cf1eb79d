// What expressions refuse, and in which words.
#include <gtest/gtest.h>

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

using test::Columns;

Columns sample() {
  Columns columns;
  columns.add("x", test::flat<float>({1, 2, 3}))
      .add("n", test::flat<int32_t>({1, 2, 3}))
      .add("id", test::flat<uint64_t>({1, 2, 3}))
      .add("Jet_pt", test::jagged<float>({{1, 2}, {3}, {}}))
      .add("Jet_id", test::jagged<int32_t>({{1, 2}, {3}, {}}))
      .add("Mu_pt", test::jagged<float>({{1, 2}, {3}, {4}}));
  return columns;
}

// Every message must begin with this.
void expectFailure(const std::string& text, const std::string& message) {
  EXPECT_EQ(sample().failure(text), message) << text;
}

TEST(ExpressionErrors, Syntax) {
  expectFailure("", "an empty expression at position 1 of ''");
  expectFailure("x +", "expected a value, found the end at position 4 of 'x +'");
  expectFailure("(x + 1", "expected ')', found the end at position 7 of '(x + 1'");
  expectFailure("x = 1",
                "expected an operator or the end, found '=' at position 3 of 'x = 1'; a comparison is written ==");
  expectFailure("x & n", "unexpected character '&' at position 3 of 'x & n'; logical and is written &&");
  expectFailure("x | n", "unexpected character '|' at position 3 of 'x | n'; logical or is written ||");
  expectFailure("x ^ 2", "unexpected character '^' at position 3 of 'x ^ 2'; a power is written **");
  expectFailure("3x", "unexpected 'x' after a number at position 2 of '3x'");
  expectFailure("x \xff", "unexpected character '\\xff' at position 3 of 'x \\xff'");
  expectFailure("x ? 1", "expected ':', found the end at position 6 of 'x ? 1'");
  expectFailure("1 + not x",
                "'not' after an operator that binds tighter at position 5 of '1 + not x'; put it in "
                "parentheses or write !");
  expectFailure("max(x,)", "expected an argument, found ')' at position 7 of 'max(x,)'");
  expectFailure("`x", "a name without its closing backquote at position 1 of '`x'");
  expectFailure(
      "18446744073709551616",
      "the integer 18446744073709551616 does not fit in 64 bits at position 1 of '18446744073709551616'; with "
      "a decimal point it is a float64");
  expectFailure("1e999", "the number 1e999 does not fit in a float64 at position 1 of '1e999'");
  expectFailure("and", "expected a value, found 'and' at position 1 of 'and'");
}

TEST(ExpressionErrors, Types) {
  expectFailure("sum(x)", "sum() of one argument takes a list, but 'x' is a scalar at position 5 of 'sum(x)'");
  expectFailure(
      "max(Jet_id)",
      "max() of an empty list has no value, and int64 has no NaN at position 1 of 'max(Jet_id)'; give one, as "
      "in max(Jet_id, default=0)");
  expectFailure("Jet_id[0]",
                "an element of a list that is too short has no value, and int64 has no NaN at position 7 of "
                "'Jet_id[0]'; give one, as in Jet_id[0, -1]");
  expectFailure("x[0]", "'x' is no list, and [] takes an element of one at position 2 of 'x[0]'");
  expectFailure("Jet_pt[0.5]",
                "[] takes a list of bools (a mask) or one int64 (an index), but '0.5' is a float64 at position 8 of "
                "'Jet_pt[0.5]'");
  expectFailure("Jet_pt[x > 1]",
                "a mask must be a list of bools, one for each element at position 10 of "
                "'Jet_pt[x > 1]'");
  expectFailure(
      "id - n",
      "no integer type holds both int64 ('n') and uint64 at position 4 of 'id - n'; convert one with int64(), "
      "uint64() or float64()");
  expectFailure("-id", "a uint64 has no negative at position 1 of '-id'; convert it with int64() or float64()");
  expectFailure(
      "x && n",
      "'&&' takes bools or integers, but 'x' is a float64 at position 1 of 'x && n'; compare it, as in x != 0");
  expectFailure("int64(x)",
                "int64() takes integers and bools, but 'x' is a float64 at position 7 of 'int64(x)'; floor(), ceil() "
                "and round() give whole float64");
  expectFailure("sqrt(x, n)", "sqrt() takes 1 argument, but has 2 at position 1 of 'sqrt(x, n)'");
  expectFailure("min()", "min() takes 1 to 64 arguments, but has 0 at position 1 of 'min()'");
  expectFailure("sum(Jet_pt, default=1)", "sum() takes no default at position 21 of 'sum(Jet_pt, default=1)'");
  expectFailure("min(x, n, default=1)",
                "a default goes with min() of one list at position 19 of 'min(x, n, default=1)'");
  expectFailure("max(Jet_pt, default=Jet_pt)",
                "a default must be one value for an entry, not a list at position 21 of 'max(Jet_pt, default=Jet_pt)'");
  expectFailure("sum + 1",
                "unknown column 'sum' at position 1 of 'sum + 1'; the function of that name is called with "
                "parentheses");
}

TEST(ExpressionErrors, ListsOfDifferentLengthNameBothAndTheEntry) {
  const auto columns = sample();
  EXPECT_EQ(
      columns.failure("Jet_pt + 2 * Mu_pt"),
      "'Jet_pt' and '2 * Mu_pt' have lists of different lengths, 0 and 1 in entry 2, at position 8 of 'Jet_pt + 2 "
      "* Mu_pt'");
  const std::vector<int64_t> rows = {10, 20, 30};
  const auto result = columns.evaluate("Jet_pt[Mu_pt > 1]", {0, rows});
  EXPECT_NE(std::string(result.error().what()).find("in entry 30,"), std::string::npos) << result.error().what();
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
}

TEST(ExpressionErrors, ColumnsWithoutArithmetic) {
  const std::vector<NamedType> names = {{"s", {DType::kUInt8, 1, {}, true}},
                                        {"cov", {DType::kFloat32, 0, {3, 3}, false}},
                                        {"hits", {DType::kFloat32, 2, {}, false}}};
  for (const char* text : {"s == 1", "cov", "sum(hits)"}) {
    const auto result = Expression::compile(text, names);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported) << result.error().what();
  }
  EXPECT_STREQ(
      Expression::compile("1 + cov", names).error().what(),
      "column 'cov' is of type float32[3][3] at position 5 of '1 + cov'; expressions take numbers and lists of "
      "numbers");
}

TEST(ExpressionErrors, NestingAndLengthAreBounded) {
  const auto columns = sample();
  const auto repeat = [](const std::string& text, size_t times) {
    std::string all;
    for (size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  EXPECT_TRUE(columns.evaluate(repeat("(", 400) + "x" + repeat(")", 400)).ok());
  EXPECT_TRUE(columns.evaluate(repeat("x + ", 400) + "x").ok());
  for (const std::string& text : {repeat("(", 100000 / 2), repeat("-", 60000) + "x", repeat("x**", 20000) + "x",
                                  repeat("x+", 30000) + "x", "Jet_pt" + repeat("[0 < 1]", 9000)}) {
    EXPECT_NE(columns.failure(text).find("more than 500 nested operations"), std::string::npos) << text.substr(0, 20);
  }
  EXPECT_EQ(columns.failure(std::string(70000, ' ')), "an expression of 70000 bytes; the longest allowed has 65536");
}

TEST(ExpressionErrors, NamesUsedBeforeAnyTableIsKnown) {
  EXPECT_EQ(namesUsed("sum(Jet_pt[a > `odd name`], default=b) + a and true").value(),
            (std::vector<std::string>{"Jet_pt", "a", "odd name", "b"}));
  EXPECT_EQ(namesUsed("a +").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mlaas::table
