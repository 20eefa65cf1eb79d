#include "mlaas/feature/column_patterns.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "mlaas/base/name_pattern.h"
#include "mlaas/base/nearest_name.h"

namespace mlaas::feature {

Result<std::vector<std::string>> expandColumnNames(const std::vector<std::string>& patterns,
                                                   const std::vector<std::string>& available,
                                                   const std::vector<std::string>& excluded) {
  std::set<std::string_view> named;
  for (const std::string& pattern : patterns) {
    if (!isNamePattern(pattern) && !named.insert(pattern).second) {
      return Error(ErrorCode::kInvalidArgument, "'" + pattern + "' is listed twice");
    }
  }
  const std::set<std::string_view> out(excluded.begin(), excluded.end());
  std::vector<std::string> names;
  for (const std::string& pattern : patterns) {
    if (!isNamePattern(pattern)) {
      names.push_back(pattern);
      continue;
    }
    bool found = false;
    for (const std::string& name : available) {
      if (out.contains(name) || !matchesNamePattern(pattern, name)) continue;
      found = true;
      if (named.insert(name).second) names.push_back(name);
    }
    if (!found) {
      return Error(ErrorCode::kNotFound, "no column matches '" + pattern + "'" + suggestNames(pattern, available));
    }
  }
  return names;
}

}  // namespace mlaas::feature
