// What happens when entries cannot be read in the middle of the work: a file that is damaged, or gone.
// Threads: any.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::dataset {

struct DamagePolicy {
  // Fraction of all entries that may be left out; 0: the first failure ends the work.
  double mostSkipped = 0;
};

// What was left out so far.
struct DamageReport {
  int64_t numEntries = 0;             // each counted once, however many epochs met them
  std::vector<std::string> messages;  // of the first failures
};

class DamageLog {
 public:
  DamageLog(DamagePolicy policy, int64_t numEntries) : policy_(policy), numEntries_(numEntries) {}

  // Notes that the `unitEntries` entries of `unit` failed by `error` and are left out; the error to end with where the
  // policy forbids it, or the failure is none of a file.
  Result<void> skip(size_t unit, int64_t unitEntries, Error error);

  DamageReport report() const;

 private:
  const DamagePolicy policy_;
  const int64_t numEntries_;  // of the dataset
  mutable std::mutex mutex_;
  std::set<size_t> units_;  // under mutex_
  DamageReport report_;     // under mutex_
};

}  // namespace mlaas::dataset
