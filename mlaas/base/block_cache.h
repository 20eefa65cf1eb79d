// Blocks of memory that are used again instead of being returned to the system: a fresh block costs a page fault every
// 4 KiB and memory that is not in cache, about as much time as decompressing LZ4 into it. The blocks lie in one range
// of addresses, so that memory of blocks that are given back serves for blocks of any other size.
// Memory:  keeps 64 MiB at most; what is used and kept together stays within 8 MiB of the most that was once used.
// Errors:  take() throws std::bad_alloc.
// Threads: any.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace mlaas {

class BlockCache {
 public:
  static constexpr size_t kAlignment = 64;
  // Smaller blocks are left to the allocator, which keeps them anyway.
  static constexpr size_t kLeastBytes = size_t{64} << 10;

  // The one of the process.
  static BlockCache& shared();

  // Takes addresses for 16 times `mostKeptBytes`, but no memory; blocks beyond come from the system and go back to it.
  explicit BlockCache(size_t mostKeptBytes);
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;
  // Every block must have been given back.
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
  using FreeRanges = std::map<size_t, size_t>;  // offset in the range of addresses, bytes

  bool isMine(const std::byte* data) const { return data >= base_ && data < base_ + rangeBytes_; }
  // The lowest free place for `bytes`; nothing where there is none.
  Block takePlace(size_t bytes);
  void cutFront(FreeRanges::iterator range, size_t bytes);
  void joinFree(size_t offset, size_t bytes);
  // Returns memory of free places, the highest first, until at most `bytes` are kept.
  void shrinkTo(size_t bytes) noexcept;
  void shrinkRange(size_t offset, size_t rangeBytes, size_t wantedBytes) noexcept;

  const size_t mostKeptBytes_;
  std::byte* base_ = nullptr;
  size_t rangeBytes_ = 0;
  mutable std::mutex mutex_;
  FreeRanges free_;              // under mutex_, no two touch each other
  std::vector<bool> hasMemory_;  // under mutex_, of each granule: it was written to and not returned
  size_t keptBytes_ = 0;         // under mutex_, free granules that have memory
  size_t usedBytes_ = 0;         // under mutex_, of blocks in the range that are taken
  size_t mostUsedBytes_ = 0;     // under mutex_, so far
};

// Deletes what a pointer to a block of the shared cache owns.
struct GiveBlockBack {
  size_t blockBytes = 0;
  void operator()(std::byte* data) const { BlockCache::shared().give({data, blockBytes}); }
};

}  // namespace mlaas
