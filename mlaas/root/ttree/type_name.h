// A C++ type's name as streamer info spells it, taken apart: "map<string,vector<double> >".
// "std::" and spaces that mean nothing are left out, so that two spellings of a type have one text.
// Errors:  nothing where brackets do not match, or the name is too long or nested too deep.
// Threads: pure functions and values.
// Source:  docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlaas::root {

struct TypeName {
  std::string name;  // before the arguments: "map", "unsigned int", "ROOT::Math::PxPyPzE4D"
  std::vector<TypeName> arguments;
  int pointers = 0;  // stars behind the name

  // "map<string,vector<double>>"
  std::string text() const;
};

// Takes a name apart.
std::optional<TypeName> parseTypeName(std::string_view text);

}  // namespace mlaas::root
