// A progress bar on standard error for long work; silent where standard error is no terminal.
// It appears after a second of work and is redrawn a few times a second. Threads: advance() from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace mlaas::command {

class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;
  // `total` units of work, named as in "reading 12000/34000 entries"; `shown` false keeps it silent.
  ProgressBar(std::string what, std::string unit, int64_t total, bool shown);
  // Removes the bar from the terminal.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void advance(int64_t units);

 private:
  void draw(Clock::time_point now);  // under mutex_

  const std::string what_;
  const std::string unit_;
  const int64_t total_;
  const bool shown_;
  const Clock::time_point start_;
  std::mutex mutex_;
  int64_t done_ = 0;             // under mutex_
  Clock::time_point lastDrawn_;  // under mutex_
  bool drawn_ = false;           // under mutex_
};

// The line of a bar, without the terminal's control characters.
std::string progressLine(const std::string& what, const std::string& unit, int64_t done, int64_t total, double seconds);

}  // namespace mlaas::command
