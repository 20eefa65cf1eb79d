// Runs every example of docs/expressions.md: a block ```columns says on what, each line of a block ```expressions is
// "expression  # result", a result being JSON with nan and inf, or "error: how the message begins".
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/table/expression_json.h"

namespace mlaas::table {
namespace {

using test::Columns;

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The lines of every block of this language.
std::vector<std::string> blockLines(const std::string& language) {
  std::ifstream stream(MLAAS_EXPRESSIONS_PAGE);
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("```")) {
      inside = line == "```" + language;
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

template <class T>
std::string shown(T value) {
  std::ostringstream text;
  text << +value;
  return text.str();
}
std::string shownBool(uint8_t value) { return value != 0 ? "true" : "false"; }

std::string shownValue(const Column& column, int64_t index) {
  const auto at = static_cast<size_t>(index);
  return visitDType(column.type.dtype, [&]<class T>(T) {
    if constexpr (std::is_same_v<T, bool>) return shownBool(column.values->as<uint8_t>()[at]);
    return shown(column.values->as<T>()[at]);
  });
}

// The elements [first, last) of a level.
std::string shownElements(const Column& column, size_t level, int64_t first, int64_t last) {
  std::string text = "[";
  for (int64_t i = first; i < last; ++i) {
    if (i > first) text += ", ";
    if (level == column.offsets.size()) {
      text += shownValue(column, i);
    } else {
      const auto offsets = column.offsetsAt(level).subspan(static_cast<size_t>(i), 2);
      text += shownElements(column, level + 1, offsets[0], offsets[1]);
    }
  }
  return text + "]";
}

std::string shownColumn(const Column& column) { return shownElements(column, 0, 0, column.length); }

int nesting(const test::json& value) {
  int deepest = 0;
  if (!value.is_array()) return 0;
  for (const auto& element : value) deepest = std::max(deepest, nesting(element));
  return deepest + 1;
}

// A column from its type, such as float32[3], and values.
Column parseColumn(std::string type, const std::string& text) {
  const test::json values = test::json::parse(text);
  std::vector<uint32_t> shape;
  if (const size_t bracket = type.find('['); bracket != std::string::npos) {
    shape.push_back(static_cast<uint32_t>(std::stoul(type.substr(bracket + 1))));
    type.resize(bracket);
  }
  return test::columnOf(type, shape, nesting(values) - 1 - static_cast<int>(shape.size()), values);
}

Columns documentedColumns() {
  Columns columns;
  for (const std::string& line : blockLines("columns")) {
    const size_t values = line.find("  [");
    const std::string head = trimmed(line.substr(0, values));
    const size_t space = head.rfind(' ');
    columns.add(trimmed(head.substr(0, space)), parseColumn(head.substr(space + 1), line.substr(values)));
  }
  return columns;
}

TEST(ExpressionDocs, EveryExampleGivesWhatThePageSays) {
  const Columns columns = documentedColumns();
  EXPECT_EQ(columns.types().size(), 20U);
  EXPECT_EQ(columns.length(), 3);
  const auto examples = blockLines("expressions");
  EXPECT_GE(examples.size(), 50U);
  for (const std::string& line : examples) {
    const size_t mark = line.find("  # ");
    ASSERT_NE(mark, std::string::npos) << line;
    const std::string text = trimmed(line.substr(0, mark));
    const std::string result = line.substr(mark + 4);
    const auto column = columns.evaluate(text);
    const std::string found = column.ok() ? shownColumn(*column) : "error: " + std::string(column.error().what());
    const bool same = column.ok() ? found == result : found.starts_with(result) && result.starts_with("error: ");
    EXPECT_TRUE(same) << text << "\n  page:  " << result << "\n  found: " << found;
  }
}

}  // namespace
}  // namespace mlaas::table
