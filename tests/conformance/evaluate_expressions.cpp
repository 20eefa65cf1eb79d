// Evaluates expressions on all entries of a table, for tests that compute the same with ROOT, numpy or awkward:
//   evaluate_expressions FILE TREE < [["name", "expression"], ...]
// An expression may use the names before it. Prints for each a line of JSON: its type, its offsets by level, its values,
// what is not finite as a string.
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "mlaas/table/expression.h"
#include "mlaas/table/table.h"

namespace {

using namespace mlaas;
using nlohmann::json;

template <class T>
json encoded(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  }
  return value;
}

json describe(const Column& column) {
  json described = {{"type", column.type.name()}, {"offsets", json::array()}, {"values", json::array()}};
  for (size_t level = 0; level < column.offsets.size(); ++level) {
    const auto offsets = column.offsetsAt(level);
    described["offsets"].push_back(std::vector<int64_t>(offsets.begin(), offsets.end()));
  }
  visitStoredDType(column.type.dtype, [&]<class T>(T) {
    const auto count = static_cast<size_t>(column.numElements()) * column.type.valuesPerElement();
    for (T value : column.valuesAs<T>().first(count)) described["values"].push_back(encoded(value));
  });
  return described;
}

void evaluate(const std::string& file, const std::string& tree, const json& expressions) {
  const auto table = table::openTable(file, tree).value();
  std::vector<table::NamedType> names;
  for (const auto& column : table->columns()) {
    if (column.unsupported.empty()) names.push_back({column.name, column.type});
  }
  std::map<std::string, Column> known;
  for (const auto& row : expressions) {
    const auto expression = table::Expression::compile(row[1].get<std::string>(), names).value();
    std::vector<Column> inputs;
    for (const std::string& name : expression.columns()) {
      if (!known.contains(name)) {
        const size_t index = table->findColumn(name).value();
        known[name] = table->read({0, table->numEntries()}, {index}).value().front();
      }
      inputs.push_back(known[name]);
    }
    const Column result = expression.evaluate(inputs, table->numEntries()).value();
    std::cout << describe(result).dump() << "\n";
    names.push_back({row[0].get<std::string>(), result.type});
    known[row[0].get<std::string>()] = result;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: evaluate_expressions FILE TREE < EXPRESSIONS\n";
    return 2;
  }
  try {
    evaluate(argv[1], argv[2], json::parse(std::cin));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
