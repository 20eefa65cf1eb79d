// Counts requests and inferences for Prometheus and for the statistics of Triton's clients.
// Threads: any; counting takes no lock but that of one histogram for an instant.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlaas::serve {

// Where the time of one request for a model went.
struct StageTimes {
  std::chrono::nanoseconds total{0};
  std::chrono::nanoseconds queue{0};
  std::chrono::nanoseconds input{0};  // gathering its batch
  std::chrono::nanoseconds infer{0};
  std::chrono::nanoseconds output{0};  // handing out its batch's rows
};

// The series of one version of a model. They go on when the model is loaded anew.
class ModelMetrics {
 public:
  virtual ~ModelMetrics() = default;
  // One answered request.
  virtual void countSuccess(int64_t rows, const StageTimes& times) = 0;
  virtual void countFailure(std::chrono::nanoseconds total) = 0;
  // One run of the model on `rows` rows.
  virtual void countRun(int64_t rows, std::chrono::nanoseconds infer) = 0;
  // Requests that wait or run now, more or fewer.
  virtual void addPending(int64_t change) = 0;

  struct Totals {
    uint64_t successes = 0;
    uint64_t failures = 0;
    uint64_t rows = 0;  // of successful requests
    uint64_t runs = 0;
    StageTimes times;  // sums over successful requests
    std::chrono::nanoseconds failed{0};
    std::chrono::system_clock::time_point last{};  // the epoch where there was no request yet
  };
  virtual Totals totals() const = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Names the routes; before the first request is counted.
  void addRoutes(const std::vector<std::string>& routes);
  // The series of a model; the same for the same name and version. They exist from then on, so that no counter is
  // missing.
  std::shared_ptr<ModelMetrics> model(const std::string& name, const std::string& version);

  // One answered request: `route` indexes the routes given to addRoutes.
  void countRequest(size_t route, int status, std::chrono::nanoseconds duration);

  // Where the time of one answered request went outside the models: from its first byte to the whole request, in the
  // handler's call (reading and checking the body), and in writing the answer.
  void countTransfer(std::chrono::nanoseconds read, std::chrono::nanoseconds parse, std::chrono::nanoseconds write);

  // Prometheus' text format 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
