#include "mlaas/dataset/read_units.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/unit/table/chain/memory_table.h"

namespace mlaas::dataset {
namespace {

std::vector<ReadUnit> unitsOf(const std::vector<uint32_t>& samples) {
  std::vector<ReadUnit> units;
  for (const uint32_t sample : samples) units.push_back({sample, sample, {0, 100}});
  return units;
}

TEST(ReadUnits, AnEpochTakesEveryUnitWithRowsOnce) {
  std::vector<uint32_t> samples(300, 0);
  std::fill(samples.begin() + 200, samples.end(), 1);
  const auto units = unitsOf(samples);
  std::vector<int64_t> rows(units.size(), 10);
  rows[7] = 0;
  rows[250] = 0;
  const auto plan = planEpoch(units, rows, 333, true, 5);
  EXPECT_EQ(plan.numRows, 2980);
  auto sorted = plan.units;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted.size(), 298U);
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
  int64_t sum = 0;
  size_t expected = 0;
  for (const auto& buffer : plan.buffers) {
    EXPECT_EQ(buffer.first, expected);
    EXPECT_GT(buffer.last, buffer.first);
    expected = buffer.last;
    sum += buffer.numRows;
    EXPECT_LE(buffer.numRows, 343);
    EXPECT_GE(buffer.numRows, 300);
  }
  EXPECT_EQ(expected, plan.units.size());
  EXPECT_EQ(sum, plan.numRows);
}

TEST(ReadUnits, OrderDependsOnTheSeedOnly) {
  const auto units = unitsOf(std::vector<uint32_t>(100, 0));
  const std::vector<int64_t> rows(100, 10);
  EXPECT_EQ(planEpoch(units, rows, 100, true, 5).units, planEpoch(units, rows, 100, true, 5).units);
  EXPECT_NE(planEpoch(units, rows, 100, true, 5).units, planEpoch(units, rows, 100, true, 6).units);
  std::vector<uint32_t> natural(100);
  std::iota(natural.begin(), natural.end(), 0U);
  EXPECT_EQ(planEpoch(units, rows, 100, false, 5).units, natural);
}

// Input sorted by class: every buffer must still hold both classes in proportion.
TEST(ReadUnits, EveryBufferMixesTheSamples) {
  std::vector<uint32_t> samples(400, 0);
  std::fill(samples.begin() + 300, samples.end(), 1);
  const auto units = unitsOf(samples);
  const std::vector<int64_t> rows(400, 10);
  const auto plan = planEpoch(units, rows, 400, true, 1);
  ASSERT_EQ(plan.buffers.size(), 10U);
  for (const auto& buffer : plan.buffers) {
    int64_t ones = 0;
    for (size_t i = buffer.first; i < buffer.last; ++i) ones += units[plan.units[i]].sample;
    EXPECT_NEAR(static_cast<double>(ones) / static_cast<double>(buffer.last - buffer.first), 0.25, 0.06);
  }
}

TEST(ReadUnits, NoRowsMakeAnEmptyEpoch) {
  const auto units = unitsOf({0, 1});
  const auto plan = planEpoch(units, std::vector<int64_t>{0, 0}, 10, true, 1);
  EXPECT_TRUE(plan.units.empty());
  EXPECT_TRUE(plan.buffers.empty());
}

// 1,008 entries in clusters of 600, with an int32 column.
table::MemoryTable twoClusters() {
  return {"memory", "T", {{"x", table::flatColumn(std::vector<int32_t>(1008, 1))}}, 600};
}

TEST(ReadUnits, LargeClustersAreCutWithoutAGap) {
  const auto table = twoClusters();
  MemoryPlan plan;
  plan.unitBytes = 100 * 24;
  const auto ranges = unitRanges(table, {0}, {4, 10}, plan);
  int64_t next = 0;
  for (const auto& range : ranges) {
    EXPECT_EQ(range.first, next);
    EXPECT_LE(range.size(), 100);
    EXPECT_GE(range.size(), 40);
    next = range.last;
  }
  EXPECT_EQ(next, 1008);
}

TEST(ReadUnits, SmallClustersAreJoined) {
  const auto table = twoClusters();
  MemoryPlan plan;
  plan.unitBytes = 1 << 20;
  EXPECT_EQ(unitRanges(table, {0}, {4, 10}, plan), (std::vector<table::EntryRange>{{0, 1008}}));
}

TEST(ReadUnits, WorkIsWhatIsFetchedAndDecompressed) {
  const auto table = twoClusters();
  const std::vector<table::EntryRange> ranges = {{0, 600}, {600, 1008}};
  EXPECT_EQ(workingBytes(table, {0}, ranges), 600 * 4 + table.scratchBytes({0}));
}

TEST(ReadUnits, MemoryPlanStaysInsideTheLimit) {
  for (const size_t limit : {size_t{1} << 20, size_t{1} << 28, size_t{1} << 30, size_t{1} << 36}) {
    const auto plan = MemoryPlan::of(limit);
    EXPECT_GT(plan.unitBytes, 0U);
    const size_t stream = 2 * plan.bufferBytes + plan.workBytes;
    EXPECT_LE(plan.openFilesBytes + plan.cacheBytes + 2 * plan.workBytes, limit);
    EXPECT_LE(plan.openFilesBytes + 3 * stream, limit);
  }
}

}  // namespace
}  // namespace mlaas::dataset
