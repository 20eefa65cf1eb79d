#include "mlaas/table/expression/evaluation.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "mlaas/table/expression/diagnostic.h"
#include "mlaas/table/expression/result_builder.h"
#include "mlaas/table/expression/scratch.h"

namespace mlaas::table::expression {

namespace {

// A block: as many entries as keep some vectors of it within a cache.
constexpr int64_t kBlockEntries = 2048;
constexpr int64_t kBlockElements = 4096;

// Repeats each entry's value along its list.
template <class T>
void repeatValues(const void* values, const int64_t* offsets, size_t entries, void* out) {
  const auto* from = static_cast<const T*>(values);
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < entries; ++i) {
    const int64_t count = offsets[i + 1] - offsets[i];
    for (int64_t k = 0; k < count; ++k) *to++ = from[i];
  }
}

// The elements whose mask is true; fills the new offsets, from 0.
template <class T>
void maskValues(const BlockValue& list, const bool* mask, size_t entries, int64_t* offsets, void* out) {
  const auto* from = static_cast<const T*>(list.values);
  auto* to = static_cast<T*>(out);
  offsets[0] = 0;
  int64_t kept = 0;
  for (size_t i = 0; i < entries; ++i) {
    for (int64_t k = list.offsets[i]; k < list.offsets[i + 1]; ++k) {
      // Written in any case and overwritten if it is not kept: no branch to mispredict.
      to[kept] = *from++;
      kept += *mask++ ? 1 : 0;
    }
    offsets[i + 1] = kept;
  }
}

template <class T>
void indexValues(const BlockValue& list, const BlockValue& index, const BlockValue& missing, size_t entries,
                 void* out) {
  const auto* elements = static_cast<const T*>(list.values);
  const auto* positions = static_cast<const int64_t*>(index.values);
  const auto* missingValues = static_cast<const T*>(missing.values);
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < entries; ++i) {
    const int64_t count = list.offsets[i + 1] - list.offsets[i];
    int64_t position = positions[index.constant ? 0 : i];
    if (position < 0) position += count;  // from the end
    to[i] = position >= 0 && position < count ? elements[list.offsets[i] - list.offsets[0] + position]
                                              : missingValues[missing.constant ? 0 : i];
  }
}

// Entry numbers for messages.
std::string entryNumber(const EntryNumbers& numbers, int64_t entry) {
  return std::to_string(numbers.rows.empty() ? numbers.first + entry : numbers.rows[static_cast<size_t>(entry)]);
}

class Evaluation {
 public:
  Evaluation(std::string_view text, std::span<const Column> columns, const EntryNumbers& numbers)
      : text_(text), columns_(columns), numbers_(numbers), loaded_(columns.size()) {}

  // The end of the block that starts at `first`.
  int64_t blockEnd(int64_t first, int64_t length) const {
    int64_t last = std::min(length, first + kBlockEntries);
    for (const Column& column : columns_) {
      if (column.offsets.empty()) continue;
      const auto offsets = column.offsetsAt(0);
      const auto begin = offsets.begin() + first;
      const auto end = std::upper_bound(begin + 1, offsets.begin() + last + 1, *begin + kBlockElements);
      last = std::max(first + 1, static_cast<int64_t>(end - offsets.begin()) - 1);
    }
    return last;
  }

  Result<BlockValue> runBlock(const Node& root, int64_t first, int64_t last) {
    scratch_.reset();
    std::fill(loaded_.begin(), loaded_.end(), std::nullopt);
    first_ = first;
    entries_ = static_cast<size_t>(last - first);
    return run(root);
  }

 private:
  size_t elementsOf(const BlockValue& value) const { return value.elements(entries_); }

  Result<BlockValue> run(const Node& node) {
    switch (node.form) {
      case Form::kColumn:
        return column(node);
      case Form::kConstant:
        return BlockValue{&node.constant, true, nullptr, -1};
      case Form::kElementwise:
        return elementwise(node);
      case Form::kComparison:
        return comparison(node);
      case Form::kReduction:
        return reduction(node);
      case Form::kMask:
        return mask(node);
      case Form::kIndex:
        break;
    }
    return index(node);
  }

  // A column's values in this block, converted once however often the expression names it.
  BlockValue column(const Node& node) {
    auto& loaded = loaded_[node.column];
    if (loaded) return *loaded;
    const Column& column = columns_[node.column];
    BlockValue value{nullptr, false, nullptr, -1};
    int64_t from = first_;
    if (node.depth > 0) {
      value.offsets = column.offsetsAt(0).data() + first_;
      value.offsetsColumn = static_cast<int>(node.column);
      from = value.offsets[0];
    }
    const size_t count = elementsOf(value);
    const std::byte* stored =
        count == 0 ? nullptr : column.values->data() + static_cast<size_t>(from) * dtypeBytes(node.columnType);
    const bool asStored = node.columnType == dtypeOf(node.kind) && node.kind != Kind::kBool;
    if (asStored || count == 0) {
      value.values = stored;
    } else {
      std::byte* out = scratch_.allocate(count * kindBytes(node.kind));
      const Operand operand{stored, false};
      node.load(&operand, count, out);
      value.values = out;
    }
    loaded = value;
    return value;
  }

  // Runs the children and brings them to one shape: that of the first list among them, if there is one.
  Result<std::vector<BlockValue>> sameShape(const Node& node) {
    std::vector<BlockValue> values;
    const BlockValue* shape = nullptr;
    size_t shapeChild = 0;
    values.reserve(node.children.size());
    for (size_t i = 0; i < node.children.size(); ++i) {
      MLAAS_TRY(BlockValue value, run(*node.children[i]));
      values.push_back(value);
      if (!value.offsets) continue;
      if (!shape) {
        shape = &values.back();
        shapeChild = i;
      } else {
        MLAAS_CHECK(checkCounts(*shape, value, node, *node.children[shapeChild], *node.children[i]));
      }
    }
    if (!shape) return values;
    for (size_t i = 0; i < values.size(); ++i) {
      if (!values[i].offsets && !values[i].constant) values[i] = repeated(values[i], *shape, node.children[i]->kind);
    }
    return values;
  }

  Result<void> checkCounts(const BlockValue& a, const BlockValue& b, const Node& node, const Node& aNode,
                           const Node& bNode) const {
    if (a.offsets == b.offsets) return {};
    bool same = true;
    for (size_t i = 0; i <= entries_; ++i) same &= a.offsets[i] - a.offsets[0] == b.offsets[i] - b.offsets[0];
    if (same) return {};
    size_t i = 0;
    const auto count = [&i](const BlockValue& value) { return value.offsets[i + 1] - value.offsets[i]; };
    while (count(a) == count(b)) ++i;
    const auto named = [this](const Node& list) {
      return "'" + printable(text_.substr(list.begin, list.end - list.begin)) + "'";
    };
    return complaint(text_, node.mark,
                     named(aNode) + " and " + named(bNode) + " have lists of different lengths, " +
                         std::to_string(count(a)) + " and " + std::to_string(count(b)) + " in entry " +
                         entryNumber(numbers_, first_ + static_cast<int64_t>(i)) + ",");
  }

  BlockValue repeated(const BlockValue& value, const BlockValue& shape, Kind kind) {
    std::byte* out = scratch_.allocate(elementsOf(shape) * kindBytes(kind));
    if (kind == Kind::kBool) {
      repeatValues<bool>(value.values, shape.offsets, entries_, out);
    } else {
      repeatValues<uint64_t>(value.values, shape.offsets, entries_, out);
    }
    return {out, false, shape.offsets, shape.offsetsColumn};
  }

  // A value of the shape that `values` have after sameShape(), its memory still to be filled.
  BlockValue shapedLike(const std::vector<BlockValue>& values, Kind kind, std::byte*& out) {
    BlockValue value{nullptr, true, nullptr, -1};
    for (const BlockValue& other : values) {
      if (other.constant) continue;
      value = {nullptr, false, other.offsets, other.offsetsColumn};
      break;
    }
    out = scratch_.allocate(elementsOf(value) * kindBytes(kind));
    value.values = out;
    return value;
  }

  Result<BlockValue> elementwise(const Node& node) {
    MLAAS_TRY(const std::vector<BlockValue> values, sameShape(node));
    std::byte* out = nullptr;
    const BlockValue result = shapedLike(values, node.kind, out);
    std::vector<Operand> operands;
    operands.reserve(values.size());
    for (const BlockValue& value : values) operands.push_back({value.values, value.constant});
    node.elementwise(operands.data(), elementsOf(result), out);
    return result;
  }

  Result<BlockValue> comparison(const Node& node) {
    MLAAS_TRY(const std::vector<BlockValue> values, sameShape(node));
    std::byte* out = nullptr;
    const BlockValue result = shapedLike(values, Kind::kBool, out);
    const size_t count = elementsOf(result);
    std::byte* next = node.comparisons.size() > 1 ? scratch_.allocate(count) : nullptr;
    for (size_t i = 0; i < node.comparisons.size(); ++i) {
      const Operand pair[2] = {{values[i].values, values[i].constant}, {values[i + 1].values, values[i + 1].constant}};
      node.comparisons[i](pair, count, i == 0 ? out : next);
      if (i == 0) continue;
      for (size_t k = 0; k < count; ++k) out[k] &= next[k];
    }
    return result;
  }

  Result<BlockValue> reduction(const Node& node) {
    MLAAS_TRY(const BlockValue list, run(*node.children[0]));
    Operand missing;
    if (node.children.size() > 1) {
      MLAAS_TRY(const BlockValue value, run(*node.children[1]));
      missing = {value.values, value.constant};
    }
    std::byte* out = scratch_.allocate(entries_ * kindBytes(node.kind));
    node.reduction(list.values, list.offsets, entries_, missing, out);
    return BlockValue{out, false, nullptr, -1};
  }

  Result<BlockValue> mask(const Node& node) {
    MLAAS_TRY(const std::vector<BlockValue> values, sameShape(node));
    const size_t count = elementsOf(values[0]);
    const auto* keep = static_cast<const bool*>(values[1].values);
    // One element more than there can be: the loop writes before it knows.
    std::byte* out = scratch_.allocate((count + 1) * kindBytes(node.kind));
    auto* offsets = reinterpret_cast<int64_t*>(scratch_.allocate((entries_ + 1) * sizeof(int64_t)));
    if (node.kind == Kind::kBool) {
      maskValues<bool>(values[0], keep, entries_, offsets, out);
    } else {
      maskValues<uint64_t>(values[0], keep, entries_, offsets, out);
    }
    return BlockValue{out, false, offsets, -1};
  }

  Result<BlockValue> index(const Node& node) {
    MLAAS_TRY(const BlockValue list, run(*node.children[0]));
    MLAAS_TRY(const BlockValue position, run(*node.children[1]));
    MLAAS_TRY(const BlockValue missing, run(*node.children[2]));
    std::byte* out = scratch_.allocate(entries_ * kindBytes(node.kind));
    if (node.kind == Kind::kBool) {
      indexValues<bool>(list, position, missing, entries_, out);
    } else {
      indexValues<uint64_t>(list, position, missing, entries_, out);
    }
    return BlockValue{out, false, nullptr, -1};
  }

  std::string_view text_;
  std::span<const Column> columns_;
  const EntryNumbers& numbers_;
  Scratch scratch_;
  std::vector<std::optional<BlockValue>> loaded_;  // by column, in this block
  int64_t first_ = 0;                              // the block's first entry
  size_t entries_ = 0;                             // of the block
};

}  // namespace

Result<Column> evaluateTree(const Node& root, const ColumnType& type, std::string_view text,
                            std::span<const Column> columns, int64_t length, const EntryNumbers& entries) {
  Evaluation evaluation(text, columns, entries);
  ResultBuilder builder(type, length);
  for (int64_t first = 0; first < length;) {
    const int64_t last = evaluation.blockEnd(first, length);
    MLAAS_TRY(const BlockValue value, evaluation.runBlock(root, first, last));
    builder.append(value, static_cast<size_t>(last - first));
    first = last;
  }
  return std::move(builder).finish(columns);
}

}  // namespace mlaas::table::expression
