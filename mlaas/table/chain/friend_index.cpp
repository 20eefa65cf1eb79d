#include "mlaas/table/chain/friend_index.h"

#include <algorithm>

#include "mlaas/table/entry_pieces.h"

namespace mlaas::table {

namespace {

constexpr int64_t kPieceEntries = int64_t{1} << 19;

std::string place(const Table& table) { return table.url() + ": tree " + table.name(); }

std::string integerText(const KeyValues& values, size_t row) {
  const int64_t bits = values.bits[row];
  return values.isUnsigned ? std::to_string(static_cast<uint64_t>(bits)) : std::to_string(bits);
}

}  // namespace

Result<size_t> findKeyColumn(const Table& table, const std::string& name) {
  MLAAS_TRY(const size_t column, table.findColumn(name));
  const ColumnInfo& info = table.columns()[column];
  const bool isInteger = info.type.isFlat() && !isFloating(info.type.dtype) && info.type.dtype != DType::kBool;
  if (info.unsupported.empty() && isInteger) return column;
  return Error(ErrorCode::kInvalidArgument, place(table) + ": the index column '" + name +
                                                "' must hold one integer an entry, found " +
                                                (info.unsupported.empty() ? info.type.name() : info.unsupported));
}

KeyValues keyValues(const Column& column) {
  KeyValues keys{std::vector<int64_t>(static_cast<size_t>(column.length)), column.type.dtype == DType::kUInt64};
  visitDType(column.type.dtype, [&](auto zero) {
    const auto values = column.valuesAs<decltype(zero)>();
    std::transform(values.begin(), values.end(), keys.bits.begin(),
                   [](auto value) { return static_cast<int64_t>(value); });
  });
  return keys;
}

std::string describeKey(const std::vector<std::string>& columns, const std::vector<KeyValues>& keys, size_t row) {
  std::string text;
  for (size_t i = 0; i < columns.size(); ++i) {
    text += (i == 0 ? "" : ", ") + columns[i] + " " + integerText(keys[i], row);
  }
  return text;
}

Result<std::shared_ptr<const FriendIndex>> FriendIndex::build(const Table& table, std::vector<std::string> columns,
                                                              MemoryBudget& budget, const std::stop_token& stop) {
  if (columns.empty() || columns.size() > kMostKeyColumns) {
    return Error(
        ErrorCode::kInvalidArgument,
        place(table) + ": an index has one or two columns, major and minor, found " + std::to_string(columns.size()));
  }
  // Baskets in a tree's own record are compressed with it, so entries are not bounded by the size of the file.
  constexpr int64_t kMostEntries = int64_t{1} << 40;
  const int64_t entries = std::min(table.numEntries(), kMostEntries);
  // Other indices keep what they have: waiting for them would not end.
  const size_t bytes = static_cast<size_t>(entries) * sizeof(Row);
  auto reserved = budget.tryReserve(bytes);
  if (reserved.bytes() < bytes) {
    return Error(ErrorCode::kInvalidArgument, place(table) + ": an index of its " + std::to_string(entries) +
                                                  " entries needs " + formatByteSize(bytes) + ", but of the limit of " +
                                                  formatByteSize(budget.limitBytes()) + " only " +
                                                  formatByteSize(budget.limitBytes() - budget.usedBytes()) +
                                                  " is free; raise the limit or attach the friend by entry");
  }
  std::shared_ptr<FriendIndex> index(new FriendIndex(std::move(columns), std::move(reserved)));
  MLAAS_CHECK(index->fill(table, stop));
  std::sort(index->rows_.begin(), index->rows_.end());
  MLAAS_CHECK(index->checkKeysDiffer(table));
  return std::shared_ptr<const FriendIndex>(std::move(index));
}

Result<void> FriendIndex::fill(const Table& table, const std::stop_token& stop) {
  std::vector<size_t> read;
  for (const std::string& name : columns_) {
    MLAAS_TRY(const size_t column, findKeyColumn(table, name));
    isUnsigned_[read.size()] = table.columns()[column].type.dtype == DType::kUInt64;
    read.push_back(column);
  }
  rows_.reserve(static_cast<size_t>(table.numEntries()));
  for (const EntryRange piece : entryPieces(table.clusters(), {0, table.numEntries()}, kPieceEntries)) {
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while the index of a friend was made");
    MLAAS_TRY(const auto values, table.read(piece, read));
    std::vector<KeyValues> keys;
    for (const Column& column : values) keys.push_back(keyValues(column));
    for (size_t row = 0; row < static_cast<size_t>(piece.size()); ++row) {
      rows_.push_back(
          {{keys[0].bits[row], keys.size() > 1 ? keys[1].bits[row] : 0}, piece.first + static_cast<int64_t>(row)});
    }
  }
  return {};
}

Result<void> FriendIndex::checkKeysDiffer(const Table& table) const {
  const auto same = [](const Row& a, const Row& b) { return a.key == b.key; };
  const auto found = std::adjacent_find(rows_.begin(), rows_.end(), same);
  if (found == rows_.end()) return {};
  int64_t repeated = 0;
  for (size_t i = 1; i < rows_.size(); ++i) repeated += same(rows_[i - 1], rows_[i]) ? 1 : 0;
  std::vector<KeyValues> keys;
  for (size_t i = 0; i < columns_.size(); ++i) keys.push_back({{found->key[i]}, isUnsigned_[i]});
  return Error(ErrorCode::kInvalidArgument, place(table) + ": " + std::to_string(repeated) + " of its " +
                                                std::to_string(rows_.size()) + " entries repeat a key, first " +
                                                describeKey(columns_, keys, 0) + " in entries " +
                                                std::to_string(found->entry) + " and " +
                                                std::to_string((found + 1)->entry) + "; an index needs every key once");
}

std::vector<int64_t> FriendIndex::find(const std::vector<KeyValues>& keys) const {
  std::vector<int64_t> entries(keys.front().bits.size(), -1);
  auto hint = rows_.begin();  // tables in the same order are found without a search
  for (size_t row = 0; row < entries.size(); ++row) {
    Row wanted{{}, 0};
    bool inRange = true;  // a value that the other side's type does not have
    for (size_t i = 0; i < keys.size(); ++i) {
      wanted.key[i] = keys[i].bits[row];
      inRange = inRange && (keys[i].isUnsigned == isUnsigned_[i] || wanted.key[i] >= 0);
    }
    if (!inRange) continue;
    if (hint == rows_.end() || hint->key != wanted.key) {
      hint = std::lower_bound(rows_.begin(), rows_.end(), wanted);
    }
    if (hint == rows_.end() || hint->key != wanted.key) continue;
    entries[row] = hint->entry;
    ++hint;
  }
  return entries;
}

}  // namespace mlaas::table
