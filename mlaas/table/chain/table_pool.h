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
  // Far below the usual limit of 1024 open files; the metadata of so many trees are some hundred MB at most.
  static constexpr size_t kMostOpen = 64;

  static std::shared_ptr<TablePool> make(size_t mostOpen = kMostOpen);

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
  };

  explicit TablePool(size_t mostOpen) : mostOpen_(mostOpen) {}
  // The open table behind `pooled`.
  Result<std::shared_ptr<const Table>> acquire(const PooledTable& pooled);
  std::shared_ptr<const Table> findOpen(const PooledTable& pooled);
  void keep(const PooledTable& pooled, std::shared_ptr<const Table> table);
  void forget(const PooledTable& pooled);
  Columns shareColumns(const std::vector<ColumnInfo>& columns);

  const size_t mostOpen_;
  mutable std::mutex mutex_;
  std::list<Slot> slots_;         // under mutex_; the latest used first
  std::vector<Columns> columns_;  // under mutex_
};

}  // namespace mlaas::table
