#include "mlaas/train/metrics/event_metric.h"

#include <functional>
#include <map>

#include "mlaas/base/nearest_name.h"
#include "mlaas/train/metrics/trackml_score.h"

namespace mlaas::train {

namespace {

using Maker = std::function<std::unique_ptr<EventMetric>()>;

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> kMakers = {{"trackml", [] { return std::make_unique<TrackmlScore>(); }}};
  return kMakers;
}

}  // namespace

std::vector<std::string> eventMetricNames() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : makers()) names.push_back(name);
  return names;
}

Result<std::unique_ptr<EventMetric>> makeEventMetric(const std::string& name) {
  const auto found = makers().find(name);
  if (found != makers().end()) return found->second();
  return Error(ErrorCode::kInvalidArgument,
               "unknown event metric '" + name + "'" + suggestNames(name, eventMetricNames()));
}

}  // namespace mlaas::train
