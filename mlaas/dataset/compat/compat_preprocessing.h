// MLaaS4HEP's preproc.json: new branches, cuts on flat and jagged branches, branches to leave out afterwards.
// Cuts become one selection: `cut` of a flat branch as it stands, ["x > 3", "any"] of a jagged one as any(x > 3).
// Errors:  kInvalidArgument with file, line and column: unknown keys, expressions that do not parse, branches that are
//          defined by each other.
// Threads: any.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"

namespace mlaas::dataset {

struct CompatCut {
  std::string expression;
  std::string where;  // "preproc.json:3:20: flat_cut.met.cut", for messages
};

struct CompatPreprocessing {
  std::vector<feature::Define> defines;      // each after those that it uses
  std::map<std::string, bool> isJagged;      // of the defines, as their `type` says
  std::map<std::string, std::string> where;  // of the defines, for messages
  std::vector<CompatCut> cuts;               // must all be true
  std::set<std::string> removed;             // branches that are no features
  std::vector<std::string> used;             // branches that are cut on or removed
};

// `text` of the file `source`; an empty text asks for nothing.
Result<CompatPreprocessing> parseCompatPreprocessing(const std::string& text, const std::string& source);

}  // namespace mlaas::dataset
