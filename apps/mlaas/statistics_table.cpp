#include "apps/mlaas/statistics_table.h"

#include <array>
#include <cstdio>
#include <vector>

#include "apps/mlaas/text_table.h"

namespace mlaas::command {

namespace {

using Json = nlohmann::ordered_json;

// Integers in full, other numbers in four digits.
std::string cell(const Json& number) {
  if (number.is_number_integer()) return number.dump();
  if (!number.is_number()) return "";
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%.4g", number.get<double>());
  return text.data();
}

std::string cell(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? "" : cell(*found);
}

void addRow(const std::string& name, const std::string& type, const Json& numbers, TextTable& table) {
  std::vector<std::string> cells = {name, type};
  for (const char* key : {"count", "nan", "infinite", "min"}) cells.push_back(cell(numbers, key));
  const Json quantiles = numbers.value("quantiles", Json::object());
  for (const char* key : {"0.01", "0.5", "0.99"}) cells.push_back(cell(quantiles, key));
  for (const char* key : {"max", "mean", "deviation"}) cells.push_back(cell(numbers, key));
  table.addRow(std::move(cells));
}

void addColumn(const Json& column, TextTable& table) {
  const auto name = column["name"].get<std::string>();
  bool first = true;
  if (column.contains("count")) {
    addRow(name, column["type"].get<std::string>(), column, table);
    first = false;
  }
  if (!column.contains("lengths")) return;
  const Json& lengths = column["lengths"];
  for (size_t level = 0; level < lengths.size(); ++level) {
    addRow(first ? name : "", level == 0 ? "length" : "length, inner", lengths[level], table);
    first = false;
  }
}

}  // namespace

std::string describeStatistics(const Json& statistics) {
  TextTable samples({"sample", "entries", "selected", "sum of weights", "negative"},
                    {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  for (const auto& sample : statistics["samples"]) {
    samples.addRow({sample["name"].get<std::string>(), cell(sample, "entries"), cell(sample, "selected"),
                    cell(sample, "sum_weights"), cell(sample, "negative_weights")});
  }
  std::vector<Align> alignment(12, Align::kRight);
  alignment[0] = alignment[1] = Align::kLeft;
  TextTable columns({"column", "type", "count", "NaN", "inf", "min", "1%", "50%", "99%", "max", "mean", "deviation"},
                    alignment);
  for (const auto& column : statistics["columns"]) addColumn(column, columns);
  return samples.render("") + "\n" + columns.render("");
}

}  // namespace mlaas::command
