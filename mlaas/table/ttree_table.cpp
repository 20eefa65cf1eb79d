#include "mlaas/table/ttree_table.h"

#include <unordered_map>

namespace mlaas::table {

namespace {

class FetchedTree : public FetchedRange {
 public:
  explicit FetchedTree(std::unique_ptr<root::FetchedBaskets> baskets) : baskets_(std::move(baskets)) {}
  Result<Column> decode(size_t column) override { return baskets_->decode(column); }

 private:
  const std::unique_ptr<root::FetchedBaskets> baskets_;
};

class TreeTable : public Table {
 public:
  explicit TreeTable(std::shared_ptr<const root::Tree> tree)
      : tree_(std::move(tree)), columns_(describeColumns(*tree_, false)), links_(linksOf(*tree_)) {
    for (const root::EntryRange& range : tree_->clusters()) clusters_.push_back({range.first, range.last});
  }

  const std::string& url() const override { return tree_->file().url(); }
  const std::string& name() const override { return tree_->name(); }
  int64_t numEntries() const override { return tree_->numEntries(); }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }
  const TableLinks& links() const override { return links_; }

  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, CutSize size) const override {
    std::vector<EntryRange> pieces;
    for (const root::EntryRange& piece : tree_->cut({range.first, range.last}, columns, {size.preferred, size.most})) {
      pieces.push_back({piece.first, piece.last});
    }
    return pieces;
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    tree_->fetch({range.first, range.last}, columns,
                 [done = std::move(done)](Result<std::unique_ptr<root::FetchedBaskets>> baskets) {
                   done(wrap(std::move(baskets)));
                 });
  }

  Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const override {
    return wrap(tree_->fetchNow({range.first, range.last}, columns));
  }

 private:
  static Result<std::unique_ptr<FetchedRange>> wrap(Result<std::unique_ptr<root::FetchedBaskets>> baskets) {
    if (!baskets.ok()) return std::move(baskets).error();
    return std::unique_ptr<FetchedRange>(std::make_unique<FetchedTree>(*std::move(baskets)));
  }

  const std::shared_ptr<const root::Tree> tree_;
  const std::vector<ColumnInfo> columns_;
  const TableLinks links_;
  std::vector<EntryRange> clusters_;
};

}  // namespace

std::shared_ptr<const Table> makeTreeTable(std::shared_ptr<const root::Tree> tree) {
  return std::make_shared<TreeTable>(std::move(tree));
}

TableLinks linksOf(const root::Tree& tree) {
  TableLinks links;
  for (const root::DeclaredFriend& declared : tree.friends()) {
    links.friends.push_back({declared.alias, declared.tree, declared.file});
  }
  links.index = tree.indexNames();
  return links;
}

std::vector<ColumnInfo> describeColumns(const root::Tree& tree, bool withCompression) {
  // The members of one branch share its bytes: sums over columns are sums over branches.
  std::unordered_map<size_t, uint64_t> numColumns;
  numColumns.reserve(tree.columns().size());
  for (const root::ColumnPlan& plan : tree.columns()) ++numColumns[plan.branch];
  std::vector<ColumnInfo> columns;
  columns.reserve(tree.columns().size());
  std::vector<std::string> compressions;
  if (withCompression) compressions = tree.compressions();
  for (const root::ColumnPlan& plan : tree.columns()) {
    const root::Branch& branch = tree.branchOf(plan);
    ColumnInfo info;
    info.name = plan.name;
    info.type = plan.type;
    info.storedType = plan.storedType;
    info.counter = plan.counter;
    info.compressedBytes = branch.storedBytes / numColumns[plan.branch];
    info.uncompressedBytes = branch.plainBytes / numColumns[plan.branch];
    if (withCompression) info.compression = std::move(compressions[columns.size()]);
    info.unsupported = plan.unsupported;
    if (branch.numEntries != tree.numEntries()) info.ownEntries = branch.numEntries;
    columns.push_back(std::move(info));
  }
  return columns;
}

}  // namespace mlaas::table
