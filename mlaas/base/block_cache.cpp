#include "mlaas/base/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace mlaas {

namespace {

constexpr size_t kMostKeptBytes = size_t{64} << 20;
// Kept beyond what was once used at the same time: blocks that do not fit what is asked for next.
constexpr size_t kSpareBytes = size_t{8} << 20;

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

// From here on blocks come from the system and go back to it, so that the allocator cannot keep them.
constexpr size_t kMappedBytes = size_t{256} << 10;

BlockCache::Block allocate(size_t bytes) {
  if (!kReuses || bytes < kMappedBytes) {
    return {static_cast<std::byte*>(::operator new (bytes, std::align_val_t{BlockCache::kAlignment})), bytes};
  }
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<std::byte*>(data), bytes};
}

void release(BlockCache::Block block) noexcept {
  if (!kReuses || block.bytes < kMappedBytes) {
    ::operator delete (block.data, std::align_val_t{BlockCache::kAlignment});
  } else {
    ::munmap(block.data, block.bytes);
  }
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
  if (kept.data != nullptr) return kept;
  try {
    return allocate(bytes);
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    usedBytes_ -= bytes;
    throw;
  }
}

BlockCache::Block BlockCache::takeKept(size_t bytes) {
  const std::lock_guard lock(mutex_);
  // The last given is the likeliest to be in the processor's cache.
  for (auto block = kept_.rbegin(); block != kept_.rend(); ++block) {
    if (block->bytes < bytes || block->bytes - bytes > bytes / 2) continue;
    const Block found = *block;
    kept_.erase(std::next(block).base());
    keptBytes_ -= found.bytes;
    usedBytes_ += found.bytes;
    mostUsedBytes_ = std::max(mostUsedBytes_, usedBytes_);
    return found;
  }
  usedBytes_ += bytes;
  mostUsedBytes_ = std::max(mostUsedBytes_, usedBytes_);
  shrinkTo(mostUsedBytes_ - usedBytes_ + kSpareBytes);
  return {};
}

void BlockCache::give(Block block) noexcept {
  if (block.data == nullptr) return;
  if (block.bytes < kLeastBytes || mostKeptBytes_ == 0) return release(block);
  const std::lock_guard lock(mutex_);
  usedBytes_ -= block.bytes;
  if (block.bytes > mostKeptBytes_) return release(block);
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
