// Names that ROOT, RDataFrame, C++, numpy and awkward use for our functions and for constants, where they mean the same.
// A name that means something else there is refused with what to write instead.
// Table: docs/expressions.md, "Other notations".
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace mlaas::table::expression {

// What a call by a name of another notation means.
struct Meaning {
  std::string_view function = {};  // ours; empty where it is refused
  std::string_view refusal = {};   // why, and what to write
  size_t leastArguments = 0;       // both 0: as our function
  size_t mostArguments = 0;
  bool emptyIsZero = false;      // of an empty list it gives 0
  bool needsAxis = false;        // without an axis it is over all entries
  bool axisIsOne = false;        // the axis where none is given
  bool refusesPosition = false;  // with one position instead of a list it means something else
};

// Nothing where the name belongs to no other notation.
std::optional<Meaning> meaningOf(std::string_view name);

// "np.pi", "M_PI", "TMath::Pi" (which is called): the number.
std::optional<double> constantNamed(std::string_view name);

// What a name that is no column means in TTree::Draw and what to write, or nothing.
std::string_view refusalOfName(std::string_view name);

}  // namespace mlaas::table::expression
