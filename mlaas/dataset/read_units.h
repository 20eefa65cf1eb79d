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

// What planning needs to know of a file.
struct ClusteredFile {
  std::span<const table::EntryRange> clusters;
  uint32_t sample = 0;
  size_t entryBytes = 0;  // uncompressed bytes of an entry's needed columns, on average
};

// A cluster of a file, or a piece of one that is large.
struct ReadUnit {
  uint32_t file = 0;
  uint32_t sample = 0;
  table::EntryRange range;
};

// How a memory limit is shared out. A stream holds two buffers and the units in work, the cache half of the limit.
struct MemoryPlan {
  size_t bufferBytes = 0;  // rows that are shuffled together
  size_t unitBytes = 0;    // what reading one unit may take
  size_t cacheBytes = 0;
  size_t maxUnitsInWork = 0;

  static MemoryPlan of(size_t limitBytes);
};

// All units in the order of files and entries; a cluster whose estimate is above the plan's unitBytes is cut evenly.
// `rowBytes` is what one row takes in memory beside the file's own bytes.
std::vector<ReadUnit> planUnits(std::span<const ClusteredFile> files, const MemoryPlan& plan, size_t rowBytes);

// One buffer's share of an epoch: positions [first, last) in EpochPlan::units.
struct EpochBuffer {
  size_t first = 0;
  size_t last = 0;
  int64_t numRows = 0;
};

struct EpochPlan {
  std::vector<uint32_t> units;  // indices of units that have rows, in reading order
  std::vector<EpochBuffer> buffers;
  int64_t numRows = 0;
};

// Orders the units that have rows. Shuffled: every sample's units in a seeded order and spread evenly over the epoch, so
// that each buffer holds the samples in nearly their proportion. Buffers get nearly equal numbers of rows, about
// `bufferRows` at most. rowsOfUnit[i] and units[i] belong together.
EpochPlan planEpoch(std::span<const ReadUnit> units, std::span<const int64_t> rowsOfUnit, int64_t bufferRows,
                    bool shuffle, uint64_t seed);

}  // namespace mlaas::dataset
