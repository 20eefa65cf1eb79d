#include "mlaas/feature/column_choice.h"

#include <algorithm>

#include "mlaas/base/name_pattern.h"
#include "mlaas/base/nearest_name.h"

namespace mlaas::feature {

std::optional<size_t> chooseFor(std::string_view column, std::span<const std::string> patterns) {
  const auto own = std::find(patterns.begin(), patterns.end(), column);
  const auto found = own != patterns.end() ? own : std::find_if(patterns.begin(), patterns.end(), [&](const auto& one) {
    return matchesNamePattern(one, column);
  });
  if (found == patterns.end()) return std::nullopt;
  return static_cast<size_t>(found - patterns.begin());
}

Result<void> checkMatches(const std::string& pattern, std::span<const std::string> columns) {
  const auto matches = [&](const std::string& column) { return matchesNamePattern(pattern, column); };
  if (std::any_of(columns.begin(), columns.end(), matches)) return {};
  const std::string what = isNamePattern(pattern) ? "no feature matches '" : "there is no feature '";
  return Error(ErrorCode::kNotFound, what + pattern + "'" + suggestNames(pattern, columns));
}

}  // namespace mlaas::feature
