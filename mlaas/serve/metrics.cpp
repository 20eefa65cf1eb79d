#include "mlaas/serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>

namespace mlaas::serve {

namespace {

constexpr int kFirstStatus = 100;
constexpr int kNumStatuses = 500;

// Seconds: from one small network run to what a client gives up on.
const prometheus::Histogram::BucketBoundaries kBuckets = {
    25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5};

struct RouteSeries {
  std::string route;
  std::array<std::atomic<prometheus::Counter*>, kNumStatuses> byStatus{};  // made when first needed
  prometheus::Histogram* duration = nullptr;
};

struct ModelSeries {
  prometheus::Counter* success = nullptr;
  prometheus::Counter* failure = nullptr;
  prometheus::Counter* rows = nullptr;
  prometheus::Histogram* duration = nullptr;
};

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

struct Metrics::State {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Family<prometheus::Counter>* requests = nullptr;
  prometheus::Family<prometheus::Histogram>* durations = nullptr;
  std::vector<std::unique_ptr<RouteSeries>> routes;
  std::vector<ModelSeries> models;
};

Metrics::Metrics(const std::vector<std::string>& models) : state_(std::make_unique<State>()) {
  auto& registry = *state_->registry;
  prometheus::BuildGauge()
      .Name("mlaas_build_info")
      .Help("1, with the version of the server as label")
      .Register(registry)
      .Add({{"version", MLAAS_VERSION}})
      .Set(1);
  state_->requests = &prometheus::BuildCounter()
                          .Name("mlaas_http_requests_total")
                          .Help("Requests answered, by route and status code")
                          .Register(registry);
  state_->durations = &prometheus::BuildHistogram()
                           .Name("mlaas_http_request_duration_seconds")
                           .Help("Time from a complete request to its answer, by route")
                           .Register(registry);
  auto& runs =
      prometheus::BuildCounter().Name("mlaas_inference_total").Help("Runs of a model, by outcome").Register(registry);
  auto& rows =
      prometheus::BuildCounter().Name("mlaas_inference_rows_total").Help("Rows scored by a model").Register(registry);
  auto& times = prometheus::BuildHistogram()
                    .Name("mlaas_inference_duration_seconds")
                    .Help("Time that a model took for one run")
                    .Register(registry);
  for (const auto& name : models) {
    state_->models.push_back({&runs.Add({{"model", name}, {"outcome", "success"}}),
                              &runs.Add({{"model", name}, {"outcome", "failure"}}), &rows.Add({{"model", name}}),
                              &times.Add({{"model", name}}, kBuckets)});
  }
}

Metrics::~Metrics() = default;

void Metrics::addRoutes(const std::vector<std::string>& routes) {
  for (const auto& route : routes) {
    auto series = std::make_unique<RouteSeries>();
    series->route = route;
    series->duration = &state_->durations->Add({{"route", route}}, kBuckets);
    state_->routes.push_back(std::move(series));
  }
}

void Metrics::countRequest(size_t route, int status, std::chrono::nanoseconds duration) {
  RouteSeries& series = *state_->routes.at(route);
  auto& slot = series.byStatus.at(static_cast<size_t>(status - kFirstStatus));
  prometheus::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Add gives the same counter for the same labels: two threads that come here together store one pointer.
    counter = &state_->requests->Add({{"route", series.route}, {"code", std::to_string(status)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Increment();
  series.duration->Observe(seconds(duration));
}

void Metrics::countInference(size_t model, int64_t rows, bool ok, std::chrono::nanoseconds duration) {
  ModelSeries& series = state_->models.at(model);
  (ok ? series.success : series.failure)->Increment();
  if (ok) series.rows->Increment(static_cast<double>(rows));
  series.duration->Observe(seconds(duration));
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(state_->registry->Collect()); }

}  // namespace mlaas::serve
