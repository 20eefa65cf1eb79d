#include "mlaas/base/memory_budget.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace mlaas {

MemoryBudget::Reservation::Reservation(Reservation&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryBudget::Reservation& MemoryBudget::Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void MemoryBudget::Reservation::release() {
  if (budget_ != nullptr) budget_->giveBack(bytes_);
  budget_ = nullptr;
  bytes_ = 0;
}

void MemoryBudget::Reservation::shrink(size_t bytes) {
  if (budget_ == nullptr || bytes >= bytes_) return;
  budget_->giveBack(bytes_ - bytes);
  bytes_ = bytes;
}

Result<MemoryBudget::Reservation> MemoryBudget::reserve(size_t bytes, std::string_view what) {
  if (bytes > limitBytes_) {
    return Error(ErrorCode::kInvalidArgument, std::string(what) + " needs " + formatByteSize(bytes) +
                                                  " but the memory budget is " + formatByteSize(limitBytes_) +
                                                  "; raise `memory` in the workflow's dataset or --memory");
  }
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return cancelled_ || bytes <= limitBytes_ - usedBytes_; });
  if (cancelled_) return Error(ErrorCode::kCancelled, std::string(what) + ": stopped while waiting for memory");
  usedBytes_ += bytes;
  peakBytes_ = std::max(peakBytes_, usedBytes_);
  return Reservation(this, bytes);
}

MemoryBudget::Reservation MemoryBudget::tryReserve(size_t bytes) {
  std::lock_guard lock(mutex_);
  if (cancelled_ || bytes > limitBytes_ - usedBytes_) return {};
  usedBytes_ += bytes;
  peakBytes_ = std::max(peakBytes_, usedBytes_);
  return {this, bytes};
}

void MemoryBudget::cancel() {
  {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  freed_.notify_all();
}

size_t MemoryBudget::usedBytes() const {
  std::lock_guard lock(mutex_);
  return usedBytes_;
}

size_t MemoryBudget::peakBytes() const {
  std::lock_guard lock(mutex_);
  return peakBytes_;
}

void MemoryBudget::giveBack(size_t bytes) {
  {
    std::lock_guard lock(mutex_);
    usedBytes_ -= bytes;
  }
  freed_.notify_all();
}

namespace {
struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array kUnits = {
    Unit{"", 1},      Unit{"B", 1},      Unit{"KB", 1e3},      Unit{"MB", 1e6},         Unit{"GB", 1e9},
    Unit{"TB", 1e12}, Unit{"KiB", 1024}, Unit{"MiB", 1048576}, Unit{"GiB", 1073741824}, Unit{"TiB", 1099511627776}};
}  // namespace

Result<size_t> parseByteSize(std::string_view text) {
  double number = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto* known = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit; });
  const double bytes = status == std::errc() && known != kUnits.end() ? number * known->bytes : -1;
  if (!(bytes >= 1) || bytes > 9e18) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + std::string(text) + "' is not a size in bytes; write it as 512 MiB, 2 GB or 100000");
  }
  return static_cast<size_t>(bytes);
}

std::string formatByteSize(size_t bytes) {
  static constexpr std::array kNames = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kNames.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kNames[unit]);
  return text.data();
}

}  // namespace mlaas
