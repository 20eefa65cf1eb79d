// Wildcards in names: * stands for any characters (also none, also '.' and '/'), ? for any one character.
#pragma once

#include <string_view>

namespace mlaas {

// Whether `name` has a wildcard.
bool isNamePattern(std::string_view name);

// Whether `name` matches all of `pattern`.
bool matchesNamePattern(std::string_view pattern, std::string_view name);

}  // namespace mlaas
