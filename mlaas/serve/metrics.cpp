#include "mlaas/serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>

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

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

using CounterFamily = prometheus::Family<prometheus::Counter>;

// Families that have one series for each model; Triton's names beside our own, with its units.
struct ModelFamilies {
  explicit ModelFamilies(prometheus::Registry& registry)
      : runs(histogram(registry, "mlaas_inference_duration_seconds", "Time that a model took for one run")),
        waits(histogram(registry, "mlaas_queue_duration_seconds", "Time that a request waited for its model")),
        rows(counter(registry, "mlaas_inference_rows_total", "Rows scored by a model")),
        outcomes(counter(registry, "mlaas_inference_total", "Requests for a model, by outcome")),
        successes(counter(registry, "nv_inference_request_success", "Successful requests")),
        failures(counter(registry, "nv_inference_request_failure", "Failed requests")),
        count(counter(registry, "nv_inference_count", "Rows of successful requests")),
        executions(counter(registry, "nv_inference_exec_count", "Runs of the model; a run may serve several requests")),
        total(counter(registry, "nv_inference_request_duration_us", "Sum of the times of requests")),
        queue(counter(registry, "nv_inference_queue_duration_us", "Sum of the times that requests waited")),
        input(counter(registry, "nv_inference_compute_input_duration_us", "Sum of the times of gathering batches")),
        infer(counter(registry, "nv_inference_compute_infer_duration_us", "Sum of the times of running the model")),
        output(counter(registry, "nv_inference_compute_output_duration_us", "Sum of the times of handing out results")),
        pending(prometheus::BuildGauge()
                    .Name("nv_inference_pending_request_count")
                    .Help("Requests that wait or run")
                    .Register(registry)) {}

  static CounterFamily& counter(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  static prometheus::Family<prometheus::Histogram>& histogram(prometheus::Registry& registry, const std::string& name,
                                                              const std::string& help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  prometheus::Family<prometheus::Histogram>& runs;
  prometheus::Family<prometheus::Histogram>& waits;
  CounterFamily& rows;
  CounterFamily& outcomes;
  CounterFamily& successes;
  CounterFamily& failures;
  CounterFamily& count;
  CounterFamily& executions;
  CounterFamily& total;
  CounterFamily& queue;
  CounterFamily& input;
  CounterFamily& infer;
  CounterFamily& output;
  prometheus::Family<prometheus::Gauge>& pending;
};

double microseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// A sum of times.
class Duration {
 public:
  explicit Duration(prometheus::Counter& shown) : shown_(shown) {}
  void add(std::chrono::nanoseconds duration) {
    sum_.fetch_add(duration.count(), std::memory_order_relaxed);
    shown_.Increment(microseconds(duration));
  }
  std::chrono::nanoseconds sum() const { return std::chrono::nanoseconds(sum_.load(std::memory_order_relaxed)); }

 private:
  std::atomic<int64_t> sum_{0};
  prometheus::Counter& shown_;
};

class ModelSeries final : public ModelMetrics {
 public:
  ModelSeries(ModelFamilies& families, const prometheus::Labels& labels)
      : runs_(families.runs.Add(labels, kBuckets)),
        waits_(families.waits.Add(labels, kBuckets)),
        rowsTotal_(families.rows.Add(labels)),
        good_(families.outcomes.Add(with(labels, "success"))),
        bad_(families.outcomes.Add(with(labels, "failure"))),
        successes_(families.successes.Add(labels)),
        failures_(families.failures.Add(labels)),
        count_(families.count.Add(labels)),
        executions_(families.executions.Add(labels)),
        pending_(families.pending.Add(labels)),
        total_(families.total.Add(labels)),
        queue_(families.queue.Add(labels)),
        input_(families.input.Add(labels)),
        infer_(families.infer.Add(labels)),
        output_(families.output.Add(labels)) {}

  void countSuccess(int64_t rows, const StageTimes& times) override {
    good_.Increment();
    successes_.Increment();
    rowsTotal_.Increment(static_cast<double>(rows));
    count_.Increment(static_cast<double>(rows));
    waits_.Observe(seconds(times.queue));
    total_.add(times.total);
    queue_.add(times.queue);
    input_.add(times.input);
    infer_.add(times.infer);
    output_.add(times.output);
    noteTime();
  }

  void countFailure(std::chrono::nanoseconds total) override {
    bad_.Increment();
    failures_.Increment();
    failed_.fetch_add(total.count(), std::memory_order_relaxed);
    noteTime();
  }

  void countRun(int64_t /*rows*/, std::chrono::nanoseconds infer) override {
    executions_.Increment();
    runs_.Observe(seconds(infer));
  }

  void addPending(int64_t change) override { pending_.Increment(static_cast<double>(change)); }

  Totals totals() const override {
    const auto whole = [](const prometheus::Counter& counter) { return static_cast<uint64_t>(counter.Value()); };
    Totals totals;
    totals.successes = whole(successes_);
    totals.failures = whole(failures_);
    totals.rows = whole(count_);
    totals.runs = whole(executions_);
    totals.times = {total_.sum(), queue_.sum(), input_.sum(), infer_.sum(), output_.sum()};
    totals.failed = std::chrono::nanoseconds(failed_.load(std::memory_order_relaxed));
    totals.last = std::chrono::system_clock::time_point(
        std::chrono::system_clock::duration(last_.load(std::memory_order_relaxed)));
    return totals;
  }

 private:
  static prometheus::Labels with(prometheus::Labels labels, const std::string& outcome) {
    labels["outcome"] = outcome;
    return labels;
  }
  void noteTime() {
    last_.store(std::chrono::system_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  }

  prometheus::Histogram& runs_;
  prometheus::Histogram& waits_;
  prometheus::Counter& rowsTotal_;
  prometheus::Counter& good_;
  prometheus::Counter& bad_;
  prometheus::Counter& successes_;
  prometheus::Counter& failures_;
  prometheus::Counter& count_;
  prometheus::Counter& executions_;
  prometheus::Gauge& pending_;
  Duration total_;
  Duration queue_;
  Duration input_;
  Duration infer_;
  Duration output_;
  std::atomic<int64_t> failed_{0};  // nanoseconds
  std::atomic<int64_t> last_{0};    // of the system's clock
};

}  // namespace

struct Metrics::State {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  prometheus::Family<prometheus::Counter>* requests = nullptr;
  prometheus::Family<prometheus::Histogram>* durations = nullptr;
  prometheus::Histogram* read = nullptr;
  prometheus::Histogram* parse = nullptr;
  prometheus::Histogram* write = nullptr;
  std::vector<std::unique_ptr<RouteSeries>> routes;
  ModelFamilies families{*registry};
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<ModelSeries>>
      models;  // under mutex, by name and version
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
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
  auto& stages = prometheus::BuildHistogram()
                     .Name("mlaas_http_stage_duration_seconds")
                     .Help("Time of a request in reading its bytes, in parsing it and in writing its answer")
                     .Register(registry);
  state_->read = &stages.Add({{"stage", "read"}}, kBuckets);
  state_->parse = &stages.Add({{"stage", "parse"}}, kBuckets);
  state_->write = &stages.Add({{"stage", "write"}}, kBuckets);
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

void Metrics::countTransfer(std::chrono::nanoseconds read, std::chrono::nanoseconds parse,
                            std::chrono::nanoseconds write) {
  state_->read->Observe(seconds(read));
  state_->parse->Observe(seconds(parse));
  state_->write->Observe(seconds(write));
}

std::shared_ptr<ModelMetrics> Metrics::model(const std::string& name, const std::string& version) {
  std::lock_guard lock(state_->mutex);
  auto& series = state_->models[{name, version}];
  if (!series) {
    series = std::make_shared<ModelSeries>(state_->families, prometheus::Labels{{"model", name}, {"version", version}});
  }
  return series;
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(state_->registry->Collect()); }

}  // namespace mlaas::serve
