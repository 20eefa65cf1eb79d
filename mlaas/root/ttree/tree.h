// A TTree of a file as columns: opened once, then fetched and decoded range by range.
// Errors:  kCorrupt, kUnsupported, those of the source; messages name file, tree, branch and basket.
// Threads: immutable after open(); shared by threads. decode() of different columns may run at the same time.
// Owns:    a share of its file.
// Source:  docs/formats/ttree.md.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/root/directory.h"
#include "mlaas/root/entry_range.h"
#include "mlaas/root/range_cuts.h"
#include "mlaas/root/ttree/column_decoder.h"
#include "mlaas/root/ttree/column_plan.h"
#include "mlaas/root/ttree/tree_metadata.h"

namespace mlaas::root {

// Whether a key holds a tree.
bool isTree(const Key& key);

class Tree;
class WantedBaskets;

// The baskets of some branches that cover a range of entries, as the file holds them.
class FetchedBaskets {
 public:
  explicit FetchedBaskets(const Tree& tree, EntryRange range) : tree_(tree), range_(range) {}

  // Decodes one of the fetched columns.
  Result<Column> decode(size_t column) const;
  // Decodes some of them; the baskets of those of one branch are decompressed once.
  std::vector<Result<Column>> decodeAll(std::span<const size_t> columns) const;

 private:
  friend class Tree;
  struct BranchBytes {
    size_t branch = 0;
    size_t firstBasket = 0;
    size_t endBasket = 0;
    std::span<const std::byte> records;  // of the baskets in the file, one after the other; in records_
  };
  const BranchBytes* find(size_t branch) const;
  // The branch's baskets with entries in `range`; kInternal where they were not fetched.
  Result<std::vector<BasketPart>> partsOf(size_t branch, EntryRange range) const;
  Result<Column> decodeRange(const ColumnPlan& plan, EntryRange range) const;
  // With the names of tree and column where it failed.
  Result<Column> named(Result<Column> decoded, const ColumnPlan& plan) const;
  Result<Column> decodeCounter(const ColumnPlan& plan, EntryRange range) const;

  const Tree& tree_;
  const EntryRange range_;
  Buffer records_;                     // of all branches
  std::vector<BranchBytes> branches_;  // by branch
};

class Tree {
 public:
  // Reads the tree's metadata; no basket is read.
  static Result<std::shared_ptr<const Tree>> open(std::shared_ptr<const File> file, const DirectoryEntry& entry);

  const File& file() const { return *file_; }
  // With folders.
  const std::string& name() const { return name_; }
  int64_t numEntries() const { return metadata_.numEntries; }
  const std::vector<ColumnPlan>& columns() const { return columns_; }
  const std::vector<EntryRange>& clusters() const { return clusters_; }
  const std::vector<DeclaredFriend>& friends() const { return metadata_.friends; }
  const std::vector<std::string>& indexNames() const { return metadata_.indexNames; }
  const Branch& branchOf(const ColumnPlan& column) const { return metadata_.branches[column.branch]; }
  // Cuts a range where few of the columns' baskets have to be decompressed twice.
  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, RangeSize size) const;
  // The codec of each column's first basket in the file: "zstd", "none", or empty where there is none.
  std::vector<std::string> compressions() const;

  // Starts to read what decode() of `columns` needs. The tree must outlive the result.
  void fetch(EntryRange range, const std::vector<size_t>& columns,
             std::function<void(Result<std::unique_ptr<FetchedBaskets>>)> done) const;
  // The same on the caller's thread.
  Result<std::unique_ptr<FetchedBaskets>> fetchNow(EntryRange range, const std::vector<size_t>& columns) const;

 private:
  friend class FetchedBaskets;
  struct FetchPlan {
    std::unique_ptr<FetchedBaskets> fetched;
    std::map<const File*, std::vector<io::ReadRequest>> requests;  // by the file that holds the baskets
  };
  // Reads what is wanted from other files than the tree's own, on the caller's thread.
  Result<void> readSideFiles(FetchPlan& plan) const;
  const File& fileOf(const Branch& branch) const { return branch.sideFile ? *branch.sideFile : *file_; }
  Tree() = default;
  // kUnsupported or kCorrupt where the entries of a column cannot be read.
  Result<void> checkReadable(EntryRange range, const ColumnPlan& plan) const;
  // A basket that lies behind the end of a truncated file.
  Error lostBasket(size_t branch, size_t basket) const;
  // What the records of baskets take; kCorrupt where one lies behind the end of its file.
  Result<size_t> recordBytes(const WantedBaskets& wanted) const;
  Result<FetchPlan> planFetch(EntryRange range, const std::vector<size_t>& columns) const;
  // A leaf in the first baskets of a branch, while the columns are planned.
  Result<Column> peek(size_t branch, std::shared_ptr<const ValueNode> root, uint32_t leaf, size_t mostBaskets);
  // "FILE: tree T", for messages.
  std::string place() const;

  std::shared_ptr<const File> file_;
  std::string name_;
  TreeMetadata metadata_;
  std::vector<ColumnPlan> columns_;
  std::vector<EntryRange> clusters_;
};

}  // namespace mlaas::root
