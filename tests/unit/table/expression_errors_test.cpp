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
  expectFailure("x $ n", "unexpected character '$' at position 3 of 'x $ n'");
  expectFailure("n & 2 == 2",
                "&, | or ^ beside a comparison needs parentheses at position 3 of 'n & 2 == 2'; C compares first and "
                "Python last");
  expectFailure("0 < n | 1",
                "&, | or ^ beside a comparison needs parentheses at position 7 of '0 < n | 1'; C compares "
                "first and Python last");
  expectFailure("n in 3", "expected '[', found '3' at position 6 of 'n in 3'");
  expectFailure("n in []", "expected a value, found ']' at position 7 of 'n in []'");
  expectFailure("'mu", "a string without its closing quotation mark at position 1 of ''mu'");
  expectFailure("'a\\n'", "a string with a backslash at position 1 of ''a\\n''");
  expectFailure("Jet_pt[0:2:1]", "a slice takes no step at position 11 of 'Jet_pt[0:2:1]'; reverse() turns a list");
  expectFailure("sort(Jet_pt, ascending=true, Jet_pt)",
                "an argument after one with a name at position 30 of 'sort(Jet_pt, ascending=true, Jet_pt)'");
  expectFailure("sum(Jet_pt, axis=1, axis=1)", "a second axis at position 25 of 'sum(Jet_pt, axis=1, axis=1)'");
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
                "[] takes a list of bools (a mask), an int64 or a list of int64 (an index), but '0.5' is a float64 at "
                "position 8 of "
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
  expectFailure("x ^ 2",
                "'^' takes integers and bools, but 'x' is a float64 at position 1 of 'x ^ 2'; a power is "
                "written **");
  expectFailure("n & x", "'&' takes integers and bools, but 'x' is a float64 at position 5 of 'n & x'");
  expectFailure("Jet_pt[0:x]", "a bound of a slice is one int64, but 'x' is a float64 at position 10 of 'Jet_pt[0:x]'");
  expectFailure("x[1:2]", "'x' is no list, and [] takes an element of one at position 2 of 'x[1:2]'");
  expectFailure("sum(Jet_pt, axis=2)",
                "sum() works on the innermost lists, here axis=1 or -1, but axis=2 is asked for at position 1 of "
                "'sum(Jet_pt, axis=2)'");
  expectFailure("sort(Jet_pt, order=1)",
                "sort() takes no argument of the name 'order' at position 20 of 'sort(Jet_pt, order=1)'");
  expectFailure("sort(Jet_pt, ascending=n > 1)",
                "sort() takes as ascending true or false, written out at position 26 of 'sort(Jet_pt, "
                "ascending=n > 1)'");
  expectFailure("combinations(Jet_pt, n)",
                "combinations() chooses 2 to 8 elements, a number written out, but 'n' is none of these at position 22 "
                "of 'combinations(Jet_pt, n)'");
  expectFailure("InvariantMass(x, x, x, x)",
                "InvariantMass() of 4 arguments adds up the vectors of a list, but all are scalars at position 1 of "
                "'InvariantMass(x, x, x, x)'");
  expectFailure("SumPt(Jet_pt, x, x, x, x)",
                "SumPt() takes pt, eta, phi and mass of one or more vectors, so 4, 8, 12 or 16 arguments, but has 5 at "
                "position 1 of 'SumPt(Jet_pt, x, x, x, x)'");
  expectFailure("x in [Jet_pt]",
                "the values after 'in' are single ones, but 'Jet_pt' is a list at position 7 of 'x in [Jet_pt]'; "
                "any(list == value) looks for a value in a list");
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

TEST(ExpressionErrors, IndicesThatAreNotThereNameTheEntry) {
  const auto columns = sample();
  EXPECT_EQ(columns.failure("Jet_id[Jet_id]"),
            "no element 2 in a list of 2 of 'Jet_id' in entry 0, at position 7 of 'Jet_id[Jet_id]'; give a default for "
            "what is not there");
  EXPECT_EQ(columns.failure("combinations(Jet_id, 2)[Jet_id]"),
            "no element 1 in a list of 1 of 'combinations(Jet_id, 2)' in entry 0, at position 24 of "
            "'combinations(Jet_id, 2)[Jet_id]'; give a default for what is not there");
}

// What would not fit into memory is refused, and the rest of a block does not matter.
TEST(ExpressionErrors, CombinationsAreBounded) {
  std::vector<std::vector<float>> lists(300, std::vector<float>(100, 1));
  lists[7].resize(1024);
  Columns columns;
  columns.add("x", test::jagged(lists));
  const auto pairs = columns.evaluate("count(combinations(x, 2), axis=1)");
  ASSERT_TRUE(pairs.ok()) << pairs.error().what();
  EXPECT_EQ(test::valuesOf<int64_t>(*pairs)[7], 1024 * 1023 / 2);
  EXPECT_EQ(test::valuesOf<int64_t>(*pairs)[8], 100 * 99 / 2);
  EXPECT_EQ(columns.failure("sum(combinations(x, 3))"),
            "'combinations(x, 3)' makes more than 1048576 values in entry 7, which is the limit, at position 5 of "
            "'sum(combinations(x, 3))'; shorten the lists first, with a mask or a slice");
  EXPECT_NE(columns.failure("forEach(x, concatenate(x, x))").find("in entry 7, which is the limit,"),
            std::string::npos);
  EXPECT_TRUE(columns.evaluate("sum(sum(forEach(x, x[:100])))").ok());
}

TEST(ExpressionErrors, Strings) {
  const std::vector<NamedType> names = {{"s", {DType::kUInt8, 1, {}, true}},
                                        {"x", {DType::kFloat32, 0, {}, false}},
                                        {"deep", {DType::kFloat32, 4, {2}, false}},
                                        {"l", {DType::kFloat32, 1, {}, false}},
                                        {"hits", {DType::kFloat32, 2, {}, false}}};
  const auto failure = [&](const char* text) {
    const auto result = Expression::compile(text, names);
    return result.ok() ? "" : std::string(result.error().what());
  };
  EXPECT_EQ(failure("s == 1"),
            "a string is compared with a number: 's' is a string, '1' a int64 at position 3 of 's == 1'");
  EXPECT_EQ(failure("s < 'a'"), "strings have no order here at position 3 of 's < 'a''; they have ==, != and in");
  EXPECT_EQ(failure("s + 1"),
            "arithmetic takes numbers, but 's' is a string at position 1 of 's + 1'; strings have ==, != and in");
  EXPECT_EQ(failure("x > 0 ? s : s"),
            "a choice takes numbers, but 's' is a string at position 9 of 'x > 0 ? s : s'; strings have ==, != and in");
  EXPECT_EQ(failure("sqrt(s)"),
            "sqrt() takes numbers, but 's' is a string at position 6 of 'sqrt(s)'; strings have ==, != and in");
  EXPECT_EQ(failure("'mu'"),
            "the result is a string, and a computed value is a number at position 1 of ''mu''; compare it, as in x == "
            "\"name\"");
  EXPECT_EQ(failure("deep"),
            "column 'deep' is of type var * var * var * var * float32[2] at position 1 of 'deep'; expressions take "
            "numbers and strings, and lists of them, nested up to 4 times");
  EXPECT_EQ(failure("l[hits > 0]"), "'hits > 0' has lists nested deeper than 'l' at position 8 of 'l[hits > 0]'");
  EXPECT_EQ(Expression::compile("deep", names).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(Expression::compile("s", names).value().type(), names[0].type);
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
