#include "mlaas/train/chunk_passes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/train/memory_dataset.h"

namespace mlaas::train {
namespace {

using testing::MemoryDataset;

constexpr int64_t kChunk = 100;
constexpr int64_t kBatch = 32;

std::unique_ptr<dataset::BatchStream> chunksOf(MemoryDataset& data) {
  dataset::StreamOptions options;
  options.batchSize = kChunk;
  return data.stream(options).value();
}

// The values of one row, to be found again.
std::vector<float> rowOf(const dataset::Batch& batch, size_t row) {
  std::vector<float> values = {static_cast<float>(batch.label[row]), batch.weight[row]};
  const auto scalars = static_cast<size_t>(batch.features.numScalars);
  for (size_t i = 0; i < scalars; ++i) values.push_back(batch.features.scalars[row * scalars + i]);
  for (const auto& group : batch.features.groups) {
    const auto width = static_cast<size_t>(group.length * group.numColumns);
    for (size_t i = 0; i < width; ++i) values.push_back(group.values[row * width + i]);
    values.push_back(static_cast<float>(group.count[row]));
  }
  return values;
}

std::vector<std::map<std::vector<float>, int64_t>> rowsByChunk(MemoryDataset& data) {
  std::vector<std::map<std::vector<float>, int64_t>> chunks;
  const auto stream = chunksOf(data);
  dataset::Batch batch;
  while (stream->next(batch).value()) {
    auto& rows = chunks.emplace_back();
    for (size_t row = 0; row < batch.label.size(); ++row) ++rows[rowOf(batch, row)];
  }
  return chunks;
}

TEST(ChunkPasses, PassesOverEachChunkBeforeTheNext) {
  MemoryDataset data({});
  const auto expected = rowsByChunk(data);
  ASSERT_GT(expected.size(), 3U);
  constexpr int64_t kPasses = 3;
  ChunkPasses stream(chunksOf(data), kPasses, kBatch, 1);
  dataset::Batch batch;
  for (const auto& chunk : expected) {
    int64_t events = 0;
    for (const auto& [row, count] : chunk) events += count;
    for (int64_t pass = 0; pass < kPasses; ++pass) {
      std::map<std::vector<float>, int64_t> seen;
      for (int64_t left = events; left > 0;) {
        ASSERT_TRUE(stream.next(batch).value());
        ASSERT_EQ(batch.features.rows, std::min(left, kBatch));
        ASSERT_EQ(batch.label.size(), static_cast<size_t>(batch.features.rows));
        for (size_t row = 0; row < batch.label.size(); ++row) ++seen[rowOf(batch, row)];
        left -= batch.features.rows;
      }
      EXPECT_EQ(seen, chunk);
    }
  }
  EXPECT_FALSE(stream.next(batch).value());
}

TEST(ChunkPasses, OrderFollowsFromTheSeedAndDiffersByPass) {
  MemoryDataset data({});
  const auto firstRows = [&](uint64_t seed) {
    ChunkPasses stream(chunksOf(data), 2, kChunk, seed);
    std::vector<std::vector<int64_t>> passes;
    dataset::Batch batch;
    for (int pass = 0; pass < 2; ++pass) {
      EXPECT_TRUE(stream.next(batch).value());
      auto& order = passes.emplace_back();
      for (size_t row = 0; row < batch.label.size(); ++row) {
        order.push_back(static_cast<int64_t>(1e6F * rowOf(batch, row).at(2)));
      }
    }
    return passes;
  };
  const auto passes = firstRows(1);
  EXPECT_NE(passes[0], passes[1]);
  EXPECT_EQ(firstRows(1), passes);
  EXPECT_NE(firstRows(2), passes);
}

TEST(ChunkPasses, PassesOnFailures) {
  MemoryDataset data({});
  data.failAfterBatches = 1;
  ChunkPasses stream(chunksOf(data), 1, kChunk, 1);
  dataset::Batch batch;
  EXPECT_TRUE(stream.next(batch).value());
  EXPECT_FALSE(stream.next(batch).ok());
}

}  // namespace
}  // namespace mlaas::train
