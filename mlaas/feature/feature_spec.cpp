#include "mlaas/feature/feature_spec.h"

#include <algorithm>
#include <set>

#include "mlaas/table/expression.h"

namespace mlaas::feature {

std::vector<std::string> FeatureSpec::flatNames() const {
  std::vector<std::string> names = scalars;
  for (const JaggedGroup& group : groups) {
    for (int64_t element = 0; element < group.length; ++element) {
      for (const std::string& column : group.columns) names.push_back(column + "[" + std::to_string(element) + "]");
    }
    names.push_back(group.name + "_count");
  }
  return names;
}

int64_t FeatureSpec::flatWidth() const {
  auto width = static_cast<int64_t>(scalars.size());
  for (const JaggedGroup& group : groups) width += group.length * static_cast<int64_t>(group.columns.size()) + 1;
  return width;
}

bool Fill::operator==(const Fill& other) const {
  const bool sameValue = value == other.value || (std::isnan(value) && std::isnan(other.value));
  return column == other.column && kind == other.kind && infinite == other.infinite && sameValue;
}

const Fill* FeatureSpec::fillOf(std::string_view column) const {
  const auto found = std::find_if(fills.begin(), fills.end(), [&](const Fill& fill) { return fill.column == column; });
  return found == fills.end() ? nullptr : &*found;
}

Result<FeatureSpec> withoutUnusedDefines(FeatureSpec spec) {
  std::set<std::string> used(spec.scalars.begin(), spec.scalars.end());
  for (const JaggedGroup& group : spec.groups) used.insert(group.columns.begin(), group.columns.end());
  if (!spec.select.empty()) {
    MLAAS_TRY(const auto names, table::namesUsed(spec.select));
    used.insert(names.begin(), names.end());
  }
  // A define uses earlier ones only.
  std::vector<Define> kept;
  for (auto define = spec.defines.rbegin(); define != spec.defines.rend(); ++define) {
    if (!used.contains(define->name)) continue;
    MLAAS_TRY(const auto names, table::namesUsed(define->expression));
    used.insert(names.begin(), names.end());
    kept.push_back(*define);
  }
  spec.defines.assign(kept.rbegin(), kept.rend());
  return spec;
}

Result<std::vector<std::string>> columnNames(const FeatureSpec& spec, const std::vector<std::string>& extras) {
  std::set<std::string> names(spec.scalars.begin(), spec.scalars.end());
  for (const JaggedGroup& group : spec.groups) names.insert(group.columns.begin(), group.columns.end());
  std::vector<std::string> expressions = extras;
  if (!spec.select.empty()) expressions.push_back(spec.select);
  for (const Define& define : spec.defines) expressions.push_back(define.expression);
  for (const std::string& expression : expressions) {
    MLAAS_TRY(const auto used, table::namesUsed(expression));
    names.insert(used.begin(), used.end());
  }
  for (const Define& define : spec.defines) names.erase(define.name);
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace mlaas::feature
