// Offers the names nearest to a mistyped one, for error messages.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlaas {

// Up to `count` of `candidates` nearest to `name` by edit distance (case costs less than another letter), best first;
// names too far to be meant are left out.
std::vector<std::string> nearestNames(std::string_view name, std::span<const std::string> candidates, size_t count = 3);

// "; did you mean 'ht' or 'htt'?" or, with no near name, "; there are: a, b, c, ...". Empty without candidates.
std::string suggestNames(std::string_view name, std::span<const std::string> candidates);

}  // namespace mlaas
