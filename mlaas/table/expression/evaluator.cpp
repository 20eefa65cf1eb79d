#include "mlaas/table/expression/evaluator.h"

#include <algorithm>

#include "mlaas/table/expression/arithmetic_watch.h"
#include "mlaas/table/expression/diagnostic.h"

namespace mlaas::table::expression {

namespace {

// A block: as many entries as keep some vectors of it within a cache.
constexpr int64_t kBlockEntries = 2048;
constexpr int64_t kBlockElements = 4096;

// Repeats each value along its list.
template <class T>
void repeatValues(const void* values, const int64_t* offsets, size_t lists, void* out) {
  const auto* from = static_cast<const T*>(values);
  auto* to = static_cast<T*>(out);
  for (size_t i = 0; i < lists; ++i) {
    const int64_t count = offsets[i + 1] - offsets[i];
    for (int64_t k = 0; k < count; ++k) *to++ = from[i];
  }
}

// Values of a column before entry `entry`, fixed arrays left out.
int64_t elementsBefore(const Column& column, int64_t entry) {
  for (size_t level = 0; level < column.offsets.size() - (column.type.isString ? 1 : 0); ++level) {
    entry = column.offsetsAt(level)[static_cast<size_t>(entry)];
  }
  return entry;
}

}  // namespace

int64_t Evaluator::blockEnd(int64_t first, int64_t length) const {
  int64_t last = std::min(length, first + kBlockEntries);
  for (const Column& column : columns_) {
    const auto width = static_cast<int64_t>(std::max<size_t>(1, column.type.valuesPerElement()));
    if (column.offsets.empty() && width == 1) continue;
    const int64_t most = std::max<int64_t>(1, kBlockElements / width);
    const int64_t begin = elementsBefore(column, first);
    // The last entry within the limit, at least one.
    int64_t low = first + 1;
    int64_t high = last;
    while (low < high) {
      const int64_t middle = low + (high - low + 1) / 2;
      if (elementsBefore(column, middle) - begin <= most) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    last = low;
  }
  return last;
}

Result<BlockValue> Evaluator::runBlock(const Node& root, int64_t first, int64_t last) {
  scratch_.reset();
  std::fill(loaded_.begin(), loaded_.end(), std::nullopt);
  choices_.clear();
  first_ = first;
  entries_ = static_cast<size_t>(last - first);
  isTooLarge_ = false;
  counts_ = {};
  return run(root);
}

Result<void> Evaluator::admit(size_t made, size_t given, const Node& node, size_t most) {
  if (made <= most || made <= given) return {};
  isTooLarge_ = entries_ > 1;
  return complaint(text_, node.mark,
                   quoted(node) + " makes more than " + std::to_string(most) + " values in entry " + entryOf({}, 0, 0) +
                       ", which is the limit,",
                   "; shorten the lists first, with a mask or a slice");
}

std::string Evaluator::entryOf(const BlockValue& value, int level, size_t element) const {
  while (level-- > 0) {
    const int64_t* offsets = value.offsets[static_cast<size_t>(level)];
    const auto* end = offsets + value.countAt(level, entries_) + 1;
    element =
        static_cast<size_t>(std::upper_bound(offsets, end, offsets[0] + static_cast<int64_t>(element)) - offsets - 1);
  }
  const int64_t entry = first_ + static_cast<int64_t>(element);
  return std::to_string(numbers_.rows.empty() ? numbers_.first + entry : numbers_.rows[static_cast<size_t>(entry)]);
}

std::string Evaluator::quoted(const Node& node) const {
  return "'" + printable(text_.substr(node.begin, node.end - node.begin)) + "'";
}

Result<BlockValue> Evaluator::run(const Node& node) {
  switch (node.form) {
    case Form::kColumn:
      return column(node);
    case Form::kConstant: {
      const void* value = &node.constant;
      if (node.kind == Kind::kString) value = &node.text;
      return BlockValue{value, true, 0, {}, -1};
    }
    case Form::kElementwise:
      return elementwise(node);
    case Form::kComparison:
    case Form::kMembership:
      return comparison(node);
    case Form::kReduction:
      return reduction(node);
    case Form::kCount:
      return count(node);
    case Form::kListwise:
      return listwise(node);
    case Form::kMask:
      return mask(node);
    case Form::kIndex:
      return index(node);
    case Form::kTake:
      return take(node);
    case Form::kSlice:
      return slice(node);
    case Form::kCombinations:
      return combinations(node);
    case Form::kForEach:
      return forEach(node);
    case Form::kConcatenate:
      return concatenate(node);
    case Form::kNeighbour:
      break;
  }
  return neighbour(node);
}

// A column's values in this block, converted once however often the expression names it.
BlockValue Evaluator::column(const Node& node) {
  auto& loaded = loaded_[node.column];
  if (loaded) return *loaded;
  const Column& column = columns_[node.column];
  BlockValue value;
  value.depth = node.depth;
  int64_t first = first_;
  size_t count = entries_;
  const size_t jagged = column.offsets.size() - (column.type.isString ? 1 : 0);
  for (size_t level = 0; level < jagged; ++level) {
    value.offsets[level] = column.offsetsAt(level).data() + first;
    first = value.offsets[level][0];
    count = static_cast<size_t>(value.offsets[level][count] - first);
  }
  for (size_t k = 0; k < column.type.shape.size(); ++k) {
    const size_t dimension = column.type.shape[k];
    value.offsets[jagged + k] = regularOffsets(count, dimension);
    first *= static_cast<int64_t>(dimension);
    count *= dimension;
  }
  if (jagged > 0 && column.type.shape.empty()) value.offsetsColumn = static_cast<int>(node.column);
  value.values = loadColumn(node, column, first, count);
  loaded = value;
  return value;
}

const int64_t* Evaluator::regularOffsets(size_t lists, size_t elements) {
  auto* offsets = allocate<int64_t>(lists + 1);
  for (size_t i = 0; i <= lists; ++i) offsets[i] = static_cast<int64_t>(i * elements);
  return offsets;
}

const void* Evaluator::loadColumn(const Node& node, const Column& column, int64_t first, size_t count) {
  if (count == 0) return nullptr;
  if (node.kind == Kind::kString) {
    const int64_t* ends = column.offsets.back()->as<int64_t>().data() + first;
    const auto* characters = column.values ? reinterpret_cast<const char*>(column.values->data()) : nullptr;
    auto* out = allocate<std::string_view>(count);
    for (size_t i = 0; i < count; ++i) {
      const auto size = static_cast<size_t>(ends[i + 1] - ends[i]);
      out[i] = size == 0 ? std::string_view() : std::string_view(characters + ends[i], size);
    }
    return out;
  }
  const std::byte* stored = column.values->data() + static_cast<size_t>(first) * dtypeBytes(node.columnType);
  if (node.columnType == dtypeOf(node.kind) && node.kind != Kind::kBool) return stored;
  std::byte* out = allocateValues(node.kind, count);
  const Operand operand{stored, false};
  node.load(&operand, count, out);
  return out;
}

Result<std::vector<BlockValue>> Evaluator::runAll(std::span<const NodePtr> nodes) {
  std::vector<BlockValue> values;
  values.reserve(nodes.size());
  for (const NodePtr& node : nodes) {
    MLAAS_TRY(BlockValue value, run(*node));
    values.push_back(value);
  }
  return values;
}

Result<std::vector<BlockValue>> Evaluator::sameShape(const Node& node, std::span<const NodePtr> nodes) {
  MLAAS_TRY(std::vector<BlockValue> values, runAll(nodes));
  size_t deepest = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i].depth > values[deepest].depth) deepest = i;
  }
  const BlockValue shape = values[deepest];
  if (shape.depth == 0) return values;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i == deepest || values[i].constant) continue;
    if (i < deepest) {
      MLAAS_CHECK(checkCounts(values[i], shape, values[i].depth, node, *nodes[i], *nodes[deepest]));
    } else {
      MLAAS_CHECK(checkCounts(shape, values[i], values[i].depth, node, *nodes[deepest], *nodes[i]));
    }
    values[i] = repeated(values[i], shape, shape.depth, nodes[i]->kind);
  }
  return values;
}

Result<void> Evaluator::checkCounts(const BlockValue& a, const BlockValue& b, int levels, const Node& node,
                                    const Node& aNode, const Node& bNode) const {
  size_t lists = entries_;
  for (int level = 0; level < levels; ++level) {
    const int64_t* left = a.offsets[static_cast<size_t>(level)];
    const int64_t* right = b.offsets[static_cast<size_t>(level)];
    bool same = true;
    if (left != right) {
      for (size_t i = 0; i <= lists; ++i) same &= left[i] - left[0] == right[i] - right[0];
    }
    if (!same) {
      size_t i = 0;
      while (left[i + 1] - left[i] == right[i + 1] - right[i]) ++i;
      return complaint(text_, node.mark,
                       quoted(aNode) + " and " + quoted(bNode) + " have lists of different lengths, " +
                           std::to_string(left[i + 1] - left[i]) + " and " + std::to_string(right[i + 1] - right[i]) +
                           " in entry " + entryOf(a, level, i) + ",");
    }
    lists = static_cast<size_t>(left[lists] - left[0]);
  }
  return {};
}

BlockValue Evaluator::repeated(BlockValue value, const BlockValue& shape, int depth, Kind kind) {
  if (value.constant) return value;
  while (value.depth < depth) {
    const int64_t* offsets = shape.offsets[static_cast<size_t>(value.depth)];
    const size_t lists = shape.countAt(value.depth, entries_);
    std::byte* out = allocateValues(kind, static_cast<size_t>(offsets[lists] - offsets[0]));
    visitWidth(kind, [&]<class T>(T) { repeatValues<T>(value.values, offsets, lists, out); });
    value.values = out;
    ++value.depth;
  }
  value.offsets = shape.offsets;
  value.offsetsColumn = shape.offsetsColumn;
  return value;
}

// A value of the shape that `values` have after sameShape(), its memory still to be filled.
BlockValue Evaluator::shapedLike(const std::vector<BlockValue>& values, Kind kind, std::byte*& out) {
  BlockValue value;
  value.constant = true;
  for (const BlockValue& other : values) {
    if (other.constant) continue;
    value = other;
    break;
  }
  out = allocateValues(kind, elementsOf(value));
  value.values = out;
  return value;
}

Result<BlockValue> Evaluator::elementwise(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, sameShape(node, node.children));
  std::byte* out = nullptr;
  const BlockValue result = shapedLike(values, node.kind, out);
  std::vector<Operand> operands;
  operands.reserve(values.size());
  for (const BlockValue& value : values) operands.push_back({value.values, value.constant});
  node.elementwise(operands.data(), elementsOf(result), out);
  if (countsArithmetic_ && node.watch != Watch::kNothing) {
    ArithmeticCounts found;
    watchElements(node.watch, operands, elementsOf(result), out, found);
    // A constant stands for a value of each entry.
    for (size_t times = result.constant ? entries_ : 1; times > 0; --times) counts_ += found;
  }
  return result;
}

Result<BlockValue> Evaluator::comparison(const Node& node) {
  MLAAS_TRY(const std::vector<BlockValue> values, sameShape(node, node.children));
  std::byte* out = nullptr;
  const BlockValue result = shapedLike(values, Kind::kBool, out);
  const size_t count = elementsOf(result);
  const bool isMembership = node.form == Form::kMembership;
  std::byte* next = node.comparisons.size() > 1 ? scratch_.allocate(count) : nullptr;
  for (size_t i = 0; i < node.comparisons.size(); ++i) {
    const BlockValue& left = values[isMembership ? 0 : i];
    const BlockValue& right = values[i + 1];
    const Operand pair[2] = {{left.values, left.constant}, {right.values, right.constant}};
    node.comparisons[i](pair, count, i == 0 ? out : next);
    if (i == 0) continue;
    if (isMembership) {
      for (size_t k = 0; k < count; ++k) out[k] |= next[k];
    } else {
      for (size_t k = 0; k < count; ++k) out[k] &= next[k];
    }
  }
  return result;
}

Result<BlockValue> Evaluator::reduction(const Node& node) {
  const std::span<const NodePtr> children(node.children);
  MLAAS_TRY(const std::vector<BlockValue> lists, sameShape(node, children.first(node.lists)));
  BlockValue result = lists.front();
  std::vector<Operand> operands;
  operands.reserve(lists.size());
  for (const BlockValue& list : lists) {
    operands.push_back({list.values, list.constant});
    if (result.constant) result = list;
  }
  const int64_t* offsets = result.innermost();
  --result.depth;
  const size_t count = result.countAt(result.depth, entries_);
  Operand missing;
  if (children.size() > node.lists) {
    const Node& given = *children[node.lists];
    MLAAS_TRY(BlockValue value, run(given));
    value = repeated(value, result, result.depth, given.kind);
    missing = {value.values, value.constant};
  }
  std::byte* out = allocateValues(node.kind, count);
  node.reduction(operands.data(), offsets, count, missing, out);
  if (countsArithmetic_ && node.watch != Watch::kNothing) watchLists(operands, offsets, count, out, counts_);
  result.values = out;
  return result;
}

Result<BlockValue> Evaluator::count(const Node& node) {
  MLAAS_TRY(BlockValue value, run(*node.children[0]));
  value.depth = node.depth;
  const int64_t* offsets = value.offsets[static_cast<size_t>(node.depth)];
  const size_t lists = value.countAt(node.depth, entries_);
  auto* out = allocate<int64_t>(lists);
  for (size_t i = 0; i < lists; ++i) out[i] = offsets[i + 1] - offsets[i];
  value.values = out;
  return value;
}

Result<BlockValue> Evaluator::listwise(const Node& node) {
  MLAAS_TRY(BlockValue value, run(*node.children[0]));
  std::byte* out = allocateValues(node.kind, elementsOf(value));
  node.listwise(value.values, value.innermost(), value.countAt(value.depth - 1, entries_), out);
  value.values = out;
  return value;
}

}  // namespace mlaas::table::expression
