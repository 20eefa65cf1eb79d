#include "mlaas/table/ttree_table.h"

#include <algorithm>
#include <unordered_map>

namespace mlaas::table {

namespace {

class FetchedTree : public FetchedRange {
 public:
  explicit FetchedTree(std::unique_ptr<root::FetchedBaskets> baskets) : baskets_(std::move(baskets)) {}
  Result<Column> decode(size_t column) override { return baskets_->decode(column); }
  std::vector<Result<Column>> decodeAll(std::span<const size_t> columns) override {
    return baskets_->decodeAll(columns);
  }

 private:
  const std::unique_ptr<root::FetchedBaskets> baskets_;
};

class TreeTable : public Table {
 public:
  explicit TreeTable(std::shared_ptr<const root::Tree> tree)
      : tree_(std::move(tree)), columns_(describeColumns(*tree_, false)), links_(linksOf(*tree_)) {
    for (const root::EntryRange& range : tree_->clusters()) clusters_.push_back({range.first, range.last});
    for (const root::ColumnPlan& plan : tree_->columns()) ++numColumnsOf_[plan.branch];
  }

  const std::string& url() const override { return tree_->file().url(); }
  const std::string& name() const override { return tree_->name(); }
  int64_t numEntries() const override { return tree_->numEntries(); }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }
  const TableLinks& links() const override { return links_; }

  size_t readGroup(size_t column) const override { return tree_->columns()[column].branch; }

  // Baskets are read as a whole, for all columns of the branch.
  uint64_t fetchBytes(EntryRange range, size_t column) const override {
    const root::ColumnPlan& plan = tree_->columns()[column];
    const root::BasketIndex& baskets = tree_->branchOf(plan).baskets;
    uint64_t bytes = 0;
    const auto after = std::ranges::upper_bound(baskets.firstEntry, range.first);
    auto basket = static_cast<size_t>(std::max<int64_t>(0, after - baskets.firstEntry.begin() - 1));
    for (; basket < baskets.size() && baskets.firstEntry[basket] < range.last; ++basket) bytes += baskets.bytes[basket];
    return bytes;
  }

  // Branches share nothing.
  uint64_t stepBytes() const override { return uint64_t{256} << 10; }

  uint64_t scratchBytes(const std::vector<size_t>& columns) const override {
    double most = 0;
    for (const size_t column : columns) {
      const root::Branch& branch = tree_->branchOf(tree_->columns()[column]);
      if (branch.baskets.bytes.empty() || branch.storedBytes == 0) continue;
      const double ratio = static_cast<double>(branch.plainBytes) / static_cast<double>(branch.storedBytes);
      most = std::max(most, *std::ranges::max_element(branch.baskets.bytes) * std::max(1.0, ratio));
    }
    return static_cast<uint64_t>(most);
  }

  size_t metadataBytes() const override {
    constexpr size_t kColumnBytes = 1024;  // branch, leaf, plan, description
    constexpr size_t kBasketBytes =
        sizeof(int64_t) + sizeof(uint64_t) + sizeof(uint32_t) + sizeof(std::shared_ptr<int>);
    size_t bytes = columns_.size() * kColumnBytes;
    for (const root::ColumnPlan& plan : tree_->columns()) {
      bytes += tree_->branchOf(plan).baskets.size() * kBasketBytes / numColumnsOf_.at(plan.branch);
    }
    return bytes;
  }

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
  std::unordered_map<size_t, size_t> numColumnsOf_;  // by branch
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
