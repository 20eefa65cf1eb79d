// Writes what a training tells of its epochs to a file, one JSON object a line, while it runs; and passes it on.
// Lines are appended and are there at once; an epoch that a resumed training does again stands twice, the last counts.
// Errors:  kIo from open(); a line that cannot be written later is a warning, once.
// Threads: one.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

class ProgressLog final : public TrainingProgress {
 public:
  // Appends to `path`, whose folder is made where it is missing. `next` may be null and outlives the log.
  static Result<std::unique_ptr<ProgressLog>> open(const std::string& path, TrainingProgress* next);
  ~ProgressLog() override;
  ProgressLog(const ProgressLog&) = delete;
  ProgressLog& operator=(const ProgressLog&) = delete;

  void batch(int64_t epoch, int64_t events, int64_t total) override;
  void epoch(const TrainingHistory& history, double eventsPerSecond) override;

 private:
  ProgressLog(int descriptor, std::string path, TrainingProgress* next)
      : descriptor_(descriptor), path_(std::move(path)), next_(next) {}

  int descriptor_;
  std::string path_;
  TrainingProgress* next_;
  bool failed_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The line of the last epoch of `history`, without its end.
nlohmann::ordered_json progressJson(const TrainingHistory& history, double eventsPerSecond, double seconds);

}  // namespace mlaas::train
