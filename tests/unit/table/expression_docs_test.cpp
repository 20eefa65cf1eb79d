// Runs every example of docs/expressions.md: a block ```columns says on what, each line of a block ```expressions is
// "expression  # result", a result being JSON with nan and inf, or "error: how the message begins".
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/table/expression_fixture.h"

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

std::string shownElement(const Column& column, int64_t index) {
  const auto at = static_cast<size_t>(index);
  return visitDType(column.type.dtype, [&]<class T>(T) {
    if constexpr (std::is_same_v<T, bool>) return shownBool(column.values->as<uint8_t>()[at]);
    return shown(column.values->as<T>()[at]);
  });
}

std::string shownColumn(const Column& column) {
  std::string text = "[";
  for (int64_t entry = 0; entry < column.length; ++entry) {
    if (entry > 0) text += ", ";
    if (column.offsets.empty()) {
      text += shownElement(column, entry);
      continue;
    }
    const auto offsets = column.offsetsAt(0).subspan(static_cast<size_t>(entry), 2);
    text += "[";
    for (int64_t k = offsets[0]; k < offsets[1]; ++k) text += (k > offsets[0] ? ", " : "") + shownElement(column, k);
    text += "]";
  }
  return text + "]";
}

template <class T>
T parsed(const std::string& word) {
  if (word == "true" || word == "false") return static_cast<T>(word == "true");
  std::istringstream stream(word);
  std::conditional_t<sizeof(T) == 1, int, T> value{};
  stream >> value;
  return static_cast<T>(value);
}

// A column from its line: name, type, values.
template <class T>
Column parseColumn(const std::string& values) {
  std::vector<T> all;
  std::vector<int64_t> offsets = {0};
  int depth = 0;
  int deepest = 0;
  std::string word;
  for (char c : values) {
    if (c == '[') deepest = std::max(deepest, ++depth);
    if ((c == ',' || c == ']') && !word.empty()) all.push_back(parsed<T>(std::exchange(word, "")));
    if (c == ']' && depth-- == 2) offsets.push_back(static_cast<int64_t>(all.size()));
    if (std::string_view("[], ").find(c) == std::string_view::npos) word += c;
  }
  return deepest == 2 ? makeJaggedColumn<T>(offsets, std::span<const T>(all)) : test::flat(all);
}

Columns documentedColumns() {
  Columns columns;
  for (const std::string& line : blockLines("columns")) {
    const size_t values = line.find('[');
    const std::string head = trimmed(line.substr(0, values));
    const size_t space = head.rfind(' ');
    const std::string type = head.substr(space + 1);
    Column column;
    for (int k = 0; k <= static_cast<int>(DType::kFloat64); ++k) {
      const auto dtype = static_cast<DType>(k);
      if (dtypeName(dtype) != type) continue;
      column = visitDType(dtype, [&]<class T>(T) {
        return parseColumn<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>(line.substr(values));
      });
      column.type.dtype = dtype;
    }
    columns.add(trimmed(head.substr(0, space)), column);
  }
  return columns;
}

TEST(ExpressionDocs, EveryExampleGivesWhatThePageSays) {
  const Columns columns = documentedColumns();
  EXPECT_EQ(columns.types().size(), 11U);
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
