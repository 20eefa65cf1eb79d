// Small columns and a short way to run an expression on them, for the tests of the expression language.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "mlaas/table/expression.h"

namespace mlaas::table::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
Column flat(const std::vector<T>& values) {
  return makeFlatColumn<T>(std::span<const T>(values));
}

// std::vector<bool> has no span of bools.
inline Column flatBools(const std::vector<uint8_t>& values) {
  Column column = flat(values);
  column.type.dtype = DType::kBool;
  return column;
}

template <class T>
Column jagged(const std::vector<std::vector<T>>& lists) {
  std::vector<int64_t> offsets = {0};
  std::vector<T> values;
  for (const auto& list : lists) {
    values.insert(values.end(), list.begin(), list.end());
    offsets.push_back(static_cast<int64_t>(values.size()));
  }
  return makeJaggedColumn<T>(offsets, std::span<const T>(values));
}

class Columns {
 public:
  Columns& add(const std::string& name, Column column) {
    length_ = column.length;
    types_.push_back({name, column.type});
    columns_[name] = std::move(column);
    return *this;
  }

  const std::vector<NamedType>& types() const { return types_; }
  const Column& operator[](const std::string& name) const { return columns_.at(name); }
  int64_t length() const { return length_; }

  Result<Column> evaluate(const std::string& text, EntryNumbers entries = {}) const {
    MLAAS_TRY(const Expression expression, Expression::compile(text, types_));
    std::vector<Column> inputs;
    for (const std::string& name : expression.columns()) inputs.push_back(columns_.at(name));
    MLAAS_TRY(Column column, expression.evaluate(inputs, length_, entries));
    EXPECT_EQ(column.type.name(), expression.type().name()) << text;
    EXPECT_EQ(column.length, length_) << text;
    return column;
  }

  // The message of a failure to compile or to evaluate; empty where there is none.
  std::string failure(const std::string& text) const {
    const auto result = evaluate(text);
    return result.ok() ? "" : result.error().what();
  }

 private:
  std::vector<NamedType> types_;
  std::map<std::string, Column> columns_;
  int64_t length_ = 0;
};

// The values of a column of exactly this type.
template <class T>
std::vector<T> valuesOf(const Column& column) {
  EXPECT_EQ(column.type.dtype, kDTypeOf<T>);
  const auto count = static_cast<size_t>(column.numElements());
  const auto values = column.values->as<T>().first(count);
  return {values.begin(), values.end()};
}

inline std::vector<int64_t> offsetsOf(const Column& column) {
  const auto offsets = column.offsetsAt(0);
  return {offsets.begin(), offsets.end()};
}

// Equal, or both NaN.
inline bool sameValue(double a, double b) { return a == b || (a != a && b != b); }

inline void expectSame(const std::vector<double>& found, const std::vector<double>& expected, const std::string& text) {
  ASSERT_EQ(found.size(), expected.size()) << text;
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(sameValue(found[i], expected[i])) << text << " [" << i << "]: " << found[i] << " != " << expected[i];
  }
}

}  // namespace mlaas::table::test
