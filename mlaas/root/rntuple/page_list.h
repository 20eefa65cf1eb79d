// The clusters of an RNTuple and where the pages of each column lie.
// Errors:  kCorrupt (entries with gaps, pages outside the file, counts that contradict each other), kUnsupported
//          (sharded clusters, blocks outside files), those of the source.
// Threads: values.
// Source:  docs/formats/rntuple.md, "Clusters and pages".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/root/entry_range.h"
#include "mlaas/root/rntuple/schema.h"

namespace mlaas::root {

struct Page {
  uint64_t offset = 0;
  uint64_t storedBytes = 0;   // without the checksum behind it
  uint64_t firstElement = 0;  // of the column's stored ones in the cluster
  uint32_t numElements = 0;
  bool hasChecksum = false;

  static constexpr size_t kChecksumBytes = 8;
  uint64_t bytesInFile() const { return storedBytes + (hasChecksum ? kChecksumBytes : 0); }
};

// A physical column in one cluster.
struct ColumnPages {
  size_t firstPage = 0;
  uint32_t numPages = 0;
  bool isSuppressed = false;  // another representation is stored instead
  uint32_t compression = 0;   // setting: 100 * algorithm + level
  uint64_t numElements = 0;
};

struct Cluster {
  EntryRange entries;
  std::vector<ColumnPages> columns;  // by physical column; those added later may be missing
};

class PageList {
 public:
  // Reads all page lists that the cluster groups at `footer` name. `headerChecksum` joins them to the header.
  static Result<PageList> read(const File& file, ByteCursor& footer, const Schema& schema, uint64_t headerChecksum,
                               uint64_t maxKeyBytes);

  const std::vector<Cluster>& clusters() const { return clusters_; }
  int64_t numEntries() const { return clusters_.empty() ? 0 : clusters_.back().entries.last; }
  std::span<const Page> pagesOf(const ColumnPages& column) const {
    return std::span(pages_).subspan(column.firstPage, column.numPages);
  }
  // The clusters [first, last) that hold entries of `range`.
  struct Clusters {
    size_t first = 0;
    size_t last = 0;
  };
  Clusters clustersOf(EntryRange range) const;

 private:
  friend class PageListReader;
  std::vector<Cluster> clusters_;  // by entry, none of them empty
  std::vector<Page> pages_;
};

}  // namespace mlaas::root
