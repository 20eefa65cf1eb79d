// Tables of many files with few of them open: each is opened once to learn its columns, entries and clusters, and again
// when it is read after others pushed it out.
// Errors:  those of openTable(); kCorrupt where a file changed since it was opened first.
// Threads: any; the tables too.
// Owns:    a table that it gave out keeps the pool alive; fetched ranges keep their file open.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

class TablePool : public std::enable_shared_from_this<TablePool> {
 public:
  // How many tables are kept open, and the metadata of how many bytes: what was used longest ago goes. The one used last
  // stays open whatever it takes.
  struct Limits {
    size_t mostOpen = 64;  // far below the usual limit of 1024 open files
    size_t mostBytes = size_t{256} << 20;
  };

  static std::shared_ptr<TablePool> make(Limits limits);
  static std::shared_ptr<TablePool> make() { return make(Limits()); }

  struct Opened {
    std::shared_ptr<const Table> pooled;  // holds no file open
    std::shared_ptr<const Table> direct;  // the same table while it is open
  };
  // Opens a file's table. Tables with the same columns share one list of them, whose sizes are those of the first.
  Result<Opened> open(const FileReference& reference);

  size_t numOpen() const;

 private:
  class PooledTable;
  using Columns = std::shared_ptr<const std::vector<ColumnInfo>>;
  struct Slot {
    const PooledTable* owner;
    std::shared_ptr<const Table> table;
    size_t bytes;  // of its metadata
  };

  explicit TablePool(Limits limits) : limits_(limits) {}
  // The open table behind `pooled`.
  Result<std::shared_ptr<const Table>> acquire(const PooledTable& pooled);
  std::shared_ptr<const Table> findOpen(const PooledTable& pooled);
  void keep(const PooledTable& pooled, std::shared_ptr<const Table> table);
  void forget(const PooledTable& pooled);
  Columns shareColumns(const std::vector<ColumnInfo>& columns);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::list<Slot> slots_;         // under mutex_; the latest used first
  size_t slotBytes_ = 0;          // under mutex_
  std::vector<Columns> columns_;  // under mutex_
};

}  // namespace mlaas::table
