#include "mlaas/serve/inference.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "mlaas/serve/inference_batch.h"

namespace mlaas::serve {

namespace {

using Clock = std::chrono::steady_clock;

// A new measurement's share in the mean time of a row.
constexpr double kNewShare = 0.2;

// What a model's runs take, learned from those that were done.
class RunCost {
 public:
  std::chrono::nanoseconds estimate(int64_t rows) const {
    return std::chrono::nanoseconds(
        static_cast<int64_t>(perRow_.load(std::memory_order_relaxed) * static_cast<double>(rows)));
  }
  bool known() const { return perRow_.load(std::memory_order_relaxed) > 0; }
  void learn(int64_t rows, std::chrono::nanoseconds took) {
    const double now = static_cast<double>(took.count()) / static_cast<double>(std::max<int64_t>(rows, 1));
    const double before = perRow_.load(std::memory_order_relaxed);
    perRow_.store(before > 0 ? before + kNewShare * (now - before) : now, std::memory_order_relaxed);
  }

 private:
  std::atomic<double> perRow_{0};  // nanoseconds; races lose a measurement, no more
};

int64_t sumRows(const std::vector<WaitingRequest>& requests) {
  int64_t rows = 0;
  for (const auto& one : requests) rows += one.rows;
  return rows;
}

}  // namespace

// What waits for one version of a model, for as long as the model is served. All but `model` and `cost` under the
// state's mutex.
struct ModelQueue {
  explicit ModelQueue(const ModelPointer& served) : model(served) {}
  const std::weak_ptr<const ServedModel> model;
  std::deque<WaitingRequest> waiting;  // by priority, then by arrival
  int64_t rows = 0;
  bool listed = false;  // in State::turns
  RunCost cost;
};

struct Inference::State {
  struct Worker {
    std::vector<std::pair<std::shared_ptr<ModelQueue>, std::vector<WaitingRequest>>> batches;  // by model
  };

  State(size_t numWorkers, std::chrono::nanoseconds longest) : longestTurn(longest), workers(numWorkers) {}

  const std::chrono::nanoseconds longestTurn;
  std::vector<Worker> workers;
  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<const ServedModel*, std::shared_ptr<ModelQueue>> queues;  // under mutex
  std::deque<std::shared_ptr<ModelQueue>> turns;                               // under mutex: queues that have work
  bool stopping = false;                                                       // under mutex
  std::vector<std::thread> threads;

  std::shared_ptr<ModelQueue> queueOf(const ModelPointer& model) {
    std::lock_guard lock(mutex);
    auto& queue = queues[model.get()];
    if (queue && queue->model.lock() == model) return queue;
    auto made = queue = std::make_shared<ModelQueue>(model);
    std::erase_if(queues, [](const auto& entry) { return entry.second->model.expired(); });
    return made;
  }

  void push(const std::shared_ptr<ModelQueue>& queue, std::vector<WaitingRequest> requests);
  void serveQueues(size_t thread);
  // The next batch that a free engine can run; waits for one. Empty when stopping.
  struct Batch {
    std::shared_ptr<ModelQueue> queue;
    ModelPointer model;  // outlives its lease
    ServedModel::EngineLease lease;
    std::vector<WaitingRequest> requests;
    std::vector<WaitingRequest> late;
  };
  Batch nextBatch(size_t preferred);
  // Takes what fits into one run off the queue.
  static void take(ModelQueue& queue, Batch& batch);
  void cancelAll();
  static void runOn(infer::TensorEngine& engine, ModelQueue& queue, std::vector<WaitingRequest> requests) {
    const int64_t rows = sumRows(requests);
    const int64_t maxRows = requests.front().request.model->batching().maxRows;
    const auto start = Clock::now();
    runBatch(engine, std::move(requests), maxRows);
    queue.cost.learn(rows, Clock::now() - start);
  }
};

void Inference::State::push(const std::shared_ptr<ModelQueue>& queue, std::vector<WaitingRequest> requests) {
  const ModelPointer model = requests.front().request.model;
  const auto& limits = model->batching();
  std::vector<WaitingRequest> refused;
  {
    std::lock_guard lock(mutex);
    for (auto& one : requests) {
      const bool full = static_cast<int64_t>(queue->waiting.size()) >= limits.maxWaitingRequests ||
                        (queue->rows > 0 && queue->rows + one.rows > limits.maxWaitingRows);
      if (full || stopping) {
        refused.push_back(std::move(one));
        continue;
      }
      queue->rows += one.rows;
      auto before = queue->waiting.end();
      while (before != queue->waiting.begin() && std::prev(before)->request.priority > one.request.priority) --before;
      queue->waiting.insert(before, std::move(one));
    }
    if (!queue->listed && !queue->waiting.empty()) {
      queue->listed = true;
      turns.push_back(queue);
    }
  }
  changed.notify_one();
  for (const auto& one : refused) {
    one.fail(Error(ErrorCode::kOverloaded,
                   "the queue of model '" + model->name() + "' is full; send the request again later"));
  }
}

void Inference::State::take(ModelQueue& queue, Batch& batch) {
  const auto now = Clock::now();
  const int64_t maxRows = queue.waiting.front().request.model->batching().maxRows;
  int64_t rows = 0;
  while (!queue.waiting.empty()) {
    auto& next = queue.waiting.front();
    const bool late = next.expired(now);
    if (!late && rows > 0 && rows + next.rows > maxRows) break;
    queue.rows -= next.rows;
    if (!late) rows += next.rows;
    (late ? batch.late : batch.requests).push_back(std::move(next));
    queue.waiting.pop_front();
  }
}

Inference::State::Batch Inference::State::nextBatch(size_t preferred) {
  std::unique_lock lock(mutex);
  for (;;) {
    auto wake = Clock::time_point::max();
    const auto now = Clock::now();
    for (size_t i = 0; i < turns.size() && !stopping; ++i) {
      auto queue = std::move(turns.front());
      turns.pop_front();
      const ModelPointer model = queue->waiting.front().request.model;
      const auto& limits = model->batching();
      const auto ready = queue->waiting.front().arrival + limits.maxDelay;
      Batch batch;
      if (limits.maxDelay.count() > 0 && queue->rows < limits.maxRows && ready > now) {
        wake = std::min(wake, ready);
      } else if (batch.lease = model->tryAcquire(preferred); batch.lease) {
        batch.queue = queue;
        batch.model = model;
        take(*queue, batch);
        queue->listed = !queue->waiting.empty();
        if (queue->listed) turns.push_back(std::move(queue));
        return batch;
      } else {
        // All its engines are busy, some of them with serving threads that tell nobody when they end.
        wake = std::min(wake, now + std::chrono::microseconds(100));
      }
      turns.push_back(std::move(queue));
    }
    if (stopping) return {};
    if (wake == Clock::time_point::max()) {
      changed.wait(lock);
    } else {
      changed.wait_until(lock, wake);
    }
  }
}

void Inference::State::serveQueues(size_t thread) {
  for (;;) {
    Batch batch = nextBatch(thread);
    if (!batch.queue) return;
    for (const auto& one : batch.late) {
      one.fail(Error(ErrorCode::kTimeout,
                     "the request waited for model '" + one.request.model->name() + "' until its time was over"));
    }
    if (!batch.requests.empty()) runOn(*batch.lease, *batch.queue, std::move(batch.requests));
    batch.lease = {};
    batch.model.reset();
    changed.notify_one();
  }
}

void Inference::State::cancelAll() {
  for (const auto& queue : turns) {
    for (const auto& one : queue->waiting) one.fail(Error(ErrorCode::kCancelled, "the server stops"));
  }
  turns.clear();
}

Inference::Inference(size_t workers, size_t threads, std::chrono::nanoseconds longestTurn)
    : state_(std::make_unique<State>(workers, longestTurn)) {
  for (size_t i = 0; i < std::max<size_t>(1, threads); ++i) {
    state_->threads.emplace_back([state = state_.get(), i] { state->serveQueues(i); });
  }
}

Inference::~Inference() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  for (auto& thread : state_->threads) thread.join();
  state_->cancelAll();
}

namespace {

// Checks the request; where it is wrong, completes it and gives nothing.
std::optional<WaitingRequest> admit(InferenceRequest request, Completion completion) {
  WaitingRequest waiting{std::move(request), std::move(completion), 1, Clock::now(), {}};
  waiting.request.model->metrics().addPending(1);
  const auto timeout = waiting.request.model->batching().timeout;
  if (!waiting.request.deadline && timeout.count() > 0) waiting.request.deadline = waiting.arrival + timeout;
  auto checked = checkRequest(waiting.request, waiting.rows, waiting.outputs);
  if (checked.ok()) return waiting;
  waiting.fail(std::move(checked).error());
  return std::nullopt;
}

}  // namespace

void Inference::submit(size_t worker, InferenceRequest request, Completion completion) {
  auto waiting = admit(std::move(request), std::move(completion));
  if (!waiting) return;
  auto& batches = state_->workers.at(worker).batches;
  auto found = std::find_if(batches.begin(), batches.end(), [&](const auto& batch) {
    return batch.second.front().request.model == waiting->request.model;
  });
  if (found == batches.end()) {
    found = batches.insert(batches.end(), {state_->queueOf(waiting->request.model), {}});
  }
  found->second.push_back(*std::move(waiting));
}

void Inference::enqueue(InferenceRequest request, Completion completion) {
  auto waiting = admit(std::move(request), std::move(completion));
  if (!waiting) return;
  const auto queue = state_->queueOf(waiting->request.model);
  std::vector<WaitingRequest> one;
  one.push_back(*std::move(waiting));
  state_->push(queue, std::move(one));
}

void Inference::flush(size_t worker) {
  auto& kept = state_->workers.at(worker).batches;
  if (kept.empty()) return;
  auto batches = std::exchange(kept, {});
  for (auto& [queue, requests] : batches) {
    const ModelPointer model = requests.front().request.model;
    const bool quick = model->batching().maxDelay.count() == 0 && queue->cost.known() &&
                       queue->cost.estimate(sumRows(requests)) <= state_->longestTurn;
    auto lease = quick ? model->tryAcquire(worker) : ServedModel::EngineLease();
    if (lease) {
      State::runOn(*lease, *queue, std::move(requests));
    } else {
      state_->push(queue, std::move(requests));
    }
  }
}

}  // namespace mlaas::serve
