#include "mlaas/table/chain/table_pool.h"

#include <algorithm>
#include <utility>

namespace mlaas::table {

namespace {

// Lists of columns that are compared with those of a new file; files beyond have lists of their own.
constexpr size_t kMostSharedLists = 16;

bool sameColumns(const std::vector<ColumnInfo>& a, const std::vector<ColumnInfo>& b) {
  return std::ranges::equal(a, b, [](const ColumnInfo& x, const ColumnInfo& y) {
    return x.name == y.name && x.type == y.type && x.storedType == y.storedType && x.counter == y.counter &&
           x.unsupported == y.unsupported;
  });
}

// Keeps the file open while its bytes are in use.
class HeldRange : public FetchedRange {
 public:
  HeldRange(std::shared_ptr<const Table> table, std::unique_ptr<FetchedRange> fetched)
      : table_(std::move(table)), fetched_(std::move(fetched)) {}
  Result<Column> decode(size_t column) override { return fetched_->decode(column); }
  std::vector<Result<Column>> decodeAll(std::span<const size_t> columns) override {
    return fetched_->decodeAll(columns);
  }

 private:
  const std::shared_ptr<const Table> table_;
  const std::unique_ptr<FetchedRange> fetched_;  // goes before the table
};

Result<std::unique_ptr<FetchedRange>> hold(std::shared_ptr<const Table> table,
                                           Result<std::unique_ptr<FetchedRange>> fetched) {
  if (!fetched.ok()) return std::move(fetched).error();
  return std::unique_ptr<FetchedRange>(std::make_unique<HeldRange>(std::move(table), *std::move(fetched)));
}

}  // namespace

class TablePool::PooledTable : public Table {
 public:
  PooledTable(std::shared_ptr<TablePool> pool, FileReference reference, const Table& opened, Columns columns)
      : pool_(std::move(pool)),
        reference_(std::move(reference)),
        url_(opened.url()),
        name_(opened.name()),
        numEntries_(opened.numEntries()),
        columns_(std::move(columns)),
        clusters_(opened.clusters()),
        links_(opened.links()) {}
  PooledTable(const PooledTable&) = delete;
  PooledTable& operator=(const PooledTable&) = delete;
  ~PooledTable() override { pool_->forget(*this); }

  const std::string& url() const override { return url_; }
  const std::string& name() const override { return name_; }
  int64_t numEntries() const override { return numEntries_; }
  const std::vector<ColumnInfo>& columns() const override { return *columns_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }
  const TableLinks& links() const override { return links_; }
  size_t metadataBytes() const override { return clusters_.size() * sizeof(EntryRange); }

  // What the open file knows; of one that cannot be opened the reading will tell.
  uint64_t entryBytes(const std::vector<size_t>& columns) const override {
    const auto table = pool_->acquire(*this);
    return table.ok() ? (*table)->entryBytes(columns) : Table::entryBytes(columns);
  }
  size_t readGroup(size_t column) const override {
    const auto table = pool_->acquire(*this);
    return table.ok() ? (*table)->readGroup(column) : Table::readGroup(column);
  }
  uint64_t fetchBytes(EntryRange range, size_t column) const override {
    const auto table = pool_->acquire(*this);
    return table.ok() ? (*table)->fetchBytes(range, column) : Table::fetchBytes(range, column);
  }
  uint64_t stepBytes() const override {
    const auto table = pool_->acquire(*this);
    return table.ok() ? (*table)->stepBytes() : Table::stepBytes();
  }
  uint64_t scratchBytes(const std::vector<size_t>& columns) const override {
    const auto table = pool_->acquire(*this);
    return table.ok() ? (*table)->scratchBytes(columns) : Table::scratchBytes(columns);
  }
  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, CutSize size) const override {
    const auto table = pool_->acquire(*this);
    return table.ok() ? (*table)->cut(range, columns, size) : Table::cut(range, columns, size);
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    auto table = pool_->acquire(*this);
    if (!table.ok()) return done(std::move(table).error());
    const Table& opened = **table;
    opened.fetch(range, std::move(columns),
                 [table = *std::move(table), done = std::move(done)](Result<std::unique_ptr<FetchedRange>> fetched) {
                   done(hold(table, std::move(fetched)));
                 });
  }

  Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const override {
    MLAAS_TRY(auto table, pool_->acquire(*this));
    auto fetched = table->fetchNow(range, std::move(columns));
    return hold(std::move(table), std::move(fetched));
  }

  Result<std::shared_ptr<const Table>> reopen() const {
    MLAAS_TRY(auto table, openTable(reference_.url, reference_.tree));
    if (table->numEntries() == numEntries_ && sameColumns(table->columns(), *columns_)) return table;
    return Error(ErrorCode::kCorrupt, url_ + ": tree " + name_ + " had " + std::to_string(numEntries_) +
                                          " entries in " + std::to_string(columns_->size()) + " columns and now has " +
                                          std::to_string(table->numEntries()) + " in " +
                                          std::to_string(table->columns().size()) +
                                          ": the file was changed while it was read; start again");
  }

 private:
  const std::shared_ptr<TablePool> pool_;
  const FileReference reference_;
  const std::string url_;
  const std::string name_;
  const int64_t numEntries_;
  const Columns columns_;
  const std::vector<EntryRange> clusters_;
  const TableLinks links_;
};

std::shared_ptr<TablePool> TablePool::make(Limits limits) { return std::shared_ptr<TablePool>(new TablePool(limits)); }

Result<TablePool::Opened> TablePool::open(const FileReference& reference) {
  MLAAS_TRY(auto table, openTable(reference.url, reference.tree));
  auto pooled =
      std::make_shared<const PooledTable>(shared_from_this(), reference, *table, shareColumns(table->columns()));
  keep(*pooled, table);
  return Opened{std::move(pooled), std::move(table)};
}

size_t TablePool::numOpen() const {
  std::lock_guard lock(mutex_);
  return slots_.size();
}

Result<std::shared_ptr<const Table>> TablePool::acquire(const PooledTable& pooled) {
  if (auto table = findOpen(pooled)) return table;
  // Without the lock: opening a remote file takes long. Two threads may open the same file; one is kept.
  MLAAS_TRY(auto table, pooled.reopen());
  keep(pooled, table);
  return table;
}

std::shared_ptr<const Table> TablePool::findOpen(const PooledTable& pooled) {
  std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(slots_, &pooled, &Slot::owner);
  if (found == slots_.end()) return nullptr;
  slots_.splice(slots_.begin(), slots_, found);
  return found->table;
}

void TablePool::keep(const PooledTable& pooled, std::shared_ptr<const Table> table) {
  const size_t bytes = table->metadataBytes();
  std::vector<std::shared_ptr<const Table>> out;  // closed after the lock is gone
  std::lock_guard lock(mutex_);
  if (std::ranges::find(slots_, &pooled, &Slot::owner) != slots_.end()) return;
  slots_.push_front({&pooled, std::move(table), bytes});
  slotBytes_ += bytes;
  while (slots_.size() > 1 && (slots_.size() > limits_.mostOpen || slotBytes_ > limits_.mostBytes)) {
    slotBytes_ -= slots_.back().bytes;
    out.push_back(std::move(slots_.back().table));
    slots_.pop_back();
  }
}

void TablePool::forget(const PooledTable& pooled) {
  std::shared_ptr<const Table> out;
  std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(slots_, &pooled, &Slot::owner);
  if (found == slots_.end()) return;
  out = std::move(found->table);
  slotBytes_ -= found->bytes;
  slots_.erase(found);
}

TablePool::Columns TablePool::shareColumns(const std::vector<ColumnInfo>& columns) {
  std::lock_guard lock(mutex_);
  for (const Columns& known : columns_) {
    if (sameColumns(*known, columns)) return known;
  }
  auto made = std::make_shared<const std::vector<ColumnInfo>>(columns);
  if (columns_.size() < kMostSharedLists) columns_.push_back(made);
  return made;
}

}  // namespace mlaas::table
