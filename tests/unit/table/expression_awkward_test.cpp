// Expressions on random columns against what numpy and awkward give for the same: tests/conformance/expressions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mlaas/table/expression/functions.h"
#include "tests/unit/table/expression_json.h"

namespace mlaas::table {
namespace {

using nlohmann::json;
using test::Columns;
using test::number;

json expected() {
  std::ifstream stream(MLAAS_EXPECTED_EXPRESSIONS);
  return json::parse(stream);
}

// Elementary functions differ by an ulp or two between libraries, sums by their order; the rest is exact.
void expectValue(const Column& column, size_t index, const json& value, const std::string& text, double tolerance) {
  visitDType(column.type.dtype, [&]<class T>(T) {
    if constexpr (std::is_same_v<T, bool>) {
      EXPECT_EQ(column.values->as<uint8_t>()[index], value.get<bool>() ? 1 : 0) << text << " [" << index << "]";
    } else if constexpr (std::is_integral_v<T>) {
      EXPECT_EQ(column.values->as<T>()[index], value.get<T>()) << text << " [" << index << "]";
    } else {
      const auto found = static_cast<double>(column.values->as<T>()[index]);
      const auto wanted = number<double>(value);
      if (test::sameValue(found, wanted)) return;
      EXPECT_NEAR(found, wanted, tolerance * std::fabs(wanted)) << text << " [" << index << "]";
    }
  });
}

void compare(const Column& column, const json& entries, const std::string& text, double tolerance) {
  ASSERT_EQ(static_cast<size_t>(column.length), entries.size()) << text;
  std::vector<json> level(entries.begin(), entries.end());
  for (size_t depth = 0; depth < column.offsets.size(); ++depth) {
    const SharedBuffer wanted = test::takeOffsets(level);
    const auto found = column.offsetsAt(depth);
    const auto expectedOffsets = wanted->as<int64_t>();
    ASSERT_TRUE(std::equal(found.begin(), found.end(), expectedOffsets.begin(), expectedOffsets.end()))
        << text << ": lists of other lengths at level " << depth;
  }
  for (size_t index = 0; index < level.size(); ++index) {
    ASSERT_FALSE(level[index].is_array()) << text;
    expectValue(column, index, level[index], text, tolerance);
  }
}

// What ROOT is compared with instead: tests/conformance/test_analysis_expressions.py.
const std::vector<std::string> kComparedWithRoot = {"InvariantMass", "SumPt", "SumEta", "SumPhi", "SumEnergy"};

TEST(ExpressionAwkward, NoFunctionIsLeftOut) {
  const json document = expected();
  std::string all;
  for (const auto& [text, values] : document["expressions"].items()) all += " " + text;
  for (const std::string& name : expression::functionNames()) {
    if (std::find(kComparedWithRoot.begin(), kComparedWithRoot.end(), name) != kComparedWithRoot.end()) continue;
    bool found = false;
    for (const char before : std::string(" (,-![")) found |= all.find(before + name + "(") != std::string::npos;
    EXPECT_TRUE(found) << name << " is in no expression of make_expected.py";
  }
}

TEST(ExpressionAwkward, EveryExpressionGivesTheSame) {
  const json document = expected();
  const json& tolerances = document["tolerances"];
  Columns columns;
  for (const auto& [name, described] : document["columns"].items())
    columns.add(name, test::columnOf(described["dtype"], described["shape"], described["depth"], described["values"]));
  ASSERT_GE(document["expressions"].size(), 100U);
  for (const auto& [text, values] : document["expressions"].items()) {
    const auto column = columns.evaluate(text);
    ASSERT_TRUE(column.ok()) << column.error().what();
    compare(*column, values, text, tolerances.value(text, 4e-15));
  }
}

}  // namespace
}  // namespace mlaas::table
