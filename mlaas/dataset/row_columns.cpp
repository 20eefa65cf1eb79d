#include "mlaas/dataset/row_columns.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mlaas/base/nearest_name.h"
#include "mlaas/dataset/column_numbers.h"
#include "mlaas/table/named_columns.h"
#include "mlaas/table/row_filter.h"

namespace mlaas::dataset {

namespace {

Result<table::Expression> compileFor(const std::string& what, Result<table::Expression> expression) {
  if (!expression.ok()) return std::move(expression).error().within(what);
  return expression;
}

Error wrongType(const std::string& what, const table::Expression& expression, const std::string& expected) {
  return Error(ErrorCode::kInvalidArgument, "'" + expression.text() + "' is of type " + expression.type().name() +
                                                ", expected " + expected + " for each entry")
      .within(what);
}

std::vector<int64_t> rowsKept(const Column& keep) {
  std::vector<int64_t> rows;
  const auto kept = keep.values->as<uint8_t>();
  for (int64_t row = 0; row < keep.length; ++row) {
    if (kept[static_cast<size_t>(row)] != 0) rows.push_back(row);
  }
  return rows;
}

}  // namespace

Result<table::Expression> RowColumns::compile(const std::string& text, std::span<const table::NamedType> names,
                                              const std::map<std::string, std::string>& unreadable) {
  MLAAS_TRY(const auto used, table::namesUsed(text));
  for (const auto& name : used) {
    const auto found = unreadable.find(name);
    if (found == unreadable.end()) continue;
    return Error(ErrorCode::kUnsupported, "column '" + name + "' cannot be read: " + found->second);
  }
  return table::Expression::compile(text, names);
}

Result<void> RowColumns::compileDefines(const RowColumnsSpec& spec, std::vector<table::NamedType>& names,
                                        const std::map<std::string, std::string>& unreadable) {
  for (const auto& define : spec.defines) {
    const std::string place = "define " + define.name;
    const auto taken = [&](const table::NamedType& known) { return known.name == define.name; };
    if (std::any_of(names.begin(), names.end(), taken) || unreadable.contains(define.name)) {
      return Error(ErrorCode::kInvalidArgument, "a column or an earlier define has this name; choose another one")
          .within(place);
    }
    MLAAS_TRY(auto expression, compileFor(place, compile(define.expression, names, unreadable)));
    names.push_back({define.name, expression.type()});
    defines_.push_back({define.name, std::move(expression)});
  }
  return {};
}

Result<RowColumns> RowColumns::make(const RowColumnsSpec& spec, const table::Table& table) {
  const table::NamedColumns named = table::nameColumns(table);
  RowColumns made;
  std::vector<table::NamedType> names = named.readable;
  MLAAS_CHECK(made.compileDefines(spec, names, named.unreadable));
  if (!spec.select.empty()) {
    MLAAS_TRY(made.select_, compileFor("select", made.compile(spec.select, names, named.unreadable)));
    const ColumnType& type = made.select_->type();
    if (type.dtype != DType::kBool || !type.isFlat()) return wrongType("select", *made.select_, "one bool");
    made.early_.insert(made.select_->columns().begin(), made.select_->columns().end());
  }
  if (!spec.weight.empty()) {
    MLAAS_TRY(made.weight_, compileFor("weight", made.compile(spec.weight, names, named.unreadable)));
    if (!made.weight_->type().isFlat()) return wrongType("weight", *made.weight_, "one number");
    made.late_.insert(made.weight_->columns().begin(), made.weight_->columns().end());
  }
  made.columns_ = spec.columns;
  for (const auto& column : spec.columns) {
    if (const auto found = named.unreadable.find(column); found != named.unreadable.end()) {
      return Error(ErrorCode::kUnsupported, "column '" + column + "' cannot be read: " + found->second);
    }
    const auto known = std::find_if(names.begin(), names.end(), [&](const auto& name) { return name.name == column; });
    if (known == names.end()) {
      std::vector<std::string> candidates;
      for (const auto& name : names) candidates.push_back(name.name);
      return Error(ErrorCode::kInvalidArgument, "unknown column '" + column + "'" + suggestNames(column, candidates));
    }
    made.types_.push_back(known->type);
    made.late_.insert(column);
  }
  made.findInputs(table);
  return made;
}

// Adds what defines use; later defines first, since they use earlier ones.
void RowColumns::findInputs(const table::Table& table) {
  std::set<std::string> defined;
  for (size_t i = defines_.size(); i-- > 0;) {
    const auto& used = defines_[i].expression.columns();
    defined.insert(defines_[i].name);
    if (early_.contains(defines_[i].name)) {
      early_.insert(used.begin(), used.end());
    } else if (late_.contains(defines_[i].name)) {
      late_.insert(used.begin(), used.end());
    }
  }
  for (const auto* names : {&early_, &late_}) {
    auto& inputs = names == &early_ ? earlyInputs_ : lateInputs_;
    for (const auto& name : *names) {
      if (defined.contains(name) || (names == &late_ && early_.contains(name))) continue;
      inputs.push_back({name, table.findColumn(name).value()});
    }
  }
}

std::vector<size_t> RowColumns::inputs() const {
  std::set<size_t> all;
  for (const auto* inputs : {&earlyInputs_, &lateInputs_}) {
    for (const Input& input : *inputs) all.insert(input.column);
  }
  return {all.begin(), all.end()};
}

Result<void> RowColumns::readInputs(const table::Table& table, table::EntryRange range,
                                    const std::vector<Input>& inputs, Values& values) {
  std::vector<size_t> indices;
  for (const Input& input : inputs) {
    if (std::find(indices.begin(), indices.end(), input.column) == indices.end()) indices.push_back(input.column);
  }
  MLAAS_TRY(const auto columns, table.read(range, indices));
  for (const Input& input : inputs) {
    const auto place = std::find(indices.begin(), indices.end(), input.column) - indices.begin();
    values[input.name] = columns[static_cast<size_t>(place)];
  }
  return {};
}

namespace {

// `place` is what messages and counts call the expression.
Result<Column> evaluate(const std::string& place, const table::Expression& expression,
                        const std::map<std::string, Column>& values, int64_t numRows,
                        const table::EntryNumbers& numbers, RowColumns::ArithmeticCounts& arithmetic) {
  std::vector<Column> inputs;
  for (const auto& name : expression.columns()) inputs.push_back(values.at(name));
  auto column = expression.evaluate(inputs, numRows, numbers, &arithmetic[place]);
  if (!column.ok()) return std::move(column).error().within(place);
  return column;
}

}  // namespace

// Evaluates the defines among `wanted` that have no value yet.
Result<void> RowColumns::compute(const std::set<std::string>& wanted, int64_t numRows,
                                 const table::EntryNumbers& numbers, Values& values,
                                 ArithmeticCounts& arithmetic) const {
  for (const Step& define : defines_) {
    if (!wanted.contains(define.name) || values.contains(define.name)) continue;
    MLAAS_TRY(values[define.name],
              evaluate("define " + define.name, define.expression, values, numRows, numbers, arithmetic));
  }
  return {};
}

Result<RowColumns::Rows> RowColumns::read(const table::Table& table, table::EntryRange range) const {
  Values values;
  Rows rows;
  std::vector<int64_t> kept(static_cast<size_t>(range.size()));
  std::iota(kept.begin(), kept.end(), 0);
  if (select_) {
    MLAAS_CHECK(readInputs(table, range, earlyInputs_, values));
    MLAAS_CHECK(compute(early_, range.size(), {range.first, {}}, values, rows.arithmetic));
    MLAAS_TRY(const Column keep,
              evaluate("select", *select_, values, range.size(), {range.first, {}}, rows.arithmetic));
    kept = rowsKept(keep);
  }
  for (const int64_t row : kept) rows.entries.push_back(range.first + row);
  if (kept.empty()) return rows;
  MLAAS_CHECK(readInputs(table, range, lateInputs_, values));
  if (static_cast<int64_t>(kept.size()) < range.size()) {
    for (auto& [name, column] : values) {
      if (late_.contains(name)) column = table::takeRows(column, kept);
    }
  }
  const table::EntryNumbers numbers{0, rows.entries};
  MLAAS_CHECK(compute(late_, static_cast<int64_t>(kept.size()), numbers, values, rows.arithmetic));
  for (const auto& name : columns_) rows.columns.push_back(values.at(name));
  if (weight_) {
    MLAAS_TRY(rows.weights, weigh(values, rows.entries, table, rows.arithmetic));
  }
  return rows;
}

Result<std::vector<double>> RowColumns::weigh(const Values& values, const std::vector<int64_t>& entries,
                                              const table::Table& table, ArithmeticCounts& arithmetic) const {
  MLAAS_TRY(const Column column,
            evaluate("weight", *weight_, values, static_cast<int64_t>(entries.size()), {0, entries}, arithmetic));
  auto weights = columnNumbers(column);
  const auto bad = std::find_if(weights.begin(), weights.end(), [](double weight) { return !std::isfinite(weight); });
  if (bad == weights.end()) return weights;
  return Error(ErrorCode::kInvalidArgument,
               table.url() + ": the weight '" + weight_->text() + "' is " + std::to_string(*bad) + " at entry " +
                   std::to_string(entries[static_cast<size_t>(bad - weights.begin())]) +
                   "; weights must be finite: exclude such events with the selection or change the expression");
}

}  // namespace mlaas::dataset
