// Counts requests and inferences for Prometheus.
// Threads: any; counting takes no lock but that of one histogram for an instant.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mlaas::serve {

class Metrics {
 public:
  // Series exist from the start for every model, so that a counter is never missing.
  explicit Metrics(const std::vector<std::string>& models);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Names the routes; before the first request is counted.
  void addRoutes(const std::vector<std::string>& routes);

  // One answered request: `route` indexes the routes given to addRoutes.
  void countRequest(size_t route, int status, std::chrono::nanoseconds duration);
  // One run of model number `model` on `rows` rows.
  void countInference(size_t model, int64_t rows, bool ok, std::chrono::nanoseconds duration);

  // Prometheus' text format 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
