#include "mlaas/root/writer/tree_writer.h"

#include <algorithm>
#include <type_traits>

#include "mlaas/root/writer/basket_values.h"
#include "mlaas/root/writer/object_writer.h"
#include "mlaas/root/writer/streamer_record.h"

namespace mlaas::root {

namespace {

constexpr size_t kNone = static_cast<size_t>(-1);
constexpr size_t kMaxBasketBytes = size_t{8} << 20;   // a basket is written when it reaches this
constexpr size_t kMaxEntryBytes = size_t{512} << 20;  // of one entry: byte counts and places in a basket have 30 bits
constexpr int32_t kBasketBufferBytes = 32000;         // what a basket claims to have had as buffer at least
constexpr int16_t kBasketVersion = 3;

// ROOT takes these apart when it reads a branch's title.
constexpr std::string_view kForbidden = "/[]:";

Result<void> checkName(std::string_view name, std::string_view what) {
  if (!name.empty() && name.find_first_of(kForbidden) == std::string_view::npos) return {};
  return Error(ErrorCode::kInvalidArgument, "the " + std::string(what) + " '" + std::string(name) +
                                                "' cannot be written to a TTree: expected a name without any of " +
                                                std::string(kForbidden));
}

BranchKind kindOf(const ColumnType& type) {
  if (type.jaggedDepth == 0) return BranchKind::kLeaf;
  return type.jaggedDepth == 1 && !type.isString ? BranchKind::kCounted : BranchKind::kObject;
}

BranchDescription describeBranch(const OutputColumn& column) {
  BranchDescription branch;
  branch.name = column.name;
  branch.type = column.type;
  branch.kind = kindOf(column.type);
  if (branch.kind == BranchKind::kCounted) branch.counter = column.counter;
  return branch;
}

// What a basket has inside its key.
std::vector<std::byte> basketHeader(int32_t bufferBytes, int32_t entryBytes, int32_t numEntries, int32_t lastByte) {
  std::vector<std::byte> header;
  appendBig(header, kBasketVersion);
  appendBig(header, bufferBytes);
  appendBig(header, entryBytes);
  appendBig(header, numEntries);
  appendBig(header, lastByte);
  appendBig(header, uint8_t{0});  // a record of its own, not embedded in the tree
  return header;
}

Error tooLong(const BranchDescription& branch, int64_t entry) {
  return {ErrorCode::kInvalidArgument,
          "column '" + branch.name + "': entry " + std::to_string(entry) + " is too long for a TTree (beyond 512 MiB)"};
}

// Whether a count can be written as `type`.
bool fits(int64_t count, DType type) {
  return visitDType(type, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_integral_v<T>) return false;
    return static_cast<int64_t>(static_cast<T>(count)) == count && static_cast<T>(count) >= T{0};
  });
}

void appendCount(std::vector<std::byte>& bytes, int64_t count, DType type) {
  visitDType(type, [&](auto zero) { appendBig(bytes, static_cast<decltype(zero)>(count)); });
}

}  // namespace

std::string whyNotInTree(const ColumnType& type) {
  if (kindOf(type) == BranchKind::kObject && !type.shape.empty())
    return "a TTree holds no fixed arrays inside nested lists (" + type.name() + "); an RNTuple does";
  return {};
}

TreeWriter::TreeWriter(FileWriter file, TableWriterOptions options)
    : file_(std::move(file)), options_(std::move(options)), compressor_(options_.compression) {}

Result<TreeWriter> TreeWriter::create(const std::string& path, const std::string& treeName,
                                      std::vector<OutputColumn> columns, TableWriterOptions options) {
  if (treeName.empty() || treeName.find_first_of("/;") != std::string::npos)
    return Error(ErrorCode::kInvalidArgument,
                 "'" + treeName + "' cannot be a tree's name: expected at least one character and neither / nor ;");
  int32_t compression = options.compression.number();
  MLAAS_TRY(auto file, FileWriter::create(path, compression, options.stamp));
  TreeWriter writer(std::move(file), std::move(options));
  writer.tree_.name = treeName;
  writer.tree_.title = writer.options_.title;
  writer.tree_.clusterEntries = writer.options_.clusterEntries;
  writer.tree_.compression = compression;
  MLAAS_CHECK(writer.addColumns(std::move(columns)));
  return writer;
}

// The branch of the column's counter, which is made with the first column that it counts.
Result<size_t> TreeWriter::addCounter(const OutputColumn& column) {
  MLAAS_CHECK(checkName(column.counter, "counter"));
  if (isFloating(column.counterType) || dtypeBytes(column.counterType) == 1)
    return Error(ErrorCode::kInvalidArgument, "counter '" + column.counter + "' of type " +
                                                  std::string(dtypeName(column.counterType)) +
                                                  ": expected an integer of 2 to 8 bytes, as ROOT reads counters");
  auto found = std::ranges::find(tree_.branches, column.counter, &BranchDescription::name);
  if (found == tree_.branches.end()) {
    tree_.branches.push_back(describeBranch({column.counter, {column.counterType, 0, {}, false}}));
    tree_.branches.back().isCounter = true;
    return tree_.branches.size() - 1;
  }
  if (!found->isCounter)
    return Error(ErrorCode::kInvalidArgument, "'" + column.counter + "' cannot both be a column and count '" +
                                                  column.name + "': leave the column out, it is written anyway");
  return static_cast<size_t>(found - tree_.branches.begin());
}

Result<void> TreeWriter::addColumns(std::vector<OutputColumn> columns) {
  for (const OutputColumn& column : columns) {
    MLAAS_CHECK(checkName(column.name, "column"));
    if (std::string why = whyNotInTree(column.type); !why.empty())
      return Error(ErrorCode::kUnsupported, "column '" + column.name + "': " + why);
    size_t counter = kNone;
    if (kindOf(column.type) == BranchKind::kCounted) {
      MLAAS_TRY(counter, addCounter(column));
    }
    if (std::ranges::find(tree_.branches, column.name, &BranchDescription::name) != tree_.branches.end())
      return Error(ErrorCode::kInvalidArgument, "two columns of a TTree cannot share the name '" + column.name + "'");
    counterOf_.push_back(counter);
    branchOf_.push_back(tree_.branches.size());
    tree_.branches.push_back(describeBranch(column));
  }
  columns_ = std::move(columns);
  open_.resize(tree_.branches.size());
  return {};
}

Result<void> TreeWriter::append(std::span<const Column> columns) {
  MLAAS_CHECK(checkRows(tree_.name, columns_, columns));
  int64_t numRows = columns.empty() ? 0 : columns[0].length;
  for (int64_t first = 0; first < numRows;) {
    int64_t inCluster = options_.clusterEntries - tree_.numEntries % options_.clusterEntries;
    int64_t last = std::min(numRows, first + inCluster);
    MLAAS_CHECK(appendRows(columns, first, last));
    tree_.numEntries += last - first;
    if (tree_.numEntries % options_.clusterEntries == 0) MLAAS_CHECK(flushCluster());
    first = last;
  }
  return {};
}

// Rows that stay within a cluster.
Result<void> TreeWriter::appendRows(std::span<const Column> columns, int64_t first, int64_t last) {
  for (size_t i = 0; i < columns.size(); ++i) {
    switch (tree_.branches[branchOf_[i]].kind) {
      case BranchKind::kLeaf:
        MLAAS_CHECK(appendFixed(branchOf_[i], columns[i], first, last));
        break;
      case BranchKind::kCounted:
        MLAAS_CHECK(countRows(i, columns[i].offsetsAt(0), first, last));
        MLAAS_CHECK(appendCounted(branchOf_[i], columns[i], first, last));
        break;
      case BranchKind::kObject:
        MLAAS_CHECK(appendObjects(branchOf_[i], columns[i], first, last));
    }
  }
  return {};
}

// The first column of a counter gives it its counts, the others must agree with them.
Result<void> TreeWriter::countRows(size_t column, std::span<const int64_t> offsets, int64_t first, int64_t last) {
  BranchDescription& counter = tree_.branches[counterOf_[column]];
  auto& counts = open_[counterOf_[column]].values;
  size_t countBytes = dtypeBytes(counter.type.dtype);
  bool isFirst = branchOf_[column] == counterOf_[column] + 1;
  size_t at = counts.size() - (isFirst ? 0 : static_cast<size_t>(last - first) * countBytes);
  std::vector<std::byte> expected;
  for (auto row = static_cast<size_t>(first); row < static_cast<size_t>(last); ++row, at += countBytes) {
    int64_t count = offsets[row + 1] - offsets[row];
    int64_t entry = tree_.numEntries + static_cast<int64_t>(row) - first;
    if (isFirst) {
      if (!fits(count, counter.type.dtype))
        return Error(ErrorCode::kInvalidArgument, "column '" + columns_[column].name + "' has " +
                                                      std::to_string(count) + " elements in entry " +
                                                      std::to_string(entry) + ", too many for its counter '" +
                                                      counter.name + "' of type " + counter.type.name());
      appendCount(counts, count, counter.type.dtype);
      counter.maxCount = std::max<int64_t>(counter.maxCount, count);
      continue;
    }
    expected.clear();
    appendCount(expected, count, counter.type.dtype);
    if (!fits(count, counter.type.dtype) ||
        !std::equal(expected.begin(), expected.end(), counts.begin() + static_cast<std::ptrdiff_t>(at)))
      return Error(ErrorCode::kInvalidArgument,
                   "column '" + columns_[column].name + "' has " + std::to_string(count) + " elements in entry " +
                       std::to_string(entry) + ", other columns counted by '" + counter.name + "' have another number");
  }
  if (isFirst) counter.numEntries += last - first;
  return {};
}

// Every entry has the same length; a basket ends where it is full.
Result<void> TreeWriter::appendFixed(size_t index, const Column& rows, int64_t first, int64_t last) {
  BranchDescription& branch = tree_.branches[index];
  auto perEntry = static_cast<int64_t>(branch.type.valuesPerElement());
  auto entryBytes = static_cast<size_t>(perEntry) * dtypeBytes(branch.type.dtype);
  if (entryBytes > kMaxEntryBytes) return tooLong(branch, branch.numEntries);
  while (first < last) {
    OpenBasket& basket = open_[index];
    size_t room = kMaxBasketBytes - std::min(basket.values.size(), kMaxBasketBytes);
    int64_t fitting = entryBytes == 0 ? last - first : static_cast<int64_t>(room / entryBytes) + 1;
    int64_t end = std::min(last, first + fitting);
    appendValues(basket.values, rows, first * perEntry, end * perEntry);
    branch.numEntries += end - first;
    first = end;
    if (basket.values.size() >= kMaxBasketBytes) MLAAS_CHECK(flushBasket(index));
  }
  return {};
}

Result<void> TreeWriter::appendCounted(size_t index, const Column& rows, int64_t first, int64_t last) {
  BranchDescription& branch = tree_.branches[index];
  auto offsets = rows.offsetsAt(0);
  auto perElement = static_cast<int64_t>(branch.type.valuesPerElement());
  size_t elementBytes = static_cast<size_t>(perElement) * dtypeBytes(branch.type.dtype);
  while (first < last) {
    OpenBasket& basket = open_[index];
    size_t bytes = basket.values.size();
    int64_t end = first;
    for (; end < last && bytes < kMaxBasketBytes; ++end) {
      auto row = static_cast<size_t>(end);
      auto count = static_cast<size_t>(offsets[row + 1] - offsets[row]);
      if (elementBytes != 0 && count > kMaxEntryBytes / elementBytes)
        return tooLong(branch, branch.numEntries + end - first);
      basket.entryStarts.push_back(static_cast<int32_t>(bytes));
      bytes += count * elementBytes;
    }
    appendValues(basket.values, rows, offsets[static_cast<size_t>(first)] * perElement,
                 offsets[static_cast<size_t>(end)] * perElement);
    branch.numEntries += end - first;
    first = end;
    if (basket.values.size() >= kMaxBasketBytes) MLAAS_CHECK(flushBasket(index));
  }
  return {};
}

Result<void> TreeWriter::appendObjects(size_t index, const Column& rows, int64_t first, int64_t last) {
  BranchDescription& branch = tree_.branches[index];
  for (int64_t entry = first; entry < last; ++entry) {
    OpenBasket& basket = open_[index];
    size_t start = basket.values.size();
    basket.entryStarts.push_back(static_cast<int32_t>(start));
    appendObject(basket.values, rows, entry);
    if (basket.values.size() - start > kMaxEntryBytes) return tooLong(branch, branch.numEntries);
    ++branch.numEntries;
    if (basket.values.size() >= kMaxBasketBytes) MLAAS_CHECK(flushBasket(index));
  }
  return {};
}

Result<void> TreeWriter::flushBasket(size_t index) {
  BranchDescription& branch = tree_.branches[index];
  OpenBasket& basket = open_[index];
  auto numEntries = static_cast<int32_t>(branch.numEntries - basket.firstEntry);
  if (numEntries == 0) return {};
  bool hasStarts = branch.kind != BranchKind::kLeaf;
  RecordKey key{.className = "TBasket",
                .name = branch.name,
                .title = tree_.name,
                .cycle = static_cast<int16_t>(branch.baskets.size() & 0x7FFF),
                .listed = false,
                .isBasket = true,
                .tail = basketHeader(0, 0, 0, 0)};
  auto keyBytes = static_cast<int32_t>(file_.keyBytes(key));
  auto lastByte = keyBytes + static_cast<int32_t>(basket.values.size());
  auto entryBytes = static_cast<int32_t>(dtypeBytes(branch.type.dtype) * branch.type.valuesPerElement());
  if (hasStarts) {  // where each entry starts in the record, and one number more that nobody reads
    appendBig(basket.values, numEntries + 1);
    for (int32_t start : basket.entryStarts) appendBig(basket.values, start + keyBytes);
    appendBig(basket.values, int32_t{0});
  }
  auto objectBytes = keyBytes + static_cast<int32_t>(basket.values.size());
  key.tail = basketHeader(std::max(kBasketBufferBytes, objectBytes), hasStarts ? numEntries + 1 : entryBytes,
                          numEntries, lastByte);
  MLAAS_TRY(auto blocks, compressor_.compress(basket.values));
  MLAAS_TRY(auto placed, file_.addRecord(key, basket.values, blocks));
  branch.baskets.push_back({basket.firstEntry, placed.bytes, placed.offset});
  branch.totalBytes += objectBytes;
  branch.storedBytes += placed.bytes;
  basket.firstEntry = branch.numEntries;
  basket.values.clear();
  basket.entryStarts.clear();
  return {};
}

Result<void> TreeWriter::flushCluster() {
  for (size_t i = 0; i < open_.size(); ++i) MLAAS_CHECK(flushBasket(i));
  tree_.flushedBytes = 0;
  for (const auto& branch : tree_.branches) tree_.flushedBytes += branch.storedBytes;
  return {};
}

Result<void> TreeWriter::close() {
  int64_t flushedBytes = tree_.flushedBytes;
  MLAAS_CHECK(flushCluster());
  tree_.flushedBytes = flushedBytes;  // the last, shorter cluster is not one that a full buffer caused
  RecordKey treeKey{.className = "TTree", .name = tree_.name, .title = tree_.title, .tail = {}};
  auto record = makeTreeRecord(tree_, file_.keyBytes(treeKey));
  MLAAS_TRY(auto blocks, compressor_.compress(record));
  MLAAS_CHECK(file_.addRecord(treeKey, record, blocks));
  std::vector<std::string> classes = {"TTree"};
  for (const auto& branch : tree_.branches) {
    classes.emplace_back(branchClass(branch));
    classes.emplace_back(leafClass(branch));
  }
  RecordKey streamerKey = streamerRecordKey();
  auto streamers = makeStreamerRecord(classes, {}, file_.keyBytes(streamerKey));
  MLAAS_TRY(auto streamerBlocks, compressor_.compress(streamers));
  MLAAS_TRY(auto placed, file_.addRecord(streamerKey, streamers, streamerBlocks));
  return file_.finish(placed);
}

}  // namespace mlaas::root
