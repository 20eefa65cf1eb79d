#include "mlaas/feature/column_patterns.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "mlaas/base/nearest_name.h"

namespace mlaas::feature {

namespace {

bool isPattern(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

// Goes back to the last * only, so that the time is at most the product of the lengths.
bool matches(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t starName = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      starName = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++starName;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

Result<std::vector<std::string>> expandColumnNames(const std::vector<std::string>& patterns,
                                                   const std::vector<std::string>& available,
                                                   const std::vector<std::string>& excluded) {
  std::set<std::string_view> named;
  for (const std::string& pattern : patterns) {
    if (!isPattern(pattern) && !named.insert(pattern).second) {
      return Error(ErrorCode::kInvalidArgument, "'" + pattern + "' is listed twice");
    }
  }
  const std::set<std::string_view> out(excluded.begin(), excluded.end());
  std::vector<std::string> names;
  for (const std::string& pattern : patterns) {
    if (!isPattern(pattern)) {
      names.push_back(pattern);
      continue;
    }
    bool found = false;
    for (const std::string& name : available) {
      if (out.contains(name) || !matches(pattern, name)) continue;
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
