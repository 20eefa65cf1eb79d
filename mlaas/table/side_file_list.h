// The files beside its own in which a TTree keeps baskets of its branches.
// Errors:  those of opening.
// Threads: any.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::table {

// URLs, each once; none for an RNTuple. `name` is the table's, with folders.
Result<std::vector<std::string>> listSideFiles(const std::string& url, const std::string& name);

}  // namespace mlaas::table
