// Runs the nodes of an expression on one block of entries after the other.
// Memory: what a block makes lies in a Scratch, used again for the next block. Where a list is copied many times
//         (combinations, forEach, index lists of lists) a block makes at most kMaxMadeValues values: a block that would
//         make more is tried again with fewer entries, and one entry that would is an error.
// Threads: one thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/table/expression.h"
#include "mlaas/table/expression/block_value.h"
#include "mlaas/table/expression/node.h"
#include "mlaas/table/expression/scratch.h"

namespace mlaas::table::expression {

inline constexpr size_t kMaxMadeValues = size_t{1} << 20;
// Pairs of points that nearest() looks at in one entry.
inline constexpr size_t kMaxNeighbourPairs = size_t{1} << 28;

class Evaluator {
 public:
  Evaluator(std::string_view text, std::span<const Column> columns, const EntryNumbers& numbers, bool countsArithmetic)
      : text_(text),
        columns_(columns),
        numbers_(numbers),
        countsArithmetic_(countsArithmetic),
        loaded_(columns.size()) {}

  // The end of the block that starts at `first`.
  int64_t blockEnd(int64_t first, int64_t length) const;

  // The values of `root` in the entries [first, last); valid until the next call.
  Result<BlockValue> runBlock(const Node& root, int64_t first, int64_t last);

  // Whether runBlock() failed because of the size of the block.
  bool isTooLarge() const { return isTooLarge_; }
  // Of the last block, where they are asked for.
  const ArithmeticCounts& counts() const { return counts_; }

 private:
  // The choices of `choose` elements of the lists of `offsets`.
  struct Choices {
    const int64_t* of = nullptr;
    int choose = 0;
    const int64_t* lists = nullptr;     // choices of each list
    const int64_t* elements = nullptr;  // elements of each choice
    const int64_t* positions = nullptr;
    size_t count = 0;  // of positions
  };

  size_t elementsOf(const BlockValue& value) const { return value.elements(entries_); }
  template <class T>
  T* allocate(size_t count) {
    return reinterpret_cast<T*>(scratch_.allocate(count * sizeof(T)));
  }
  std::byte* allocateValues(Kind kind, size_t count) { return scratch_.allocate(count * kindBytes(kind)); }

  Result<BlockValue> run(const Node& node);
  // Whether a block may make so many values out of `given` ones.
  Result<void> admit(size_t made, size_t given, const Node& node, size_t most = kMaxMadeValues);
  // The entry of an element of a level, for messages.
  std::string entryOf(const BlockValue& value, int level, size_t element) const;
  std::string quoted(const Node& node) const;

  // evaluator.cpp
  BlockValue column(const Node& node);
  const void* loadColumn(const Node& node, const Column& column, int64_t first, size_t count);
  const int64_t* regularOffsets(size_t lists, size_t elements);
  Result<std::vector<BlockValue>> runAll(std::span<const NodePtr> nodes);
  // Runs nodes and brings them to one shape: that of the deepest among them.
  Result<std::vector<BlockValue>> sameShape(const Node& node, std::span<const NodePtr> nodes);
  // That two values have the same counts down to `levels`.
  Result<void> checkCounts(const BlockValue& a, const BlockValue& b, int levels, const Node& node, const Node& aNode,
                           const Node& bNode) const;
  // `value` repeated along the lists of `shape`, down to `depth`.
  BlockValue repeated(BlockValue value, const BlockValue& shape, int depth, Kind kind);
  BlockValue shapedLike(const std::vector<BlockValue>& values, Kind kind, std::byte*& out);
  Result<BlockValue> elementwise(const Node& node);
  Result<BlockValue> comparison(const Node& node);
  Result<BlockValue> reduction(const Node& node);
  Result<BlockValue> count(const Node& node);
  Result<BlockValue> listwise(const Node& node);

  // evaluator_selection.cpp
  Result<BlockValue> mask(const Node& node);
  Result<BlockValue> maskLists(const Node& node, const BlockValue& list, const BlockValue& keep);
  Result<BlockValue> index(const Node& node);
  Result<BlockValue> take(const Node& node);
  Result<BlockValue> slice(const Node& node);
  // The elements of `list` at `positions` of `level`, as the lists of `offsets` of the level above.
  Result<BlockValue> gathered(const Node& node, const BlockValue& list, int level, const int64_t* offsets,
                              const int64_t* positions, size_t count);

  // evaluator_combinations.cpp
  Result<BlockValue> combinations(const Node& node);
  Result<Choices> choices(const Node& node, const BlockValue& list);
  Result<BlockValue> forEach(const Node& node);
  Result<BlockValue> concatenate(const Node& node);
  Result<BlockValue> neighbour(const Node& node);

  std::string_view text_;
  std::span<const Column> columns_;
  const EntryNumbers& numbers_;
  bool countsArithmetic_;
  ArithmeticCounts counts_;
  Scratch scratch_;
  std::vector<std::optional<BlockValue>> loaded_;  // by column, in this block
  std::vector<Choices> choices_;                   // of this block
  int64_t first_ = 0;                              // the block's first entry
  size_t entries_ = 0;                             // of the block
  bool isTooLarge_ = false;
};

// Calls function(T{}) with a type of the width of a value of `kind`.
template <class Function>
auto visitWidth(Kind kind, Function&& function) {
  if (kind == Kind::kBool) return function(uint8_t{});
  if (kind == Kind::kString) return function(std::string_view{});
  return function(uint64_t{});
}

}  // namespace mlaas::table::expression
