// Wildcards in lists of column names, as a workflow writes them: "mbb*".
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::feature {

// Replaces wildcards (* any characters, ? any one character) in a list of column names by the names of `available` in
// their order; a name without one stays, known or not. A wildcard takes no name of `excluded`, none that the list
// already has and none that it names itself elsewhere.
// kNotFound where a wildcard matches nothing, kInvalidArgument for a name that stands twice.
Result<std::vector<std::string>> expandColumnNames(const std::vector<std::string>& patterns,
                                                   const std::vector<std::string>& available,
                                                   const std::vector<std::string>& excluded);

}  // namespace mlaas::feature
