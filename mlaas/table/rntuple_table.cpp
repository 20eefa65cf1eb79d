#include "mlaas/table/rntuple_table.h"

namespace mlaas::table {

namespace {

class FetchedNTuple : public FetchedRange {
 public:
  explicit FetchedNTuple(std::unique_ptr<root::FetchedPages> pages) : pages_(std::move(pages)) {}
  Result<Column> decode(size_t column) override { return pages_->decode(column); }

 private:
  const std::unique_ptr<root::FetchedPages> pages_;
};

class NTupleTable : public Table {
 public:
  explicit NTupleTable(std::shared_ptr<const root::NTuple> ntuple)
      : ntuple_(std::move(ntuple)), columns_(describeColumns(*ntuple_)) {
    for (const root::EntryRange& range : ntuple_->clusters()) clusters_.push_back({range.first, range.last});
  }

  const std::string& url() const override { return ntuple_->file().url(); }
  const std::string& name() const override { return ntuple_->name(); }
  int64_t numEntries() const override { return ntuple_->numEntries(); }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }

  uint64_t entryBytes(const std::vector<size_t>& columns) const override { return ntuple_->entryBytes(columns); }

  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, CutSize size) const override {
    std::vector<EntryRange> pieces;
    for (const root::EntryRange& piece :
         ntuple_->cut({range.first, range.last}, columns, {size.preferred, size.most})) {
      pieces.push_back({piece.first, piece.last});
    }
    return pieces;
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    ntuple_->fetch(
        {range.first, range.last}, columns,
        [done = std::move(done)](Result<std::unique_ptr<root::FetchedPages>> pages) { done(wrap(std::move(pages))); });
  }

  Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const override {
    return wrap(ntuple_->fetchNow({range.first, range.last}, columns));
  }

 private:
  static Result<std::unique_ptr<FetchedRange>> wrap(Result<std::unique_ptr<root::FetchedPages>> pages) {
    if (!pages.ok()) return std::move(pages).error();
    return std::unique_ptr<FetchedRange>(std::make_unique<FetchedNTuple>(*std::move(pages)));
  }

  const std::shared_ptr<const root::NTuple> ntuple_;
  const std::vector<ColumnInfo> columns_;
  std::vector<EntryRange> clusters_;
};

}  // namespace

std::shared_ptr<const Table> makeNTupleTable(std::shared_ptr<const root::NTuple> ntuple) {
  return std::make_shared<NTupleTable>(std::move(ntuple));
}

std::vector<ColumnInfo> describeColumns(const root::NTuple& ntuple) {
  std::vector<ColumnInfo> columns;
  columns.reserve(ntuple.columns().size());
  for (size_t i = 0; i < ntuple.columns().size(); ++i) {
    const root::NTupleColumn& column = ntuple.columns()[i];
    ColumnInfo info;
    info.name = column.name;
    info.type = column.type;
    info.storedType = column.storedType;
    info.compressedBytes = ntuple.columnBytes()[i].stored;
    info.uncompressedBytes = ntuple.columnBytes()[i].plain;
    info.compression = ntuple.compressionOf(i);
    info.unsupported = column.unsupported;
    columns.push_back(std::move(info));
  }
  return columns;
}

}  // namespace mlaas::table
