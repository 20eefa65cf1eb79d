#include "mlaas/dataset/feature_resolution.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "mlaas/dataset/workflow_fill.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/named_columns.h"

namespace mlaas::dataset {

namespace {

bool hasPattern(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.find_first_of("*?") != std::string::npos; });
}

bool isNumeric(const ColumnType& type) { return !type.isString && type.shape.empty(); }

// Replaces the patterns among `patterns` by names of columns with `jaggedDepth` levels.
Result<std::vector<std::string>> expand(const std::vector<std::string>& patterns,
                                        const std::vector<table::NamedType>& names, int jaggedDepth,
                                        const std::vector<std::string>& excluded) {
  std::vector<std::string> available;
  for (const auto& [name, type] : names) {
    if (isNumeric(type) && type.jaggedDepth == jaggedDepth) available.push_back(name);
  }
  MLAAS_TRY(const auto expanded, feature::expandColumnNames(patterns, available, excluded));
  std::vector<std::string> unique;
  std::set<std::string_view> seen;
  for (const auto& name : expanded) {
    if (seen.insert(name).second) unique.push_back(name);
  }
  return unique;
}

// Adds the columns of friends that are excluded under their own names, and second names of what a pattern takes.
void excludeFriends(const DatasetConfig& config, const table::Table& table, std::vector<std::string>& excluded) {
  std::set<std::string> names(excluded.begin(), excluded.end());
  for (const auto& sample : config.samples) {
    for (const auto& one : sample.friends) {
      if (one.options.index) names.insert(one.options.index->begin(), one.options.index->end());
    }
  }
  std::set<std::string> listed(config.features.scalars.begin(), config.features.scalars.end());
  for (const auto& group : config.features.groups) listed.insert(group.columns.begin(), group.columns.end());
  for (const auto& column : table.columns()) {
    const size_t dot = column.name.find('.');
    if (dot == std::string::npos) continue;
    const std::string own = column.name.substr(dot + 1);
    if (names.contains(own) || isTruthName(own)) excluded.push_back(column.name);
  }
  for (const auto& alias : table.aliases()) {
    excluded.push_back(alias.name);
    if (listed.contains(alias.name)) excluded.push_back(table.columns()[alias.column].name);
  }
}

// A column or define, and all that it is computed from.
Result<std::vector<std::string>> namesBehind(const std::string& name, const std::vector<feature::Define>& defines) {
  std::vector<std::string> names = {name};
  for (auto define = defines.rbegin(); define != defines.rend(); ++define) {
    if (std::find(names.begin(), names.end(), define->name) == names.end()) continue;
    MLAAS_TRY(const auto used, table::namesUsed(define->expression));
    names.insert(names.end(), used.begin(), used.end());
  }
  return names;
}

// What a pattern never takes.
Result<std::vector<std::string>> excludedFromPatterns(const DatasetConfig& config, const table::Table& table,
                                                      const std::vector<table::NamedType>& names) {
  std::vector<std::string> excluded = config.identity;
  for (const auto& target : config.targets) {
    MLAAS_TRY(const auto used, namesBehind(target, config.features.defines));
    excluded.insert(excluded.end(), used.begin(), used.end());
  }
  for (const auto& sample : config.samples) {
    for (const auto& weight : {sample.weight, sample.generatorWeight, sample.labelExpression}) {
      if (weight.empty()) continue;
      auto used = table::namesUsed(weight);
      if (!used.ok())
        return std::move(used).error().within(sample.where + ": weight or label of sample '" + sample.name + "'");
      excluded.insert(excluded.end(), used->begin(), used->end());
    }
  }
  for (const auto& variation : config.variations) {
    for (const auto& [column, by] : variation.replacements) excluded.push_back(by);
  }
  for (const auto& [name, type] : names) {
    if (isTruthName(name)) excluded.push_back(name);
  }
  excludeFriends(config, table, excluded);
  return excluded;
}

}  // namespace

Result<std::vector<table::NamedType>> namedTypes(const DatasetConfig& config, const table::Table& table) {
  std::vector<table::NamedType> names = table::nameColumns(table).readable;
  for (const auto& define : config.features.defines) {
    auto compiled = table::Expression::compile(define.expression, names);
    if (!compiled.ok()) return std::move(compiled).error().within("define '" + define.name + "'");
    names.push_back({define.name, compiled->type()});
  }
  return names;
}

bool isTruthName(std::string_view name) {
  const auto beginsWith = [&](std::string_view prefix) {
    return name.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), name.begin(), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  };
  return beginsWith("truth") || beginsWith("gen") || beginsWith("lhe");
}

Result<feature::FeatureSpec> resolveFeatures(const DatasetConfig& config, const table::Table& table) {
  feature::FeatureSpec spec = config.features;
  const bool patterns = hasPattern(spec.scalars) || std::any_of(spec.groups.begin(), spec.groups.end(),
                                                                [](const auto& g) { return hasPattern(g.columns); });
  if (!patterns) {
    MLAAS_TRY(spec.fills, resolveFills(config.fills, spec));
    return spec;
  }
  MLAAS_TRY(const auto names, namedTypes(config, table));
  MLAAS_TRY(const auto excluded, excludedFromPatterns(config, table, names));
  auto scalars = expand(spec.scalars, names, 0, excluded);
  if (!scalars.ok()) return std::move(scalars).error().within(table.url() + ": dataset.features.scalars");
  spec.scalars = *std::move(scalars);
  for (auto& group : spec.groups) {
    auto columns = expand(group.columns, names, 1, excluded);
    if (!columns.ok()) {
      return std::move(columns).error().within(table.url() + ": dataset.features." + group.name + ".columns");
    }
    group.columns = *std::move(columns);
  }
  MLAAS_TRY(spec.fills, resolveFills(config.fills, spec));
  return spec;
}

Result<std::vector<size_t>> columnsRead(const feature::FeatureSpec& spec, const std::vector<std::string>& extras,
                                        const table::Table& table) {
  std::map<std::string, std::string> defines;
  for (const auto& define : spec.defines) defines[define.name] = define.expression;
  std::vector<std::string> pending = spec.scalars;
  for (const auto& group : spec.groups) pending.insert(pending.end(), group.columns.begin(), group.columns.end());
  for (const auto& expression : extras) {
    MLAAS_TRY(const auto used, table::namesUsed(expression));
    pending.insert(pending.end(), used.begin(), used.end());
  }
  if (!spec.select.empty()) {
    MLAAS_TRY(const auto used, table::namesUsed(spec.select));
    pending.insert(pending.end(), used.begin(), used.end());
  }
  std::set<std::string> seen;
  std::set<size_t> columns;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    if (!seen.insert(name).second) continue;
    if (const auto define = defines.find(name); define != defines.end()) {
      MLAAS_TRY(const auto used, table::namesUsed(define->second));
      pending.insert(pending.end(), used.begin(), used.end());
    } else if (const auto column = table.findColumn(name); column.ok()) {
      columns.insert(*column);
    }
  }
  return std::vector<size_t>(columns.begin(), columns.end());
}

}  // namespace mlaas::dataset
