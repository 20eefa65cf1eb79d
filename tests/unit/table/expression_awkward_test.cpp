// Expressions on random columns against what numpy and awkward give for the same: tests/conformance/expressions.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

using nlohmann::json;
using test::Columns;

json expected() {
  std::ifstream stream(MLAAS_EXPECTED_EXPRESSIONS);
  return json::parse(stream);
}

template <class T>
T number(const json& value) {
  if (!value.is_string()) return value.get<T>();
  const std::string text = value.get<std::string>();
  return static_cast<T>(text == "nan" ? test::kNan : text == "inf" ? test::kInfinity : -test::kInfinity);
}

DType dtypeNamed(const std::string& name) {
  for (int k = 0; k <= static_cast<int>(DType::kFloat64); ++k) {
    if (dtypeName(static_cast<DType>(k)) == name) return static_cast<DType>(k);
  }
  throw std::runtime_error("no dtype " + name);
}

Column columnOf(const json& described) {
  const DType dtype = dtypeNamed(described["dtype"]);
  const json& entries = described["values"];
  Column column = visitDType(dtype, [&]<class T>(T) {
    using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;
    if (!entries.front().is_array()) {
      std::vector<Stored> values;
      for (const json& value : entries) values.push_back(number<Stored>(value));
      return test::flat<Stored>(values);
    }
    std::vector<std::vector<Stored>> lists;
    for (const json& entry : entries) {
      lists.emplace_back();
      for (const json& value : entry) lists.back().push_back(number<Stored>(value));
    }
    return test::jagged<Stored>(lists);
  });
  column.type.dtype = dtype;
  return column;
}

// Elementary functions differ by an ulp or two between libraries, sums by their order; the rest is exact.
void expectValue(const Column& column, size_t index, const json& value, const std::string& text) {
  visitDType(column.type.dtype, [&]<class T>(T) {
    if constexpr (std::is_same_v<T, bool>) {
      EXPECT_EQ(column.values->as<uint8_t>()[index], value.get<bool>() ? 1 : 0) << text << " [" << index << "]";
    } else if constexpr (std::is_integral_v<T>) {
      EXPECT_EQ(column.values->as<T>()[index], value.get<T>()) << text << " [" << index << "]";
    } else {
      const auto found = static_cast<double>(column.values->as<T>()[index]);
      const auto wanted = number<double>(value);
      if (test::sameValue(found, wanted)) return;
      EXPECT_NEAR(found, wanted, 4e-15 * std::fabs(wanted)) << text << " [" << index << "]";
    }
  });
}

void compare(const Column& column, const json& entries, const std::string& text) {
  ASSERT_EQ(static_cast<size_t>(column.length), entries.size()) << text;
  size_t index = 0;
  for (size_t entry = 0; entry < entries.size(); ++entry) {
    if (!entries[entry].is_array()) {
      expectValue(column, index++, entries[entry], text);
      continue;
    }
    const auto offsets = column.offsetsAt(0);
    ASSERT_EQ(static_cast<size_t>(offsets[entry + 1] - offsets[entry]), entries[entry].size()) << text;
    for (const json& value : entries[entry]) expectValue(column, index++, value, text);
  }
}

TEST(ExpressionAwkward, EveryExpressionGivesTheSame) {
  const json document = expected();
  Columns columns;
  for (const auto& [name, described] : document["columns"].items()) columns.add(name, columnOf(described));
  ASSERT_GE(document["expressions"].size(), 100U);
  for (const auto& [text, values] : document["expressions"].items()) {
    const auto column = columns.evaluate(text);
    ASSERT_TRUE(column.ok()) << column.error().what();
    EXPECT_EQ(column->type.jaggedDepth > 0, values.front().is_array()) << text;
    compare(*column, values, text);
  }
}

}  // namespace
}  // namespace mlaas::table
