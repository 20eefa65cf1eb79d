// Which of several things a column gets, where a workflow writes names and patterns: {"Jet_*": 0, met: mean}.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::feature {

// The position in `patterns` that decides for `column`: its own name, else the first pattern that matches.
std::optional<size_t> chooseFor(std::string_view column, std::span<const std::string> patterns);

// kNotFound, with the nearest names, where `pattern` matches none of `columns`.
Result<void> checkMatches(const std::string& pattern, std::span<const std::string> columns);

}  // namespace mlaas::feature
