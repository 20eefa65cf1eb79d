// Turns SIGINT and SIGTERM into a stop request; a second signal ends the process at once.
// The signals are blocked in all threads and taken by one that waits for them, so that what a stop request sets off
// runs as ordinary code. SIGPIPE is ignored: writes to a closed pipe fail with EPIPE instead.
// Threads: one object for the process, made before any other thread, so that all inherit the mask.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace mlaas::command {

class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  // The first signal that came, 0 before any.
  int received() const { return received_.load(); }

 private:
  void wait();
  std::stop_source stop_;
  std::atomic<int> received_ = 0;
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

}  // namespace mlaas::command
