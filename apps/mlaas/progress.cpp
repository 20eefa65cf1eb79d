#include "apps/mlaas/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mlaas::command {

namespace {

constexpr std::chrono::milliseconds kSilentStart{1000};
constexpr std::chrono::milliseconds kRedraw{200};
constexpr int64_t kBarWidth = 24;

}  // namespace

std::string progressLine(const std::string& what, const std::string& unit, int64_t done, int64_t total,
                         double seconds) {
  double share = total > 0 ? std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0) : 1.0;
  auto filled = static_cast<size_t>(share * kBarWidth);
  std::string bar(filled, '#');
  bar.resize(kBarWidth, '.');
  char numbers[96];
  double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::snprintf(numbers, sizeof numbers, "] %3.0f %%  %lld/%lld ", share * 100, static_cast<long long>(done),
                static_cast<long long>(total));
  std::string line = what + " [" + bar + numbers + unit;
  if (done > 0) {
    double left = rate > 0 ? static_cast<double>(std::max<int64_t>(total - done, 0)) / rate : 0;
    std::snprintf(numbers, sizeof numbers, "  %.3g %s/s  %.0f s left", rate, unit.c_str(), left);
    line += numbers;
  }
  return line;
}

ProgressBar::ProgressBar(std::string what, std::string unit, int64_t total, bool shown)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      shown_(shown && isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      lastDrawn_(start_) {}

ProgressBar::~ProgressBar() {
  std::lock_guard lock(mutex_);
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::advance(int64_t units) {
  std::lock_guard lock(mutex_);
  done_ += units;
  auto now = Clock::now();
  if (!shown_ || now - start_ < kSilentStart || now - lastDrawn_ < kRedraw) return;
  draw(now);
}

void ProgressBar::draw(Clock::time_point now) {
  lastDrawn_ = now;
  drawn_ = true;
  double seconds = std::chrono::duration<double>(now - start_).count();
  std::fprintf(stderr, "\r%s\033[K", progressLine(what_, unit_, done_, total_, seconds).c_str());
  std::fflush(stderr);
}

}  // namespace mlaas::command
