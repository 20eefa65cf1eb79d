// Reads columns of a table range by range, ahead of its consumer: while some columns are decoded, the bytes of the next
// are fetched, a few columns at a time. The unit of work is (range, columns of one read group); results come in the order
// of the ranges, whatever finished first.
// Memory:  beside the block that the consumer holds: compressed bytes of about four times fetchBytes and of one column
//          (two with a pool), see workingBytes(), and decoded columns of the ranges ahead, within aheadBytes. With a
//          budget, each block is charged to it until it is destroyed; a range ahead is started only where the budget has
//          room.
// Errors:  those of the table; blocks before the first that failed are handed out, the failure comes in its place.
// Threads: one consumer, which is not a task of the pool. The table must outlive the reader.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

// The columns of one range, in the order asked for.
struct TableBlock {
  EntryRange range;
  MemoryBudget::Reservation reservation;  // pays for the columns
  std::vector<Column> columns;
};

class RangeReader {
 public:
  struct Options {
    TaskPool* pool = nullptr;        // decodes; without one the consumer's thread does, when it asks for a block
    MemoryBudget* budget = nullptr;  // that blocks are charged to
    size_t fetchBytes = size_t{2} << 20;
    size_t aheadBytes = size_t{32} << 20;
  };

  RangeReader(const Table& table, const std::vector<EntryRange>& ranges, std::vector<size_t> columns, Options options);
  RangeReader(const RangeReader&) = delete;
  RangeReader& operator=(const RangeReader&) = delete;
  // Waits for what is being read.
  ~RangeReader();

  // Waits for the next range; nothing after the last.
  Result<std::optional<TableBlock>> next();

 private:
  class State;
  std::shared_ptr<State> state_;  // shared with reads and tasks that are under way
};

// How many decoded bytes a range should have, and may have at most.
struct RangeBytes {
  uint64_t preferred = uint64_t{16} << 20;
  uint64_t most = uint64_t{64} << 20;
};

// How to read within a limit: sizes for ranges and for the reader.
struct ReadingLimits {
  RangeBytes ranges;
  size_t fetchBytes = 0;
  size_t aheadBytes = 0;

  static ReadingLimits of(size_t memoryBytes);
};

// What reading `ranges` takes at most beside its blocks: compressed bytes, and a decompressed basket on each of
// `numThreads`. Its owner charges it to the budget.
uint64_t workingBytes(const Table& table, const std::vector<EntryRange>& ranges, const std::vector<size_t>& columns,
                      size_t fetchBytes, size_t numThreads);

// How many of `columns`, from the first on, are fetched together so that they have at most `mostBytes` compressed; at
// least one, unless there is none.
struct ColumnsAtOnce {
  size_t count = 0;
  uint64_t bytes = 0;  // compressed, of these
};
ColumnsAtOnce columnsAtOnce(const Table& table, EntryRange range, std::span<const size_t> columns, uint64_t mostBytes);

// Cuts the entries `wanted` into ranges to read `columns` by: clusters, small ones joined, large ones cut where little is
// decompressed twice. `most` is kept unless an entry alone is larger.
std::vector<EntryRange> rangesOfEntries(const Table& table, EntryRange wanted, const std::vector<size_t>& columns,
                                        CutSize size);
std::vector<EntryRange> readingRanges(const Table& table, EntryRange wanted, const std::vector<size_t>& columns,
                                      RangeBytes bytes = {});

}  // namespace mlaas::table
