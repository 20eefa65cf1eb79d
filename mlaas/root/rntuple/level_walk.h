// Follows the levels of a column from the entries down to its values: each step turns ranges of elements into those of
// the level below, and into offsets.
// Errors:  kCorrupt (ends that fall, variants out of order), kOverloaded (more than one call may return).
// Threads: a walk belongs to one thread.
// Source:  docs/formats/rntuple.md, "Columns".
#pragma once

#include <vector>

#include "mlaas/root/rntuple/field_columns.h"
#include "mlaas/root/rntuple/stored_column.h"

namespace mlaas::root {

// What one call may return; a larger range is read in pieces.
inline constexpr uint64_t kMostColumnBytes = uint64_t{16} << 30;
// Zeros that no byte of the file stands for.
inline constexpr uint64_t kMostZeroBytes = uint64_t{256} << 20;

// Elements of one cluster that a level asks for.
struct ClusterSpan {
  size_t cluster = 0;
  ElementSpan elements;
};

// The metadata of an RNTuple that reading needs.
struct NTupleView {
  const Schema* schema = nullptr;
  const PageList* pages = nullptr;
};

// All pages of the column `id` of the schema in `cluster`.
std::span<const Page> pagesIn(const NTupleView& view, const Cluster& cluster, uint32_t id);

class LevelWalk {
 public:
  // Starts at the entries `range`.
  LevelWalk(const NTupleView& view, EntryRange range);

  const std::vector<ClusterSpan>& spans() const { return spans_; }
  // Elements of all spans.
  uint64_t numElements() const { return numElements_; }

  // The column `id` of the schema as the cluster of `span` stores it; it has all elements of the span.
  Result<StoredColumn> locate(uint32_t id, const ClusterSpan& span) const;

  // Steps down one level. Returns its offsets, nullptr where the level makes none.
  Result<SharedBuffer> descend(const Level& level, const PageStore& store);

 private:
  Result<SharedBuffer> multiply(const Level& level);
  Result<SharedBuffer> followColumn(const Level& level, const PageStore& store);

  NTupleView view_;
  std::vector<ClusterSpan> spans_;
  uint64_t numElements_ = 0;
  uint64_t perEntry_ = 1;  // elements of an entry; 0 below collections, where it differs
};

// The levels above a column's values, followed: where the values lie, and the offsets.
struct WalkedLevels {
  LevelWalk walk;
  std::vector<SharedBuffer> offsets;

  // Follows one more level.
  Result<void> follow(const Level& level, const PageStore& store);
};

// kOverloaded where a column of `count` elements of `width` bytes is more than one call may return.
Result<void> checkAmount(uint64_t count, uint64_t width);

// A buffer of `bytes`; kOverloaded where there is no memory.
Result<std::shared_ptr<Buffer>> makeRoom(uint64_t bytes);

// Fills to[1 ...] with the ends of the collections `span`, counted on from to[0], and returns the elements in them.
Result<ElementSpan> readCollections(const StoredColumn& column, const PageStore& store, ElementSpan span, int64_t* to);

// The same for one alternative of variants.
Result<ElementSpan> readAlternatives(const StoredColumn& column, const PageStore& store, ElementSpan span,
                                     uint32_t alternative, int64_t* to);

}  // namespace mlaas::root
