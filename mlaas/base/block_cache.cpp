#include "mlaas/base/block_cache.h"

#include <algorithm>
#include <bit>
#include <new>

namespace mlaas {

namespace {

constexpr size_t kMostKeptBytes = size_t{64} << 20;

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

BlockCache::Block allocate(size_t bytes) {
  return {static_cast<std::byte*>(::operator new (bytes, std::align_val_t{BlockCache::kAlignment})), bytes};
}

void release(BlockCache::Block block) noexcept {
  ::operator delete (block.data, std::align_val_t{BlockCache::kAlignment});
}

// Sizes in steps of an eighth, so that blocks of nearly one size replace each other.
size_t roundedUp(size_t bytes) {
  const size_t step = std::max<size_t>(BlockCache::kAlignment, std::bit_floor(bytes) / 8);
  return bytes > SIZE_MAX - step ? bytes : (bytes + step - 1) / step * step;
}

}  // namespace

// Never destroyed: buffers in other static objects outlive it.
BlockCache& BlockCache::shared() {
  static auto& cache = *new BlockCache(kReuses ? kMostKeptBytes : 0);
  return cache;
}

BlockCache::~BlockCache() { shrinkTo(0); }

BlockCache::Block BlockCache::take(size_t bytes) {
  if (bytes < kLeastBytes || mostKeptBytes_ == 0) return allocate(bytes);
  bytes = roundedUp(bytes);
  const Block kept = takeKept(bytes);
  return kept.data != nullptr ? kept : allocate(bytes);
}

BlockCache::Block BlockCache::takeKept(size_t bytes) {
  const std::lock_guard lock(mutex_);
  // The last given is the likeliest to be in the processor's cache.
  for (auto block = kept_.rbegin(); block != kept_.rend(); ++block) {
    if (block->bytes < bytes || block->bytes - bytes > bytes / 4) continue;
    const Block found = *block;
    kept_.erase(std::next(block).base());
    keptBytes_ -= found.bytes;
    return found;
  }
  shrinkTo(keptBytes_ - std::min(keptBytes_, bytes));
  return {};
}

void BlockCache::give(Block block) noexcept {
  if (block.data == nullptr) return;
  if (block.bytes < kLeastBytes || block.bytes > mostKeptBytes_) return release(block);
  const std::lock_guard lock(mutex_);
  shrinkTo(mostKeptBytes_ - block.bytes);
  try {
    kept_.push_back(block);
    keptBytes_ += block.bytes;
  } catch (const std::bad_alloc&) {
    release(block);
  }
}

size_t BlockCache::keptBytes() const {
  const std::lock_guard lock(mutex_);
  return keptBytes_;
}

void BlockCache::shrinkTo(size_t bytes) noexcept {
  while (keptBytes_ > bytes) {
    keptBytes_ -= kept_.front().bytes;
    release(kept_.front());
    kept_.pop_front();
  }
}

}  // namespace mlaas
