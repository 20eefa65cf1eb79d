// Shows a training on standard error: a bar within an epoch on a terminal, a line after each epoch.
// Threads: those of TrainingProgress.
#pragma once

#include <memory>
#include <string>

#include "apps/mlaas/progress.h"
#include "mlaas/train/trainer.h"

namespace mlaas::command {

class EpochProgress final : public train::TrainingProgress {
 public:
  explicit EpochProgress(bool quiet) : quiet_(quiet) {}
  void batch(int64_t epoch, int64_t events, int64_t total) override;
  void epoch(const train::TrainingHistory& history, double eventsPerSecond) override;

 private:
  const bool quiet_;
  std::unique_ptr<ProgressBar> bar_;
  int64_t shownEpoch_ = 0;
  int64_t shownEvents_ = 0;
};

// "epoch 3: binary cross entropy 0.4321, validation 0.4412, AUC 0.8411, 512,345 events/s".
std::string epochLine(const train::TrainingHistory& history, double eventsPerSecond);

}  // namespace mlaas::command
