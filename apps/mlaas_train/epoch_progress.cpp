#include "apps/mlaas_train/epoch_progress.h"

#include "mlaas/base/log.h"
#include "mlaas/train/report/html_text.h"

namespace mlaas::command {

namespace {
// Rounds of trees take milliseconds: not each has a line.
constexpr int64_t kRoundsPerLine = 25;
}  // namespace

void EpochProgress::batch(int64_t epoch, int64_t events, int64_t total) {
  if (epoch != shownEpoch_) {
    bar_ = std::make_unique<ProgressBar>("epoch " + std::to_string(epoch), "events", total, !quiet_);
    shownEpoch_ = epoch;
    shownEvents_ = 0;
  }
  bar_->advance(events - shownEvents_);
  shownEvents_ = events;
}

void EpochProgress::epoch(const train::TrainingHistory& history, double eventsPerSecond) {
  bar_.reset();
  shownEpoch_ = 0;
  if (history.unit == "round" && history.epochs.back().epoch % kRoundsPerLine != 0) return;
  log::info(epochLine(history, eventsPerSecond));
}

std::string epochLine(const train::TrainingHistory& history, double eventsPerSecond) {
  const auto& last = history.epochs.back();
  std::string line = history.unit + " " + std::to_string(last.epoch) + ": " + history.lossName + " " +
                     train::formatNumber(last.trainLoss);
  if (last.validationLoss) line += ", validation " + train::formatNumber(*last.validationLoss);
  if (last.validationAuc) line += ", AUC " + train::formatNumber(*last.validationAuc);
  line += ", " + train::formatCount(static_cast<int64_t>(eventsPerSecond)) + " events/s";
  if (history.bestEpoch != last.epoch) line += " (best: " + std::to_string(history.bestEpoch) + ")";
  return line;
}

}  // namespace mlaas::command
