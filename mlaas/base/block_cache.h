// Blocks of memory that are used again instead of being returned to the system: a fresh block costs a page fault every
// 4 KiB and memory that is not in cache, about as much time as decompressing LZ4 into it.
// Memory:  keeps 64 MiB at most; what is used and kept together stays within 8 MiB of the most that was once used.
// Errors:  take() throws std::bad_alloc.
// Threads: any.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>

namespace mlaas {

class BlockCache {
 public:
  static constexpr size_t kAlignment = 64;
  // Smaller blocks are left to the allocator, which keeps them anyway.
  static constexpr size_t kLeastBytes = size_t{64} << 10;

  // The one of the process.
  static BlockCache& shared();

  explicit BlockCache(size_t mostKeptBytes) : mostKeptBytes_(mostKeptBytes) {}
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;
  ~BlockCache();

  struct Block {
    std::byte* data = nullptr;
    size_t bytes = 0;
  };
  // A block of at least `bytes`, uninitialised, aligned to kAlignment; to be handed to give().
  Block take(size_t bytes);
  void give(Block block) noexcept;

  size_t keptBytes() const;

 private:
  Block takeKept(size_t bytes);
  // Frees the blocks kept longest until at most `bytes` are kept; under mutex_.
  void shrinkTo(size_t bytes) noexcept;

  const size_t mostKeptBytes_;
  mutable std::mutex mutex_;
  std::deque<Block> kept_;    // under mutex_, the last given last
  size_t keptBytes_ = 0;      // under mutex_
  size_t usedBytes_ = 0;      // under mutex_, of blocks of kLeastBytes and more that are taken
  size_t mostUsedBytes_ = 0;  // under mutex_, so far
};

// Deletes what a pointer to a block of the shared cache owns.
struct GiveBlockBack {
  size_t blockBytes = 0;
  void operator()(std::byte* data) const { BlockCache::shared().give({data, blockBytes}); }
};

}  // namespace mlaas
