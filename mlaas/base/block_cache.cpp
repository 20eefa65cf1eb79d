#include "mlaas/base/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace mlaas {

namespace {

constexpr size_t kMostKeptBytes = size_t{64} << 20;
// Kept beyond what was once used at the same time: places that do not fit what is asked for next.
constexpr size_t kSpareBytes = size_t{8} << 20;
// Addresses for each kept byte.
constexpr size_t kRangeFactor = 16;
// Places begin and end at multiples of this, a multiple of the system's pages.
constexpr size_t kGranuleBytes = size_t{16} << 10;

// Sanitizers find what is used after it is freed only where it is freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kReuses = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kReuses = false;
#else
constexpr bool kReuses = true;
#endif
#else
constexpr bool kReuses = true;
#endif

std::byte* map(size_t bytes, int flags) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return data == MAP_FAILED ? nullptr : static_cast<std::byte*>(data);
}

size_t roundedUp(size_t bytes) {
  if (bytes > SIZE_MAX - kGranuleBytes) throw std::bad_alloc();
  return (bytes + kGranuleBytes - 1) / kGranuleBytes * kGranuleBytes;
}

}  // namespace

// Never destroyed: buffers in other static objects outlive it.
BlockCache& BlockCache::shared() {
  static auto& cache = *new BlockCache(kReuses ? kMostKeptBytes : 0);
  return cache;
}

BlockCache::BlockCache(size_t mostKeptBytes) : mostKeptBytes_(mostKeptBytes) {
  if (mostKeptBytes == 0) return;
  const size_t bytes = roundedUp(mostKeptBytes * kRangeFactor);
  base_ = map(bytes, MAP_NORESERVE);
  if (base_ == nullptr) return;
  rangeBytes_ = bytes;
  hasMemory_.resize(bytes / kGranuleBytes);
  free_.emplace(0, bytes);
}

BlockCache::~BlockCache() {
  if (base_ != nullptr) ::munmap(base_, rangeBytes_);
}

BlockCache::Block BlockCache::take(size_t bytes) {
  if (bytes < kLeastBytes || mostKeptBytes_ == 0) {
    return {static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlignment})), bytes};
  }
  bytes = roundedUp(bytes);
  const Block place = takePlace(bytes);
  if (place.data != nullptr) return place;
  std::byte* data = map(bytes, 0);
  if (data == nullptr) throw std::bad_alloc();
  return {data, bytes};
}

BlockCache::Block BlockCache::takePlace(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(free_, [&](const auto& range) { return range.second >= bytes; });
  if (found == free_.end()) return {};
  const size_t offset = found->first;
  cutFront(found, bytes);
  size_t freshBytes = 0;
  for (size_t i = offset / kGranuleBytes; i < (offset + bytes) / kGranuleBytes; ++i) {
    if (!hasMemory_[i]) freshBytes += kGranuleBytes;
    hasMemory_[i] = true;
  }
  keptBytes_ -= bytes - freshBytes;
  usedBytes_ += bytes;
  mostUsedBytes_ = std::max(mostUsedBytes_, usedBytes_);
  if (freshBytes > 0) shrinkTo(mostUsedBytes_ - usedBytes_ + kSpareBytes);
  return {base_ + offset, bytes};
}

void BlockCache::cutFront(FreeRanges::iterator range, size_t bytes) {
  if (range->second == bytes) {
    free_.erase(range);
    return;
  }
  auto node = free_.extract(range);
  node.key() += bytes;
  node.mapped() -= bytes;
  free_.insert(std::move(node));
}

void BlockCache::give(Block block) noexcept {
  if (block.data == nullptr) return;
  if (block.bytes < kLeastBytes || mostKeptBytes_ == 0) {
    ::operator delete (block.data, std::align_val_t{kAlignment});
    return;
  }
  if (!isMine(block.data)) {
    ::munmap(block.data, block.bytes);
    return;
  }
  const std::lock_guard lock(mutex_);
  usedBytes_ -= block.bytes;
  try {
    joinFree(static_cast<size_t>(block.data - base_), block.bytes);
  } catch (const std::bad_alloc&) {
    // The place cannot be noted: its addresses are lost, its memory is not.
    ::madvise(block.data, block.bytes, MADV_DONTNEED);
    return;
  }
  keptBytes_ += block.bytes;
  shrinkTo(mostKeptBytes_);
}

void BlockCache::joinFree(size_t offset, size_t bytes) {
  const auto next = free_.lower_bound(offset);
  const bool touchesNext = next != free_.end() && next->first == offset + bytes;
  const auto previous = next == free_.begin() ? free_.end() : std::prev(next);
  const bool touchesPrevious = previous != free_.end() && previous->first + previous->second == offset;
  if (touchesPrevious) {
    previous->second += bytes + (touchesNext ? next->second : 0);
    if (touchesNext) free_.erase(next);
  } else if (touchesNext) {
    auto node = free_.extract(next);
    node.key() = offset;
    node.mapped() += bytes;
    free_.insert(std::move(node));
  } else {
    free_.emplace_hint(next, offset, bytes);
  }
}

size_t BlockCache::keptBytes() const {
  const std::lock_guard lock(mutex_);
  return keptBytes_;
}

void BlockCache::shrinkTo(size_t bytes) noexcept {
  for (auto range = free_.rbegin(); range != free_.rend() && keptBytes_ > bytes; ++range) {
    shrinkRange(range->first, range->second, bytes);
  }
}

void BlockCache::shrinkRange(size_t offset, size_t rangeBytes, size_t wantedBytes) noexcept {
  const size_t first = offset / kGranuleBytes;
  size_t last = first + rangeBytes / kGranuleBytes;
  while (last > first && keptBytes_ > wantedBytes) {
    if (!hasMemory_[last - 1]) {
      --last;
      continue;
    }
    size_t begin = last;
    while (begin > first && hasMemory_[begin - 1] && keptBytes_ > wantedBytes) {
      hasMemory_[--begin] = false;
      keptBytes_ -= kGranuleBytes;
    }
    ::madvise(base_ + begin * kGranuleBytes, (last - begin) * kGranuleBytes, MADV_DONTNEED);
    last = begin;
  }
}

}  // namespace mlaas
