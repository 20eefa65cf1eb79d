// An RNTuple of a file as columns: opened once, then fetched and decoded range by range.
// Errors:  kCorrupt, kUnsupported, those of the source; messages name file, ntuple, column and page.
// Threads: immutable after open(); shared by threads. decode() of different columns may run at the same time.
// Owns:    a share of its file.
// Source:  docs/formats/rntuple.md.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mlaas/root/directory.h"
#include "mlaas/root/range_cuts.h"
#include "mlaas/root/rntuple/column_reader.h"
#include "mlaas/root/rntuple/offset_paths.h"

namespace mlaas::root {

class NTuple;

// The pages of some columns of a range of entries, as the file holds them.
class FetchedPages {
 public:
  FetchedPages(const NTuple& ntuple, EntryRange range, const std::vector<size_t>& columns);

  // Decodes one of the fetched columns.
  Result<Column> decode(size_t column);

 private:
  friend class NTuple;
  // Levels that several of the columns share, or that fetching had to follow: followed once.
  struct SharedLevels {
    std::mutex mutex;
    std::unique_ptr<WalkedLevels> levels;  // under mutex
  };
  Result<WalkedLevels> walk(size_t column);

  const NTuple& ntuple_;
  const EntryRange range_;
  std::vector<bool> isFetched_;  // by column
  PageStore store_;
  std::vector<std::unique_ptr<SharedLevels>> shared_;  // by path; nullptr where one column alone needs it
};

class NTuple {
 public:
  // Reads header, footer and page lists; no page is read.
  static Result<std::shared_ptr<const NTuple>> open(std::shared_ptr<const File> file, const DirectoryEntry& entry);

  const File& file() const { return *file_; }
  // With folders.
  const std::string& name() const { return name_; }
  int64_t numEntries() const { return pages_.numEntries(); }
  const std::vector<NTupleColumn>& columns() const { return columns_; }
  // Ranges that are cheap to read as a whole: clusters, cut or joined.
  const std::vector<EntryRange>& clusters() const { return clusters_; }

  // Bytes of a column's pages in all clusters. Pages that several columns share count for the first of them.
  struct Bytes {
    uint64_t stored = 0;
    uint64_t plain = 0;
    uint64_t values = 0;  // of plain, without the ends of collections
  };
  const std::vector<Bytes>& columnBytes() const { return columnBytes_; }
  // The fields and pages behind the columns.
  NTupleView view() const { return {&schema_, &pages_}; }
  // Bytes of an entry of `columns` in memory, on average.
  uint64_t entryBytes(const std::vector<size_t>& columns) const;
  // Cuts a range where few of the columns' pages have to be decompressed twice.
  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, RangeSize size) const;
  // The codec of the column's pages: "zstd", "none", or empty where there are none.
  std::string compressionOf(size_t column) const;

  // Starts to read what decode() of `columns` needs. The ntuple must outlive the result.
  void fetch(EntryRange range, const std::vector<size_t>& columns,
             std::function<void(Result<std::unique_ptr<FetchedPages>>)> done) const;
  // The same on the caller's thread.
  Result<std::unique_ptr<FetchedPages>> fetchNow(EntryRange range, const std::vector<size_t>& columns) const;

 private:
  friend class FetchedPages;
  struct Fetch;
  NTuple() = default;
  Result<void> readMetadata(const Key& key);
  void countBytes();
  Result<std::shared_ptr<Fetch>> startFetch(EntryRange range, const std::vector<size_t>& columns) const;
  // Makes the next round of reads; calls done after the last.
  static void continueFetch(std::shared_ptr<Fetch> fetch);
  // "FILE: ntuple N", for messages.
  std::string place() const;

  std::shared_ptr<const File> file_;
  std::string name_;
  Schema schema_;
  PageList pages_;
  std::vector<NTupleColumn> columns_;
  std::vector<Bytes> columnBytes_;
  std::vector<EntryRange> clusters_;
  OffsetPaths paths_;
};

}  // namespace mlaas::root
