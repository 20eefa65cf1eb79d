#include "mlaas/base/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace mlaas {

namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Levenshtein distance in half units: another letter costs 2, another case 1.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = 2 * j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = 2 * (i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replace = diagonal + (a[i] == b[j] ? 0 : lower(a[i]) == lower(b[j]) ? 1 : 2);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replace, diagonal + 2, row[j] + 2});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> nearestNames(std::string_view name, std::span<const std::string> candidates, size_t count) {
  // Longer names than any real one would make the distance a way to spend time.
  if (name.size() > 200) return {};
  std::vector<std::pair<size_t, size_t>> ranked;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].size() > 200) continue;
    const size_t distance = editDistance(name, candidates[i]);
    const size_t longest = std::max(name.size(), candidates[i].size());
    if (distance <= std::max<size_t>(2, (2 * longest) / 3)) ranked.emplace_back(distance, i);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (const auto& [distance, index] : ranked) {
    if (names.size() == count) break;
    names.push_back(candidates[index]);
  }
  return names;
}

std::string suggestNames(std::string_view name, std::span<const std::string> candidates) {
  if (candidates.empty()) return {};
  const auto near = nearestNames(name, candidates);
  if (!near.empty()) {
    std::string text = "; did you mean '" + near.front() + "'";
    for (size_t i = 1; i < near.size(); ++i) text += (i + 1 == near.size() ? " or '" : ", '") + near[i] + "'";
    return text + "?";
  }
  constexpr size_t kShown = 12;
  std::string text = "; there are: ";
  for (size_t i = 0; i < std::min(kShown, candidates.size()); ++i) text += (i > 0 ? ", " : "") + candidates[i];
  if (candidates.size() > kShown) text += ", and " + std::to_string(candidates.size() - kShown) + " more";
  return text;
}

}  // namespace mlaas
