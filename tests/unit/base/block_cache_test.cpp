#include "mlaas/base/block_cache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace mlaas {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(BlockCache, UsesABlockAgain) {
  BlockCache cache(4 * kMiB);
  const auto first = cache.take(kMiB);
  cache.give(first);
  EXPECT_EQ(cache.keptBytes(), first.bytes);
  const auto second = cache.take(kMiB - 1000);
  EXPECT_EQ(second.data, first.data);
  EXPECT_EQ(cache.keptBytes(), 0U);
  cache.give(second);
}

TEST(BlockCache, AlignsAndRoundsUp) {
  BlockCache cache(4 * kMiB);
  for (const size_t bytes : {size_t{1}, BlockCache::kLeastBytes, kMiB + 1, 3 * kMiB - 1}) {
    const auto block = cache.take(bytes);
    EXPECT_GE(block.bytes, bytes);
    EXPECT_LE(block.bytes, bytes + bytes / 8 + BlockCache::kAlignment);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data) % BlockCache::kAlignment, 0U);
    std::memset(block.data, 1, block.bytes);
    cache.give(block);
  }
}

TEST(BlockCache, LeavesABlockThatIsMuchLarger) {
  BlockCache cache(8 * kMiB);
  cache.give(cache.take(4 * kMiB));
  const auto small = cache.take(kMiB);
  EXPECT_LT(small.bytes, 2 * kMiB);
  cache.give(small);
}

TEST(BlockCache, MakesALargeBlockOfSmallOnes) {
  BlockCache cache(8 * kMiB);
  std::vector<BlockCache::Block> small;
  for (int i = 0; i < 4; ++i) small.push_back(cache.take(kMiB));
  // In an order that joins a place with the one before it, the one behind it, and both.
  for (const size_t i : {3U, 0U, 1U, 2U}) cache.give(small[i]);
  EXPECT_EQ(cache.keptBytes(), 4 * kMiB);
  const auto large = cache.take(3 * kMiB);
  EXPECT_EQ(large.data, small[0].data);
  EXPECT_EQ(cache.keptBytes(), kMiB);
  cache.give(large);
}

TEST(BlockCache, TakesWhatItHasNoPlaceForFromTheSystem) {
  BlockCache cache(kMiB);
  const auto block = cache.take(100 * kMiB);
  std::memset(block.data, 1, block.bytes);
  cache.give(block);
  EXPECT_EQ(cache.keptBytes(), 0U);
}

TEST(BlockCache, HoldsLittleMoreThanWasOnceUsed) {
  BlockCache cache(64 * kMiB);
  for (const size_t size : {20 * kMiB, 9 * kMiB, 30 * kMiB}) {
    std::vector<BlockCache::Block> blocks;
    for (size_t used = 0; used < 30 * kMiB; used += size) blocks.push_back(cache.take(size));
    size_t taken = 0;
    for (const auto block : blocks) taken += block.bytes;
    EXPECT_LE(taken + cache.keptBytes(), 60 * kMiB);
    for (const auto block : blocks) cache.give(block);
  }
}

TEST(BlockCache, KeepsNoMoreThanItsLimit) {
  BlockCache cache(2 * kMiB);
  std::vector<BlockCache::Block> blocks;
  for (int i = 0; i < 5; ++i) blocks.push_back(cache.take(kMiB));
  for (const auto block : blocks) cache.give(block);
  EXPECT_LE(cache.keptBytes(), 2 * kMiB);
  cache.give(cache.take(3 * kMiB));
  EXPECT_LE(cache.keptBytes(), 2 * kMiB);
  BlockCache none(0);
  none.give(none.take(kMiB));
  EXPECT_EQ(none.keptBytes(), 0U);
}

TEST(BlockCache, IsUsedByThreadsAtOnce) {
  BlockCache cache(4 * kMiB);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (size_t i = 1; i < 200; ++i) {
        const auto block = cache.take(i * 20'000);
        std::memset(block.data, t, 64);
        EXPECT_EQ(block.data[63], static_cast<std::byte>(t));
        cache.give(block);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(cache.keptBytes(), 4 * kMiB);
}

}  // namespace
}  // namespace mlaas
