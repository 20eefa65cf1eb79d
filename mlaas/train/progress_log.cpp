#include "mlaas/train/progress_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "mlaas/base/log.h"

namespace mlaas::train {

Result<std::unique_ptr<ProgressLog>> ProgressLog::open(const std::string& path, TrainingProgress* next) {
  std::error_code failure;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failure);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    return Error(ErrorCode::kIo, path + " cannot be written: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<ProgressLog>(new ProgressLog(descriptor, path, next));
}

ProgressLog::~ProgressLog() { ::close(descriptor_); }

void ProgressLog::batch(int64_t epoch, int64_t events, int64_t total) {
  if (next_ != nullptr) next_->batch(epoch, events, total);
}

void ProgressLog::epoch(const TrainingHistory& history, double eventsPerSecond) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const std::string line = progressJson(history, eventsPerSecond, seconds).dump() + "\n";
  const bool written = ::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (!written && !failed_) {
    failed_ = true;
    log::warning(path_ + " cannot be written: " + std::generic_category().message(errno));
  }
  if (next_ != nullptr) next_->epoch(history, eventsPerSecond);
}

nlohmann::ordered_json progressJson(const TrainingHistory& history, double eventsPerSecond, double seconds) {
  const EpochRecord& last = history.epochs.back();
  nlohmann::ordered_json json = {
      {history.unit, last.epoch}, {"loss", history.lossName}, {"train_loss", last.trainLoss}};
  if (last.validationLoss) json["validation_loss"] = *last.validationLoss;
  if (last.validationAuc) json["validation_auc"] = *last.validationAuc;
  json["best"] = history.bestEpoch;
  json["events_per_second"] = eventsPerSecond;
  json["seconds"] = seconds;
  if (history.waitingSeconds > 0) {
    json["training_seconds"] = history.trainSeconds;
    json["waiting_seconds"] = history.waitingSeconds;
  }
  return json;
}

}  // namespace mlaas::train
