#include "mlaas/train/trees/column_options.h"

#include <algorithm>
#include <cmath>

#include "mlaas/base/nearest_name.h"

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

// "Jet_pt" of "Jet_pt[0]", any other name as it is.
std::string withoutElement(const std::string& column) {
  return column.ends_with(']') ? column.substr(0, column.rfind('[')) : column;
}

// The columns that a name means.
Result<std::vector<size_t>> columnsOf(const std::string& option, const std::string& name,
                                      const std::vector<std::string>& columns) {
  std::vector<size_t> found;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name || withoutElement(columns[i]) == name) found.push_back(i);
  }
  if (!found.empty()) return found;
  std::vector<std::string> names;
  for (const std::string& column : columns) {
    const std::string plain = withoutElement(column);
    if (std::ranges::find(names, plain) == names.end()) names.push_back(plain);
  }
  return Error(ErrorCode::kInvalidArgument,
               "model." + option + ": there is no feature '" + name + "'" + suggestNames(name, names));
}

Error tooManyColumns(const std::string& option, size_t found, size_t columns) {
  return {ErrorCode::kInvalidArgument, "model." + option + ": " + std::to_string(found) + " values for " +
                                           std::to_string(columns) + " columns; give one for each, or a map by name"};
}

// One value for each column, from a list by position or a map by name; `otherwise` where there is none.
Result<std::vector<double>> valuesOf(const std::string& option, const Json& given, double otherwise,
                                     const std::vector<std::string>& columns) {
  std::vector<double> values(columns.size(), otherwise);
  if (given.is_array()) {
    if (given.size() > columns.size()) return tooManyColumns(option, given.size(), columns.size());
    for (size_t i = 0; i < given.size(); ++i) values[i] = given[i].get<double>();
    return values;
  }
  for (const auto& [name, value] : given.items()) {
    MLAAS_TRY(const auto found, columnsOf(option, name, columns));
    for (const size_t column : found) values[column] = value.get<double>();
  }
  return values;
}

bool isConstraint(const Json& value) { return value.is_number_integer() && std::abs(value.get<double>()) <= 1; }

bool isWeight(const Json& value) {
  return value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() >= 0;
}

// A list or a map whose values all are as `isRight` wants them.
void checkValues(OptionReader& model, const std::string& option, const Json& given, bool (*isRight)(const Json&),
                 const std::string& expected) {
  const bool isList = given.is_array() || given.is_object();
  if (isList && std::ranges::all_of(given, isRight)) return;
  if (!given.is_null()) {
    model.reject(option, "expected a list of " + expected +
                             ", one for each column, or a map from features to them; found " + given.dump());
  }
}

bool isGroup(const Json& group) {
  return group.is_array() && std::ranges::all_of(group, [](const Json& one) {
           return one.is_string() || (one.is_number_integer() && one >= 0);
         });
}

}  // namespace

ColumnOptions ColumnOptions::read(OptionReader& model) {
  ColumnOptions options;
  options.monotone_ = model.value("monotone_constraints");
  options.interaction_ = model.value("interaction_constraints");
  options.weights_ = model.value("feature_weights");
  checkValues(model, "monotone_constraints", options.monotone_, isConstraint, "-1, 0 and 1");
  checkValues(model, "feature_weights", options.weights_, isWeight, "numbers of at least 0");
  const bool isRight = options.interaction_.is_array() && std::ranges::all_of(options.interaction_, isGroup);
  if (!options.interaction_.is_null() && !isRight) {
    model.reject(
        "interaction_constraints",
        "expected a list of lists of features, as in [[met, ht], [Jet_pt]]; found " + options.interaction_.dump());
  }
  return options;
}

Result<TreeParameters> ColumnOptions::parameters(const std::vector<std::string>& columns) const {
  TreeParameters parameters;
  if (!monotone_.is_null()) {
    MLAAS_TRY(const auto values, valuesOf("monotone_constraints", monotone_, 0, columns));
    std::string text;
    for (const double value : values) text += (text.empty() ? "(" : ",") + std::to_string(std::lround(value));
    parameters.emplace_back("monotone_constraints", text + ")");
  }
  if (!interaction_.is_null()) {
    Json groups = Json::array();
    for (const Json& group : interaction_) {
      std::vector<size_t> members;
      for (const Json& one : group) {
        std::vector<size_t> found;
        if (one.is_string()) {
          MLAAS_TRY(found, columnsOf("interaction_constraints", one.get<std::string>(), columns));
        } else {
          found.push_back(one.get<size_t>());
        }
        if (found.back() >= columns.size()) {
          return Error(ErrorCode::kInvalidArgument, "model.interaction_constraints: there is no column " + one.dump() +
                                                        ", the model has " + std::to_string(columns.size()) +
                                                        ", counted from 0");
        }
        members.insert(members.end(), found.begin(), found.end());
      }
      groups.push_back(members);
    }
    parameters.emplace_back("interaction_constraints", groups.dump());
  }
  return parameters;
}

Result<std::vector<float>> ColumnOptions::weights(const std::vector<std::string>& columns) const {
  if (weights_.is_null()) return std::vector<float>();
  MLAAS_TRY(const auto values, valuesOf("feature_weights", weights_, 1, columns));
  return std::vector<float>(values.begin(), values.end());
}

}  // namespace mlaas::train
