// Elements of lists: by mask, by index, by lists of indices, by slice.
#include <algorithm>

#include "mlaas/table/expression/diagnostic.h"
#include "mlaas/table/expression/evaluator.h"

namespace mlaas::table::expression {

namespace {

// The elements whose mask is true; fills the new offsets, from 0.
template <class T>
void maskValues(const BlockValue& list, const bool* mask, size_t lists, int64_t* offsets, void* out) {
  const auto* from = static_cast<const T*>(list.values);
  const int64_t* ends = list.innermost();
  auto* to = static_cast<T*>(out);
  offsets[0] = 0;
  int64_t kept = 0;
  for (size_t i = 0; i < lists; ++i) {
    for (int64_t k = ends[i]; k < ends[i + 1]; ++k) {
      // Written in any case and overwritten if it is not kept: no branch to mispredict.
      to[kept] = *from++;
      kept += *mask++ ? 1 : 0;
    }
    offsets[i + 1] = kept;
  }
}

template <class T>
void indexValues(const BlockValue& list, const BlockValue& index, const BlockValue& missing, bool negativeIsMissing,
                 size_t entries, void* out) {
  const auto* elements = static_cast<const T*>(list.values);
  const auto* positions = static_cast<const int64_t*>(index.values);
  const auto* missingValues = static_cast<const T*>(missing.values);
  const int64_t* offsets = list.offsets[0];
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < entries; ++i) {
    const int64_t count = offsets[i + 1] - offsets[i];
    int64_t position = positions[index.constant ? 0 : i];
    if (position < 0 && !negativeIsMissing) position += count;  // from the end
    to[i] = position >= 0 && position < count ? elements[offsets[i] - offsets[0] + position]
                                              : missingValues[missing.constant ? 0 : i];
  }
}

template <class T>
void gatherValues(const void* values, const int64_t* positions, size_t count, void* out) {
  const auto* from = static_cast<const T*>(values);
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) to[i] = from[positions[i]];
}

// As gatherValues; a negative position stands for missing[i].
template <class T>
void gatherOrMissing(const void* values, const int64_t* positions, size_t count, const Operand& missing, void* out) {
  const auto* from = static_cast<const T*>(values);
  const auto* instead = static_cast<const T*>(missing.values);
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) {
    to[i] = positions[i] < 0 ? instead[missing.constant ? 0 : i] : from[positions[i]];
  }
}

// Where a bound of a slice falls in a list of `count` elements, as in Python.
int64_t sliceBound(int64_t bound, int64_t count) {
  if (bound < 0) bound = std::max<int64_t>(0, bound + count);
  return std::min(bound, count);
}

}  // namespace

Result<BlockValue> Evaluator::gathered(const Node& node, const BlockValue& list, int level, const int64_t* offsets,
                                       const int64_t* positions, size_t count) {
  BlockValue result = list;
  result.offsetsColumn = -1;
  result.offsets[static_cast<size_t>(level - 1)] = offsets;
  for (; level < list.depth; ++level) {
    const int64_t* from = list.offsets[static_cast<size_t>(level)];
    auto* to = allocate<int64_t>(count + 1);
    to[0] = 0;
    for (size_t i = 0; i < count; ++i) to[i + 1] = to[i] + from[positions[i] + 1] - from[positions[i]];
    const auto total = static_cast<size_t>(to[count]);
    MLAAS_CHECK(admit(total, list.countAt(level + 1, entries_), node));
    auto* next = allocate<int64_t>(total);
    int64_t* out = next;
    for (size_t i = 0; i < count; ++i) {
      for (int64_t k = from[positions[i]]; k < from[positions[i] + 1]; ++k) *out++ = k - from[0];
    }
    result.offsets[static_cast<size_t>(level)] = to;
    positions = next;
    count = total;
  }
  std::byte* out = allocateValues(node.kind, count);
  visitWidth(node.kind, [&]<class T>(T) { gatherValues<T>(list.values, positions, count, out); });
  result.values = out;
  return result;
}

Result<BlockValue> Evaluator::mask(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, runAll(node.children));
  const BlockValue& list = values[0];
  const BlockValue& keep = values[1];
  MLAAS_CHECK(checkCounts(list, keep, keep.depth, node, *node.children[0], *node.children[1]));
  if (keep.depth < list.depth) return maskLists(node, list, keep);
  const size_t lists = list.countAt(list.depth - 1, entries_);
  // One element more than there can be: the loop writes before it knows.
  std::byte* out = allocateValues(node.kind, elementsOf(list) + 1);
  auto* offsets = allocate<int64_t>(lists + 1);
  const auto* kept = static_cast<const bool*>(keep.values);
  visitWidth(node.kind, [&]<class T>(T) { maskValues<T>(list, kept, lists, offsets, out); });
  BlockValue result = list;
  result.values = out;
  result.offsets[static_cast<size_t>(list.depth - 1)] = offsets;
  result.offsetsColumn = -1;
  return result;
}

// Keeps whole lists.
Result<BlockValue> Evaluator::maskLists(const Node& node, const BlockValue& list, const BlockValue& keep) {
  const int64_t* from = keep.innermost();
  const size_t lists = keep.countAt(keep.depth - 1, entries_);
  const auto* kept = static_cast<const bool*>(keep.values);
  auto* positions = allocate<int64_t>(elementsOf(keep));
  auto* offsets = allocate<int64_t>(lists + 1);
  size_t count = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < lists; ++i) {
    for (int64_t k = from[i] - from[0]; k < from[i + 1] - from[0]; ++k) {
      if (kept[k]) positions[count++] = k;
    }
    offsets[i + 1] = static_cast<int64_t>(count);
  }
  return gathered(node, list, keep.depth, offsets, positions, count);
}

Result<BlockValue> Evaluator::index(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, runAll(node.children));
  const BlockValue& list = values[0];
  const BlockValue& index = values[1];
  if (list.depth == 1) {
    std::byte* out = allocateValues(node.kind, entries_);
    visitWidth(node.kind,
               [&]<class T>(T) { indexValues<T>(list, index, values[2], node.negativeIsMissing, entries_, out); });
    BlockValue result;
    result.values = out;
    return result;
  }
  // A list of lists: its list at the index, or an empty one.
  const int64_t* outer = list.offsets[0];
  const int64_t* inner = list.offsets[1];
  const auto* wanted = static_cast<const int64_t*>(index.values);
  auto* offsets = allocate<int64_t>(entries_ + 1);
  auto* positions = allocate<int64_t>(list.countAt(2, entries_));
  size_t count = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < entries_; ++i) {
    const int64_t lists = outer[i + 1] - outer[i];
    int64_t position = wanted[index.constant ? 0 : i];
    if (position < 0 && !node.negativeIsMissing) position += lists;
    if (position >= 0 && position < lists) {
      position += outer[i] - outer[0];
      for (int64_t k = inner[position]; k < inner[position + 1]; ++k) positions[count++] = k - inner[0];
    }
    offsets[i + 1] = static_cast<int64_t>(count);
  }
  MLAAS_TRY(BlockValue result, gathered(node, list, 2, offsets, positions, count));
  std::copy(result.offsets.begin() + 1, result.offsets.end(), result.offsets.begin());
  --result.depth;
  return result;
}

Result<BlockValue> Evaluator::take(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, runAll(node.children));
  const BlockValue& list = values[0];
  const BlockValue& index = values[1];
  const int level = index.depth;
  MLAAS_CHECK(checkCounts(list, index, level - 1, node, *node.children[0], *node.children[1]));
  const size_t lists = index.countAt(level - 1, entries_);
  const int64_t* from = list.offsets[static_cast<size_t>(level - 1)];
  const int64_t* wanted = index.innermost();
  const auto* indices = static_cast<const int64_t*>(index.values);
  auto* positions = allocate<int64_t>(elementsOf(index));
  size_t count = 0;
  for (size_t i = 0; i < lists; ++i) {
    const int64_t length = from[i + 1] - from[i];
    for (int64_t k = wanted[i]; k < wanted[i + 1]; ++k) {
      int64_t position = *indices++;
      if (position < 0 && !node.negativeIsMissing) position += length;
      const bool isThere = position >= 0 && position < length;
      if (!isThere && values.size() < 3) {
        return complaint(text_, node.mark,
                         "no element " + std::to_string(indices[-1]) + " in a list of " + std::to_string(length) +
                             " of " + quoted(*node.children[0]) + " in entry " + entryOf(index, level - 1, i) + ",",
                         "; give a default for what is not there");
      }
      positions[count++] = isThere ? from[i] - from[0] + position : -1;
    }
  }
  if (level < list.depth) return gathered(node, list, level, wanted, positions, count);
  std::byte* out = allocateValues(node.kind, count);
  Operand missing;
  if (values.size() > 2) {
    const BlockValue instead = repeated(values[2], index, level, node.kind);
    missing = {instead.values, instead.constant};
  }
  visitWidth(node.kind, [&]<class T>(T) { gatherOrMissing<T>(list.values, positions, count, missing, out); });
  BlockValue result = index;
  result.values = out;
  return result;
}

Result<BlockValue> Evaluator::slice(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, runAll(node.children));
  const BlockValue& list = values[0];
  const auto* firsts = static_cast<const int64_t*>(values[1].values);
  const auto* ends = static_cast<const int64_t*>(values[2].values);
  const int64_t* from = list.offsets[0];
  auto* offsets = allocate<int64_t>(entries_ + 1);
  auto* positions = allocate<int64_t>(list.countAt(1, entries_));
  size_t count = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < entries_; ++i) {
    const int64_t length = from[i + 1] - from[i];
    const int64_t first = sliceBound(firsts[values[1].constant ? 0 : i], length);
    const int64_t end = sliceBound(ends[values[2].constant ? 0 : i], length);
    const int64_t start = from[i] - from[0];
    for (int64_t k = first; k < end; ++k) positions[count++] = start + k;
    offsets[i + 1] = static_cast<int64_t>(count);
  }
  return gathered(node, list, 1, offsets, positions, count);
}

}  // namespace mlaas::table::expression
