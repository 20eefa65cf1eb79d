// Metrics of whole events: an event is a list of elements (hits, tracks, jets) with what a model says about each and what
// is true. A new metric is one class and one line in event_metric.cpp.
// Threads: an EventMetric is used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::train {

// One value an element; lists that a metric does not use may be empty.
struct EventElements {
  std::span<const int64_t> truth;     // what it belongs to: particle, class
  std::span<const int64_t> assigned;  // what the model assigns it to: track, class
  std::span<const float> score;
  std::span<const float> weight;
};

class EventMetric {
 public:
  virtual ~EventMetric() = default;
  // The event's value; nothing where it has none, and then it does not count. kInvalidArgument where a list that the
  // metric needs is absent or lists differ in length.
  virtual Result<std::optional<double>> addEvent(const EventElements& event) = 0;
  // What all events say together: at least `events`, their number, and `mean`.
  virtual nlohmann::ordered_json result() const = 0;
};

// kInvalidArgument, with the nearest names, for an unknown one.
Result<std::unique_ptr<EventMetric>> makeEventMetric(const std::string& name);
std::vector<std::string> eventMetricNames();

}  // namespace mlaas::train
