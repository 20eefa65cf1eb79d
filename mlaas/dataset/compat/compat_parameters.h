// MLaaS4HEP's params.json. Read as YAML, which JSON is: limits and messages are those of a workflow file.
// Errors:  kInvalidArgument with file, line and column.
// Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::dataset {

struct CompatParameters {
  std::string tree = "Events";  // its key is `branch`
  std::vector<std::string> identifier = {"run", "event", "luminosityBlock"};
  std::vector<std::string> selected;  // branches to take; none: all
  std::vector<std::string> excluded;
  std::string redirector = "root://cms-xrd-global.cern.ch";
  int64_t epochs = 10;
  int64_t batchSize = 256;
  int64_t chunkSize = 1000;
  std::vector<std::string> notes;  // on keys that have no equivalent
};

// `text` of the file `source`; an empty text gives the defaults.
Result<CompatParameters> parseCompatParameters(const std::string& text, const std::string& source);

}  // namespace mlaas::dataset
