// A fixed number of threads that run tasks in the order of their submission.
// Threads: submit from anywhere, also from a task; a task must not wait for another task of the same pool.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace mlaas {

class TaskPool {
 public:
  // `threads` of at least 1; 0 means as many as the machine has cores for this process.
  explicit TaskPool(size_t threads);
  // Runs what is already submitted, then joins.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  size_t numThreads() const { return threads_.size(); }

  // Runs `task` on a thread of the pool; the future has its value or its exception.
  template <class Task>
  auto submit(Task task) -> std::future<std::invoke_result_t<Task&>> {
    auto packaged = std::make_shared<std::packaged_task<std::invoke_result_t<Task&>()>>(std::move(task));
    auto future = packaged->get_future();
    enqueue([packaged] { (*packaged)(); });
    return future;
  }

 private:
  void enqueue(std::function<void()> task);
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;  // under mutex_
  bool stopping_ = false;                    // under mutex_
  std::vector<std::thread> threads_;
};

// Cores that this process may use (its affinity mask), at least 1.
size_t availableCores();

}  // namespace mlaas
