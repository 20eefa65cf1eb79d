#include "mlaas/dataset/damage.h"

#include <utility>

namespace mlaas::dataset {

namespace {

constexpr size_t kMostMessages = 20;

bool isDamage(ErrorCode code) {
  return code == ErrorCode::kCorrupt || code == ErrorCode::kIo || code == ErrorCode::kNotFound ||
         code == ErrorCode::kTimeout;
}

}  // namespace

Result<void> DamageLog::skip(size_t unit, int64_t unitEntries, Error error) {
  if (policy_.mostSkipped <= 0 || !isDamage(error.code())) return error;
  const std::lock_guard lock(mutex_);
  if (!units_.insert(unit).second) return {};
  report_.numEntries += unitEntries;
  if (report_.messages.size() < kMostMessages) report_.messages.push_back(error.what());
  if (static_cast<double>(report_.numEntries) <= policy_.mostSkipped * static_cast<double>(numEntries_)) return {};
  return Error(error.code(), std::string(error.what()) + "; with it " + std::to_string(report_.numEntries) + " of " +
                                 std::to_string(numEntries_) +
                                 " entries could not be read, more than dataset.damaged allows");
}

DamageReport DamageLog::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

}  // namespace mlaas::dataset
