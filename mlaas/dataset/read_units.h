// The pieces in which a dataset is read, and the order in which an epoch takes them. Pure functions: the order depends on
// the data, the memory limit, the seed and the epoch, never on threads or timing.
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::dataset {

// What is read at once: clusters of a file, one, or a piece of one that is large.
struct ReadUnit {
  uint32_t file = 0;
  uint32_t sample = 0;
  table::EntryRange range;
};

// How a memory limit is shared out. A stream holds two buffers and the units in work, the cache half of the limit.
struct MemoryPlan {
  size_t bufferBytes = 0;  // rows that are shuffled together
  size_t unitBytes = 0;    // columns and rows of one unit
  size_t cacheBytes = 0;
  size_t workBytes = 0;       // all units in work
  size_t openFilesBytes = 0;  // what is known of open files

  static MemoryPlan of(size_t limitBytes);
};

// What reading a file in units takes.
struct UnitSizes {
  size_t entryBytes = 0;  // of an entry's columns in memory, on average
  size_t rowBytes = 0;    // of a row of features
};

// The ranges of entries by which `columns` of `table` are read, in order: clusters joined or cut, where little is
// decompressed twice, so that each takes at most the plan's unitBytes.
std::vector<table::EntryRange> unitRanges(const table::Table& table, const std::vector<size_t>& columns,
                                          UnitSizes sizes, const MemoryPlan& plan);

// What reading one of `ranges` takes at most beside its columns and rows: compressed bytes and a decompressed basket.
size_t workingBytes(const table::Table& table, const std::vector<size_t>& columns,
                    std::span<const table::EntryRange> ranges);

// One buffer's share of an epoch: positions [first, last) in EpochPlan::units.
struct EpochBuffer {
  size_t first = 0;
  size_t last = 0;
  int64_t numRows = 0;
};

// Which rows of a unit are taken: numbers [first, first + count), modulo their number, of a random order of its own.
struct TakenRows {
  int64_t first = 0;
  int64_t count = 0;
};

struct EpochPlan {
  std::vector<uint32_t> units;   // indices of units that have rows, in reading order
  std::vector<TakenRows> taken;  // beside units: which of their rows; empty where all are taken
  std::vector<EpochBuffer> buffers;
  int64_t numRows = 0;
};

// Orders the units that have rows. Shuffled: every sample's units in a seeded order and spread evenly over the epoch, so
// that each buffer holds the samples in nearly their proportion. Buffers get nearly equal numbers of rows, about
// `bufferRows` at most. rowsOfUnit[i] and units[i] belong together.
EpochPlan planEpoch(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit, int64_t bufferRows,
                    bool shuffle, uint64_t seed);

// One turn of a unit in an epoch in which units come several times, or with some of their rows.
struct UnitTurn {
  uint32_t unit = 0;
  TakenRows rows;
};

// The same, shuffled, of turns that have rows.
EpochPlan planMixedEpoch(std::span<const ReadUnit> units, std::span<const UnitTurn> turns, int64_t bufferRows,
                         uint64_t seed);

}  // namespace mlaas::dataset
