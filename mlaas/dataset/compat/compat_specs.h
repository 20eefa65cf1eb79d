// What MLaaS4HEP calls specs: which branches are flat and which jagged, the longest list of each, the range of values.
// Errors:  those of reading; kInvalidArgument with the place for a specs file that is not one.
// Threads: values.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/column_statistics.h"

namespace mlaas::dataset {

struct CompatSpecs {
  std::vector<std::string> flatKeys;                        // sorted
  std::vector<std::string> jaggedKeys;                      // sorted; those without any element are left out
  std::map<std::string, int64_t> dimensions;                // of the jagged ones: elements of the longest list
  std::map<std::string, std::pair<double, double>> ranges;  // of the finite values
  std::map<std::string, int64_t> numNotFinite;              // NaN and infinite values, where there are any
  int64_t numEvents = 0;

  // As MLaaS4HEP writes it: jdim, minv, maxv, fkeys, jkeys, nans.
  nlohmann::ordered_json toJson() const;
};

// From one pass over flat and jagged columns of numbers.
CompatSpecs makeCompatSpecs(const std::vector<ColumnStatistics>& columns, int64_t numEvents);

// From the text of a specs file: its keys and dimensions.
Result<CompatSpecs> parseCompatSpecs(const std::string& text, const std::string& source);

}  // namespace mlaas::dataset
