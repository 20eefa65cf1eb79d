#include "mlaas/root/writer/tree_writer.h"

#include <algorithm>

#include "mlaas/root/writer/object_writer.h"
#include "mlaas/root/writer/streamer_record.h"

namespace mlaas::root {

namespace {

constexpr int32_t kZstdAlgorithm = 500;  // ROOT's settings: algorithm * 100 + level
constexpr size_t kNone = static_cast<size_t>(-1);
constexpr size_t kMaxBasketBytes = size_t{8} << 20;  // a counted branch's basket is written when it reaches this
constexpr int32_t kBasketBufferBytes = 32000;        // what a basket claims to have had as buffer at least
constexpr int16_t kBasketVersion = 3;

// ROOT takes these apart when it reads a branch's title.
constexpr std::string_view kForbidden = "/[]:";

Result<void> checkName(std::string_view name, std::string_view what) {
  if (!name.empty() && name.find_first_of(kForbidden) == std::string_view::npos) return {};
  return Error(ErrorCode::kInvalidArgument, "the " + std::string(what) + " '" + std::string(name) +
                                                "' cannot be written to a TTree: expected a name without any of " +
                                                std::string(kForbidden));
}

// Appends values in big-endian order.
void appendValues(std::vector<std::byte>& bytes, const Column& column, int64_t first, int64_t last) {
  visitDType(column.type.dtype, [&](auto zero) {
    using T = decltype(zero);
    auto values = column.valuesAs<T>().subspan(static_cast<size_t>(first), static_cast<size_t>(last - first));
    size_t at = bytes.size();
    bytes.resize(at + values.size_bytes());
    for (T value : values) {
      if constexpr (sizeof(T) > 1) value = byteSwapped(value);
      std::memcpy(bytes.data() + at, &value, sizeof(T));
      at += sizeof(T);
    }
  });
}

BranchDescription describeBranch(const std::string& name, DType dtype, const std::string& counter) {
  BranchDescription branch;
  branch.name = name;
  branch.dtype = dtype;
  branch.counter = counter;
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

}  // namespace

static_assert(std::endian::native == std::endian::little, "the values are swapped to big-endian order");

TreeWriter::TreeWriter(FileWriter file, TreeWriterOptions options)
    : file_(std::move(file)), options_(std::move(options)), compressor_(options_.compressionLevel) {}

Result<TreeWriter> TreeWriter::create(const std::string& path, const std::string& treeName,
                                      std::vector<TreeColumn> columns, TreeWriterOptions options) {
  if (treeName.empty() || treeName.find_first_of("/;") != std::string::npos)
    return Error(ErrorCode::kInvalidArgument,
                 "'" + treeName + "' cannot be a tree's name: expected at least one character and neither / nor ;");
  int32_t compression = kZstdAlgorithm + options.compressionLevel;
  MLAAS_TRY(auto file, FileWriter::create(path, compression, options.stamp));
  TreeWriter writer(std::move(file), std::move(options));
  writer.tree_.name = treeName;
  writer.tree_.title = writer.options_.treeTitle;
  writer.tree_.clusterEntries = writer.options_.clusterEntries;
  writer.tree_.compression = compression;
  MLAAS_CHECK(writer.addColumns(std::move(columns)));
  return writer;
}

Result<void> TreeWriter::addColumns(std::vector<TreeColumn> columns) {
  auto find = [&](const std::string& name) {
    return std::ranges::find(tree_.branches, name, &BranchDescription::name);
  };
  auto index = [&](auto branch) { return static_cast<size_t>(branch - tree_.branches.begin()); };
  for (const TreeColumn& column : columns) {
    MLAAS_CHECK(checkName(column.name, "column"));
    size_t counter = kNone;
    if (!column.counter.empty()) {
      MLAAS_CHECK(checkName(column.counter, "counter"));
      counter = index(find(column.counter));
      if (counter == tree_.branches.size()) {
        tree_.branches.push_back(describeBranch(column.counter, DType::kInt32, ""));
        tree_.branches.back().isCounter = true;
      } else if (!tree_.branches[counter].isCounter) {
        return Error(ErrorCode::kInvalidArgument, "'" + column.counter + "' cannot both be a column and count '" +
                                                      column.name + "': leave the column out, it is written anyway");
      }
    }
    if (find(column.name) != tree_.branches.end())
      return Error(ErrorCode::kInvalidArgument, "two columns of a TTree cannot share the name '" + column.name + "'");
    counterOf_.push_back(counter);
    branchOf_.push_back(tree_.branches.size());
    tree_.branches.push_back(describeBranch(column.name, column.dtype, column.counter));
  }
  columns_ = std::move(columns);
  open_.resize(tree_.branches.size());
  return {};
}

Result<void> TreeWriter::checkColumns(std::span<const Column> columns) const {
  if (columns.size() != columns_.size())
    return Error(ErrorCode::kInvalidArgument, "tree '" + tree_.name + "' has " + std::to_string(columns_.size()) +
                                                  " columns, rows came with " + std::to_string(columns.size()));
  for (size_t i = 0; i < columns.size(); ++i) {
    ColumnType expected{columns_[i].dtype, columns_[i].counter.empty() ? 0 : 1, {}, false};
    if (columns[i].type != expected)
      return Error(ErrorCode::kInvalidArgument, "column '" + columns_[i].name + "' of tree '" + tree_.name +
                                                    "': expected " + expected.name() + ", rows came with " +
                                                    columns[i].type.name());
    if (columns[i].length != columns[0].length)
      return Error(ErrorCode::kInvalidArgument, "column '" + columns_[i].name + "' of tree '" + tree_.name +
                                                    "': expected " + std::to_string(columns[0].length) +
                                                    " rows as the first column has, found " +
                                                    std::to_string(columns[i].length));
  }
  return {};
}

Result<void> TreeWriter::append(std::span<const Column> columns) {
  MLAAS_CHECK(checkColumns(columns));
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
    if (counterOf_[i] == kNone) {
      appendValues(open_[branchOf_[i]].values, columns[i], first, last);
      tree_.branches[branchOf_[i]].numEntries += last - first;
    } else {
      MLAAS_CHECK(countRows(i, columns[i].offsetsAt(0), first, last));
      MLAAS_CHECK(appendCounted(i, columns[i], first, last));
    }
  }
  return {};
}

// The first column of a counter gives it its counts, the others must agree with them.
Result<void> TreeWriter::countRows(size_t column, std::span<const int64_t> offsets, int64_t first, int64_t last) {
  BranchDescription& counter = tree_.branches[counterOf_[column]];
  auto& counts = open_[counterOf_[column]].values;
  bool isFirst = branchOf_[column] == counterOf_[column] + 1;
  size_t at = counts.size() - (isFirst ? 0 : static_cast<size_t>(last - first) * sizeof(int32_t));
  for (auto row = static_cast<size_t>(first); row < static_cast<size_t>(last); ++row, at += sizeof(int32_t)) {
    auto count = static_cast<int32_t>(offsets[row + 1] - offsets[row]);
    if (isFirst) {
      appendBig(counts, count);
      counter.maxCount = std::max<int64_t>(counter.maxCount, count);
    } else if (loadNumber<int32_t, std::endian::big>(counts.data() + at) != count) {
      return Error(ErrorCode::kInvalidArgument,
                   "column '" + columns_[column].name + "' has " + std::to_string(count) + " elements in entry " +
                       std::to_string(tree_.numEntries + static_cast<int64_t>(row) - first) +
                       ", other columns counted by '" + counter.name + "' have another number");
    }
  }
  if (isFirst) counter.numEntries += last - first;
  return {};
}

Result<void> TreeWriter::appendCounted(size_t column, const Column& rows, int64_t first, int64_t last) {
  size_t index = branchOf_[column];
  auto offsets = rows.offsetsAt(0);
  for (auto row = static_cast<size_t>(first); row < static_cast<size_t>(last); ++row) {
    OpenBasket& basket = open_[index];
    basket.entryStarts.push_back(static_cast<int32_t>(basket.values.size()));
    appendValues(basket.values, rows, offsets[row], offsets[row + 1]);
    ++tree_.branches[index].numEntries;
    if (basket.values.size() >= kMaxBasketBytes) MLAAS_CHECK(flushBasket(index));
  }
  return {};
}

Result<void> TreeWriter::flushBasket(size_t index) {
  BranchDescription& branch = tree_.branches[index];
  OpenBasket& basket = open_[index];
  auto numEntries = static_cast<int32_t>(branch.numEntries - basket.firstEntry);
  if (numEntries == 0) return {};
  bool counted = !branch.counter.empty();
  RecordKey key{.className = "TBasket",
                .name = branch.name,
                .title = tree_.name,
                .cycle = static_cast<int16_t>(branch.baskets.size() & 0x7FFF),
                .listed = false,
                .isBasket = true,
                .tail = basketHeader(0, 0, 0, 0)};
  auto keyBytes = static_cast<int32_t>(file_.keyBytes(key));
  auto lastByte = keyBytes + static_cast<int32_t>(basket.values.size());
  if (counted) {  // where each entry starts in the record, and one number more that nobody reads
    appendBig(basket.values, numEntries + 1);
    for (int32_t start : basket.entryStarts) appendBig(basket.values, start + keyBytes);
    appendBig(basket.values, int32_t{0});
  }
  auto objectBytes = keyBytes + static_cast<int32_t>(basket.values.size());
  key.tail =
      basketHeader(std::max(kBasketBufferBytes, objectBytes),
                   counted ? numEntries + 1 : static_cast<int32_t>(dtypeBytes(branch.dtype)), numEntries, lastByte);
  MLAAS_TRY(auto blocks, compressor_.compress(basket.values));
  MLAAS_TRY(auto placed, file_.addRecord(key, basket.values, blocks));
  branch.baskets.push_back({basket.firstEntry, placed.bytes, placed.offset});
  branch.totalBytes += objectBytes;
  branch.storedBytes += placed.bytes;
  basket = {.firstEntry = branch.numEntries, .values = std::move(basket.values), .entryStarts = {}};
  basket.values.clear();
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
  RecordKey streamerKey{
      .className = "TList", .name = "StreamerInfo", .title = "Doubly linked list", .listed = false, .tail = {}};
  std::vector<std::string> classes = {"TTree", "TBranch"};
  for (const auto& branch : tree_.branches) classes.emplace_back(leafClass(branch.dtype));
  auto streamers = makeStreamerRecord(classes, file_.keyBytes(streamerKey));
  MLAAS_TRY(auto streamerBlocks, compressor_.compress(streamers));
  MLAAS_TRY(auto placed, file_.addRecord(streamerKey, streamers, streamerBlocks));
  return file_.finish(placed);
}

}  // namespace mlaas::root
