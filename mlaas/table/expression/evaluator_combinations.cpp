// Elements put together: choices of several of a list, lists beside the elements of another, lists joined, the nearest.
#include <algorithm>
#include <array>

#include "mlaas/table/expression/diagnostic.h"
#include "mlaas/table/expression/evaluator.h"

namespace mlaas::table::expression {

namespace {

// n! / k! / (n - k)!, or something above `limit` where it is above.
size_t chooseCount(size_t n, size_t k, size_t limit) {
  if (k > n) return 0;
  size_t count = 1;
  for (size_t i = 0; i < std::min(k, n - k); ++i) {
    count = count * (n - i) / (i + 1);
    if (count > limit) return limit + 1;
  }
  return count;
}

int64_t* writePairs(int64_t start, int64_t end, int64_t* out) {
  for (int64_t i = start; i < end; ++i) {
    for (int64_t j = i + 1; j < end; ++j, out += 2) {
      out[0] = i;
      out[1] = j;
    }
  }
  return out;
}

// Writes all choices of k of n positions in their order, each shifted by `start`.
int64_t* writeChoices(size_t n, size_t k, int64_t start, int64_t* out) {
  if (k == 2) return writePairs(start, start + static_cast<int64_t>(n), out);
  std::array<size_t, 8> chosen{};
  for (size_t i = 0; i < k; ++i) chosen[i] = i;
  while (true) {
    for (size_t i = 0; i < k; ++i) *out++ = start + static_cast<int64_t>(chosen[i]);
    size_t last = k;
    while (last > 0 && chosen[last - 1] == n - k + last - 1) --last;
    if (last == 0) return out;
    ++chosen[last - 1];
    for (size_t i = last; i < k; ++i) chosen[i] = chosen[i - 1] + 1;
  }
}

template <class T>
void copyLists(const BlockValue& inner, const int64_t* outer, size_t entries, void* out) {
  const auto* values = static_cast<const T*>(inner.values);
  const int64_t* offsets = inner.offsets[0];
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < entries; ++i) {
    for (int64_t k = outer[i]; k < outer[i + 1]; ++k) {
      to = std::copy(values + (offsets[i] - offsets[0]), values + (offsets[i + 1] - offsets[0]), to);
    }
  }
}

template <class T>
void joinLists(const std::vector<BlockValue>& lists, size_t entries, void* out) {
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < entries; ++i) {
    for (const BlockValue& list : lists) {
      const auto* values = static_cast<const T*>(list.values);
      const int64_t* offsets = list.offsets[0];
      to = std::copy(values + (offsets[i] - offsets[0]), values + (offsets[i + 1] - offsets[0]), to);
    }
  }
}

}  // namespace

Result<Evaluator::Choices> Evaluator::choices(const Node& node, const BlockValue& list) {
  const int64_t* from = list.innermost();
  for (const Choices& made : choices_) {
    if (made.of == from && made.choose == node.choose) return made;
  }
  const auto k = static_cast<size_t>(node.choose);
  const size_t lists = list.countAt(list.depth - 1, entries_);
  auto* offsets = allocate<int64_t>(lists + 1);
  offsets[0] = 0;
  size_t total = 0;
  for (size_t i = 0; i < lists; ++i) {
    total += chooseCount(static_cast<size_t>(from[i + 1] - from[i]), k, kMaxMadeValues);
    MLAAS_CHECK(admit(total * k, 0, node));
    offsets[i + 1] = static_cast<int64_t>(total);
  }
  auto* positions = allocate<int64_t>(total * k);
  int64_t* out = positions;
  for (size_t i = 0; i < lists; ++i) {
    const auto length = static_cast<size_t>(from[i + 1] - from[i]);
    if (length >= k) out = writeChoices(length, k, from[i] - from[0], out);
  }
  choices_.push_back({from, node.choose, offsets, regularOffsets(total, k), positions, total * k});
  return choices_.back();
}

Result<BlockValue> Evaluator::combinations(const Node& node) {
  MLAAS_TRY(const BlockValue list, run(*node.children[0]));
  MLAAS_TRY(const Choices chosen, choices(node, list));
  std::byte* out = allocateValues(node.kind, chosen.count);
  visitWidth(node.kind, [&]<class T>(T) {
    const auto* from = static_cast<const T*>(list.values);
    auto* to = reinterpret_cast<T*>(out);
    for (size_t i = 0; i < chosen.count; ++i) to[i] = from[chosen.positions[i]];
  });
  BlockValue result = list;
  result.values = out;
  result.offsets[static_cast<size_t>(list.depth - 1)] = chosen.lists;
  result.offsets[static_cast<size_t>(list.depth)] = chosen.elements;
  result.offsetsColumn = -1;
  ++result.depth;
  return result;
}

Result<BlockValue> Evaluator::forEach(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, runAll(node.children));
  const int64_t* outer = values[0].offsets[0];
  const int64_t* inner = values[1].offsets[0];
  auto* offsets = allocate<int64_t>(static_cast<size_t>(outer[entries_] - outer[0]) + 1);
  size_t list = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < entries_; ++i) {
    const int64_t count = inner[i + 1] - inner[i];
    for (int64_t k = outer[i]; k < outer[i + 1]; ++k, ++list) {
      offsets[list + 1] = offsets[list] + count;
      MLAAS_CHECK(admit(static_cast<size_t>(offsets[list + 1]), 0, node));
    }
  }
  std::byte* out = allocateValues(node.kind, static_cast<size_t>(offsets[list]));
  visitWidth(node.kind, [&]<class T>(T) { copyLists<T>(values[1], outer, entries_, out); });
  BlockValue result;
  result.values = out;
  result.depth = 2;
  result.offsets[0] = outer;
  result.offsets[1] = offsets;
  return result;
}

Result<BlockValue> Evaluator::concatenate(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> lists, runAll(node.children));
  auto* offsets = allocate<int64_t>(entries_ + 1);
  offsets[0] = 0;
  for (size_t i = 0; i < entries_; ++i) {
    offsets[i + 1] = offsets[i];
    for (const BlockValue& list : lists) offsets[i + 1] += list.offsets[0][i + 1] - list.offsets[0][i];
  }
  std::byte* out = allocateValues(node.kind, static_cast<size_t>(offsets[entries_]));
  visitWidth(node.kind, [&]<class T>(T) { joinLists<T>(lists, entries_, out); });
  BlockValue result;
  result.values = out;
  result.depth = 1;
  result.offsets[0] = offsets;
  return result;
}

Result<BlockValue> Evaluator::neighbour(const Node& node) {
  const std::span<const NodePtr> children(node.children);
  MLAAS_TRY(const std::vector<BlockValue> points, sameShape(node, children.first(2)));
  MLAAS_TRY(const std::vector<BlockValue> others, sameShape(node, children.subspan(2, 2)));
  const BlockValue& shape = points[0].depth >= points[1].depth ? points[0] : points[1];
  const BlockValue& otherShape = others[0].depth >= others[1].depth ? others[0] : others[1];
  const int64_t* from = shape.depth > 0 ? shape.offsets[0] : nullptr;
  const int64_t* to = otherShape.offsets[0];
  for (size_t i = 0; i < entries_; ++i) {
    const auto left = static_cast<size_t>(from ? from[i + 1] - from[i] : 1);
    const auto right = static_cast<size_t>(to[i + 1] - to[i]);
    if (right == 0 || left <= kMaxNeighbourPairs / right) continue;
    return complaint(text_, node.mark,
                     quoted(node) + " compares " + std::to_string(left) + " with " + std::to_string(right) +
                         " points in entry " + entryOf({}, 0, i) + ", more than " + std::to_string(kMaxNeighbourPairs) +
                         " pairs,",
                     "; shorten the lists first, with a mask or a slice");
  }
  std::vector<Operand> operands;
  for (const BlockValue& value : points) operands.push_back({value.values, value.constant});
  for (const BlockValue& value : others) operands.push_back({value.values, value.constant});
  BlockValue result;
  result.depth = shape.depth;
  result.offsets = shape.offsets;
  result.offsetsColumn = shape.offsetsColumn;
  BlockValue missing;
  missing.constant = true;
  if (children.size() > 4) {
    MLAAS_TRY(missing, run(*children[4]));
    missing = repeated(missing, result, result.depth, node.kind);
  }
  operands.push_back({missing.values, missing.constant});
  std::byte* out = allocateValues(node.kind, elementsOf(result));
  node.neighbour(operands.data(), from, to, entries_, out);
  result.values = out;
  return result;
}

}  // namespace mlaas::table::expression
