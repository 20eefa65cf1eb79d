#include "mlaas/table/range_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/unit/table/chain/memory_table.h"
#include "tests/unit/table/real_files.h"

namespace mlaas::table {
namespace {

// 100 entries: a flat column and a jagged one.
MemoryTable smallTable() {
  std::vector<float> flat;
  std::vector<std::vector<int32_t>> lists;
  for (int i = 0; i < 100; ++i) {
    flat.push_back(static_cast<float>(i));
    lists.push_back(std::vector<int32_t>(static_cast<size_t>(i % 3), i));
  }
  return {"memory", "T", {{"flat", flatColumn(flat)}, {"lists", jaggedColumn(lists)}}, 7};
}

// A table whose column 1 cannot be decoded from entry 50 on, and whose reads answer on another thread, later.
class FailingTable : public MemoryTable {
 public:
  FailingTable() : MemoryTable(smallTable()) {}
  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    std::thread([this, range, columns = std::move(columns), done = std::move(done)]() mutable {
      std::unique_ptr<FetchedRange> good;
      {
        const std::lock_guard lock(mutex_);
        MemoryTable::fetch(range, columns, [&](auto fetched) { good = *std::move(fetched); });
      }
      done(std::unique_ptr<FetchedRange>(std::make_unique<Failing>(std::move(good), range)));
    }).detach();
  }

 private:
  class Failing : public FetchedRange {
   public:
    Failing(std::unique_ptr<FetchedRange> good, EntryRange range) : good_(std::move(good)), range_(range) {}
    Result<Column> decode(size_t column) override {
      if (column == 1 && range_.last > 50) return Error(ErrorCode::kCorrupt, "spoilt");
      return good_->decode(column);
    }

   private:
    const std::unique_ptr<FetchedRange> good_;
    const EntryRange range_;
  };
  mutable std::mutex mutex_;  // the tables under it count fetches
};

void expectEqual(const Column& a, const Column& b) {
  ASSERT_EQ(a.type, b.type);
  ASSERT_EQ(a.length, b.length);
  ASSERT_EQ(a.offsets.size(), b.offsets.size());
  for (size_t level = 0; level < a.offsets.size(); ++level) {
    EXPECT_TRUE(std::ranges::equal(a.offsetsAt(level), b.offsetsAt(level)));
  }
  EXPECT_TRUE(std::ranges::equal(a.values->bytes(), b.values->bytes()));
}

void expectSameAsTable(const Table& table, const std::vector<size_t>& columns, RangeReader::Options options,
                       RangeBytes bytes) {
  const auto ranges = readingRanges(table, {0, table.numEntries()}, columns, bytes);
  RangeReader reader(table, ranges, columns, options);
  int64_t next = 0;
  while (auto block = reader.next().value()) {
    ASSERT_EQ(block->range.first, next);
    next = block->range.last;
    const auto expected = table.read(block->range, columns).value();
    ASSERT_EQ(block->columns.size(), columns.size());
    for (size_t i = 0; i < columns.size(); ++i) expectEqual(block->columns[i], expected[i]);
  }
  EXPECT_EQ(next, table.numEntries());
}

TEST(RangeReader, ReadsWhatTheTableReads) {
  TaskPool pool(3);
  const auto file = openTable(sampleFile("tth_3.root"), "Events").value();
  std::vector<size_t> columns;
  for (size_t i = 0; i < file->columns().size(); ++i) columns.push_back(file->columns().size() - 1 - i);
  const RangeBytes small{20'000, 60'000};
  expectSameAsTable(*file, columns, {}, {});
  expectSameAsTable(*file, columns, {.pool = &pool}, {});
  expectSameAsTable(*file, columns, {.fetchBytes = 1}, small);
  expectSameAsTable(*file, columns, {.pool = &pool, .fetchBytes = 1}, small);
  expectSameAsTable(*file, columns, {.pool = &pool, .fetchBytes = 100'000, .aheadBytes = 0}, small);
}

TEST(RangeReader, ReadsNoColumnsAndNoRanges) {
  const MemoryTable table = smallTable();
  RangeReader none(table, {}, {0}, {});
  EXPECT_FALSE(none.next().value().has_value());
  RangeReader reader(table, {{0, 10}}, {}, {});
  EXPECT_TRUE(reader.next().value()->columns.empty());
  EXPECT_FALSE(reader.next().value().has_value());
}

TEST(RangeReader, HandsOutWhatComesBeforeAFailure) {
  TaskPool pool(2);
  const FailingTable table;
  for (TaskPool* used : {static_cast<TaskPool*>(nullptr), &pool}) {
    RangeReader reader(table, {{0, 20}, {20, 40}, {40, 60}, {60, 80}}, {0, 1}, {.pool = used});
    EXPECT_EQ(reader.next().value()->range, (EntryRange{0, 20}));
    EXPECT_EQ(reader.next().value()->range, (EntryRange{20, 40}));
    const auto failed = reader.next();
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code(), ErrorCode::kCorrupt);
    EXPECT_FALSE(reader.next().value().has_value());
  }
}

TEST(RangeReader, MayBeLeftEarly) {
  TaskPool pool(2);
  const FailingTable table;
  for (int i = 0; i < 20; ++i) {
    RangeReader reader(table, {{0, 20}, {20, 40}, {40, 60}}, {0, 1}, {.pool = i % 2 == 0 ? &pool : nullptr});
    if (i % 3 != 0) {
      EXPECT_TRUE(reader.next().ok());
    }
  }
}

TEST(RangeReader, KeepsTheBudget) {
  TaskPool pool(2);
  const MemoryTable table = smallTable();
  const std::vector<size_t> columns = {0, 1};
  const size_t oneRange = static_cast<size_t>(table.entryBytes(columns)) * 10;
  std::vector<EntryRange> ranges;
  for (int64_t first = 0; first < 100; first += 10) ranges.push_back({first, first + 10});
  MemoryBudget budget(2 * oneRange);
  {
    RangeReader reader(table, ranges, columns, {.pool = &pool, .budget = &budget});
    size_t numBlocks = 0;
    while (const auto block = reader.next().value()) ++numBlocks;
    EXPECT_EQ(numBlocks, 10U);
  }
  EXPECT_EQ(budget.usedBytes(), 0U);
  EXPECT_LE(budget.peakBytes(), 2 * oneRange);
  MemoryBudget tooSmall(oneRange / 2);
  RangeReader reader(table, ranges, columns, {.pool = &pool, .budget = &tooSmall});
  const auto failed = reader.next();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kInvalidArgument);
}

// Its fetches answer before they return: what they were asked for may be decoded and taken meanwhile. Those of other
// threads than the consumer's return when they are let go.
class LingeringTable : public MemoryTable {
 public:
  LingeringTable() : MemoryTable(smallTable()) {}
  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    const int before = numLetGo_;
    MemoryTable::fetch(range, std::move(columns), std::move(done));
    if (std::this_thread::get_id() == consumer_) {
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    } else {
      while (numLetGo_ == before) std::this_thread::yield();
    }
  }
  void letGo() { ++numLetGo_; }

 private:
  const std::thread::id consumer_ = std::this_thread::get_id();
  std::atomic<int> numLetGo_ = 0;
};

// While the consumer waits for the memory of the next range, threads of the pool look for more to read.
TEST(RangeReader, ReadsWhereTheBudgetHoldsOneRange) {
  TaskPool pool(4);
  LingeringTable table;
  const std::vector<size_t> columns = {0, 1};
  std::vector<EntryRange> ranges;
  for (int64_t first = 0; first < 100; ++first) ranges.push_back({first, first + 1});
  for (int loop = 0; loop < 20; ++loop) {
    MemoryBudget budget(static_cast<size_t>(table.entryBytes(columns)));
    RangeReader reader(table, ranges, columns, {.pool = &pool, .budget = &budget, .fetchBytes = 1});
    for (int64_t next = 0; next <= 100; ++next) {
      auto rival = budget.tryReserve(budget.limitBytes());
      std::thread release([&] {
        std::this_thread::sleep_for(std::chrono::microseconds(300));
        rival.release();
        table.letGo();
      });
      const auto block = reader.next().value();
      release.join();
      ASSERT_EQ(block.has_value(), next < 100);
      if (!block) break;
      ASSERT_EQ(block->range.first, next);
      ASSERT_EQ(block->columns[0].valuesAs<float>()[0], static_cast<float>(next));
    }
    table.letGo();
  }
}

// What its columns take is known only once every fetch has been answered: files of a pool may have to be opened for it,
// by the threads that answer.
class LateSizesTable : public MemoryTable {
 public:
  LateSizesTable() : MemoryTable(smallTable()) {}
  uint64_t fetchBytes(EntryRange range, size_t column) const override {
    std::unique_lock lock(mutex_);
    wasInTime_ = changed_.wait_for(lock, std::chrono::seconds(20), [&] { return numOpen_ == 0; }) && wasInTime_;
    return MemoryTable::fetchBytes(range, column);
  }
  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    const std::lock_guard lock(mutex_);
    ++numOpen_;
    std::unique_ptr<FetchedRange> fetched;
    MemoryTable::fetch(range, std::move(columns), [&](auto found) { fetched = *std::move(found); });
    std::thread([this, fetched = std::move(fetched), done = std::move(done)]() mutable {
      done(std::move(fetched));
      const std::lock_guard closing(mutex_);
      --numOpen_;
      changed_.notify_all();
    }).detach();
  }
  // Waits for its threads.
  bool wasInTime() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return numOpen_ == 0; });
    return wasInTime_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable int numOpen_ = 0;
  mutable bool wasInTime_ = true;
};

TEST(RangeReader, SizesItsNextStepWhileOthersGoOn) {
  TaskPool pool(2);
  for (TaskPool* one : {static_cast<TaskPool*>(nullptr), &pool}) {
    LateSizesTable table;
    expectSameAsTable(table, {0, 1}, {.pool = one, .fetchBytes = 1}, {1, 100});
    EXPECT_TRUE(table.wasInTime());
  }
}

TEST(ReadingRanges, JoinSmallClustersAndCutLargeOnes) {
  const MemoryTable table = smallTable();
  const auto bytes = table.entryBytes({0});
  const auto joined = readingRanges(table, {0, 100}, {0}, {21 * bytes, 50 * bytes});
  EXPECT_EQ(joined.front(), (EntryRange{0, 21}));
  const auto cut = readingRanges(table, {3, 90}, {0}, {2 * bytes, 5 * bytes});
  EXPECT_EQ(cut.front().first, 3);
  EXPECT_EQ(cut.back().last, 90);
  for (const EntryRange& range : cut) EXPECT_LE(range.size(), 2);
}

}  // namespace
}  // namespace mlaas::table
