#include "mlaas/dataset/variation.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mlaas::dataset {

namespace {

using table::ColumnInfo;
using table::EntryRange;
using table::FetchDone;
using table::FetchedRange;
using table::Table;

using Origins = std::vector<size_t>;  // by column: the one that is read for it

class VariedRange : public FetchedRange {
 public:
  VariedRange(std::shared_ptr<const Origins> origins, std::unique_ptr<FetchedRange> fetched)
      : origins_(std::move(origins)), fetched_(std::move(fetched)) {}
  Result<Column> decode(size_t column) override { return fetched_->decode(origins_->at(column)); }
  std::vector<Result<Column>> decodeAll(std::span<const size_t> columns) override {
    std::vector<size_t> own;
    for (const size_t column : columns) own.push_back(origins_->at(column));
    return fetched_->decodeAll(own);
  }

 private:
  const std::shared_ptr<const Origins> origins_;
  const std::unique_ptr<FetchedRange> fetched_;
};

class VariedTable : public Table {
 public:
  VariedTable(std::shared_ptr<const Table> table, Origins origins)
      : table_(std::move(table)), origins_(std::make_shared<const Origins>(std::move(origins))) {
    for (size_t i = 0; i < origins_->size(); ++i) {
      ColumnInfo info = table_->columns()[(*origins_)[i]];
      info.name = table_->columns()[i].name;
      columns_.push_back(std::move(info));
    }
  }

  const std::string& url() const override { return table_->url(); }
  const std::string& name() const override { return table_->name(); }
  int64_t numEntries() const override { return table_->numEntries(); }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<table::ColumnAlias>& aliases() const override { return table_->aliases(); }
  const table::TableLinks& links() const override { return table_->links(); }
  const std::vector<EntryRange>& clusters() const override { return table_->clusters(); }

  uint64_t entryBytes(const std::vector<size_t>& columns) const override {
    return table_->entryBytes(originsOf(columns));
  }
  size_t readGroup(size_t column) const override { return table_->readGroup(origins_->at(column)); }
  uint64_t fetchBytes(EntryRange range, size_t column) const override {
    return table_->fetchBytes(range, origins_->at(column));
  }
  uint64_t stepBytes() const override { return table_->stepBytes(); }
  uint64_t scratchBytes(const std::vector<size_t>& columns) const override {
    return table_->scratchBytes(originsOf(columns));
  }
  size_t metadataBytes() const override { return table_->metadataBytes(); }

  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns,
                              table::CutSize size) const override {
    return table_->cut(range, originsOf(columns), size);
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    table_->fetch(range, originsOf(columns), [origins = origins_, done = std::move(done)](auto fetched) {
      done(vary(origins, std::move(fetched)));
    });
  }

  Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const override {
    return vary(origins_, table_->fetchNow(range, originsOf(columns)));
  }

 private:
  static Result<std::unique_ptr<FetchedRange>> vary(const std::shared_ptr<const Origins>& origins,
                                                    Result<std::unique_ptr<FetchedRange>> fetched) {
    if (!fetched.ok()) return fetched;
    return std::unique_ptr<FetchedRange>(std::make_unique<VariedRange>(origins, *std::move(fetched)));
  }

  // Each once: a column and the one that replaces it may both be asked for.
  std::vector<size_t> originsOf(const std::vector<size_t>& columns) const {
    std::vector<size_t> origins;
    for (const size_t column : columns) {
      const size_t origin = origins_->at(column);
      if (std::find(origins.begin(), origins.end(), origin) == origins.end()) origins.push_back(origin);
    }
    return origins;
  }

  const std::shared_ptr<const Table> table_;
  const std::shared_ptr<const Origins> origins_;
  std::vector<ColumnInfo> columns_;
};

Result<size_t> findColumn(const Table& table, const std::string& name, const Variation& variation) {
  auto found = table.findColumn(name);
  if (found.ok()) return found;
  return Error(ErrorCode::kInvalidArgument,
               variation.where + ": variation '" + variation.name + "': " + found.error().what());
}

}  // namespace

Result<std::shared_ptr<const Table>> varyTable(std::shared_ptr<const Table> table, const Variation& variation) {
  Origins origins(table->columns().size());
  std::iota(origins.begin(), origins.end(), 0);
  for (const auto& [column, by] : variation.replacements) {
    MLAAS_TRY(const size_t replaced, findColumn(*table, column, variation));
    MLAAS_TRY(const size_t origin, findColumn(*table, by, variation));
    const ColumnInfo& from = table->columns()[replaced];
    const ColumnInfo& to = table->columns()[origin];
    if (from.type.jaggedDepth != to.type.jaggedDepth || from.type.shape != to.type.shape ||
        from.type.isString != to.type.isString) {
      return Error(ErrorCode::kInvalidArgument, variation.where + ": variation '" + variation.name + "': '" + by +
                                                    "' of type " + to.type.name() + " cannot stand for '" + column +
                                                    "' of type " + from.type.name());
    }
    origins[replaced] = origin;
  }
  std::shared_ptr<const Table> varied = std::make_shared<const VariedTable>(std::move(table), std::move(origins));
  return varied;
}

}  // namespace mlaas::dataset
