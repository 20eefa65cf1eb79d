#include "mlaas/table/chain/friend_table.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "mlaas/table/chain/joined_fetch.h"
#include "mlaas/table/chain/partner_rows.h"

namespace mlaas::table {

namespace {

// Where a column of the joined table comes from: the table itself (0) or a friend (1, 2, ...).
struct ColumnOrigin {
  size_t part = 0;
  size_t column = 0;
};

std::string place(const Table& table) { return table.url() + ": tree " + table.name(); }

// The partner rows of one friend in one range, found once.
class PartnerSearch {
 public:
  // Finds the partners of `range` of `table` in a friend by index; `keys` reads the table's columns of the index.
  Result<const PartnerRows*> rows(const Table& table, EntryRange range, const FriendLink& link,
                                  const std::function<Result<Column>(const std::string&)>& keys) {
    std::lock_guard lock(mutex_);
    if (rows_) return rows_.get();
    std::vector<KeyValues> values;
    for (const std::string& name : link.index->columns()) {
      MLAAS_TRY(const Column column, keys(name));
      values.push_back(keyValues(column));
    }
    const auto entries = link.index->find(values);
    const auto lonely = std::ranges::find(entries, -1);
    if (lonely != entries.end() && !link.missing) {
      const auto row = static_cast<size_t>(lonely - entries.begin());
      return Error(ErrorCode::kInvalidArgument,
                   place(table) + ": entry " + std::to_string(range.first + static_cast<int64_t>(row)) + " (" +
                       describeKey(link.index->columns(), values, row) + ") has no partner in friend '" + link.alias +
                       "' (" + place(*link.table) + "); say which value such entries get, or select others");
    }
    rows_ = std::make_unique<const PartnerRows>(entries);
    return rows_.get();
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<const PartnerRows> rows_;  // under mutex_
};

class FriendTable : public Table {
 public:
  FriendTable(std::shared_ptr<const Table> table, std::vector<FriendLink> friends)
      : table_(std::move(table)), friends_(std::move(friends)) {
    for (size_t i = 0; i < table_->columns().size(); ++i) addColumn(table_->columns()[i], {0, i});
    for (size_t part = 1; part <= friends_.size(); ++part) addFriend(part);
    nameColumnsPlainly();
  }

  const std::string& url() const override { return table_->url(); }
  const std::string& name() const override { return table_->name(); }
  int64_t numEntries() const override { return table_->numEntries(); }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<ColumnAlias>& aliases() const override { return aliases_; }
  const TableLinks& links() const override { return table_->links(); }
  const std::vector<EntryRange>& clusters() const override { return table_->clusters(); }

  uint64_t entryBytes(const std::vector<size_t>& columns) const override {
    uint64_t bytes = 0;
    for (const auto& [part, own] : byPart(columns)) bytes += tableOf(part).entryBytes(own);
    return std::max<uint64_t>(1, bytes);
  }

  size_t readGroup(size_t column) const override {
    constexpr size_t kMostGroups = size_t{1} << 32;  // of one part
    const ColumnOrigin origin = origins_.at(column);
    return origin.part * kMostGroups + tableOf(origin.part).readGroup(origin.column);
  }

  // A friend by index is read where its partners lie; as many entries of it as the table's are counted.
  uint64_t fetchBytes(EntryRange range, size_t column) const override {
    const ColumnOrigin origin = origins_.at(column);
    if (origin.part > 0 && friends_[origin.part - 1].index) return Table::fetchBytes(range, column);
    return tableOf(origin.part).fetchBytes(ownRange(origin.part, range), origin.column);
  }

  uint64_t stepBytes() const override { return table_->stepBytes(); }

  uint64_t scratchBytes(const std::vector<size_t>& columns) const override {
    uint64_t most = 0;
    for (const auto& [part, own] : byPart(columns)) most = std::max(most, tableOf(part).scratchBytes(own));
    return most;
  }

  // Where the part from which most is read is cut best.
  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, CutSize size) const override {
    size_t chosen = 0;
    std::vector<size_t> ofChosen;
    for (auto& [part, own] : byPart(columns)) {
      if (own.size() <= ofChosen.size() || (part > 0 && friends_[part - 1].index)) continue;
      chosen = part;
      ofChosen = std::move(own);
    }
    const int64_t shift = ownRange(chosen, range).first - range.first;
    auto ranges = tableOf(chosen).cut(ownRange(chosen, range), ofChosen, size);
    for (EntryRange& one : ranges) one = {one.first - shift, one.last - shift};
    return ranges;
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    auto parts = plan(range, columns);
    if (!parts.ok()) return done(std::move(parts).error());
    const auto join = JoinedFetch::make(
        parts->size(), [this, range, parts = numbersOf(*parts), done = std::move(done)](Result<FetchedParts> fetched) {
          if (!fetched.ok()) return done(std::move(fetched).error());
          done(together(range, parts, *std::move(fetched)));
        });
    for (size_t i = 0; i < parts->size(); ++i) {
      Part& part = (*parts)[i];
      tableOf(part.number).fetch(part.range, std::move(part.columns), JoinedFetch::callback(join, i));
    }
  }

  Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const override {
    MLAAS_TRY(auto parts, plan(range, columns));
    FetchedParts fetched;
    for (Part& part : parts) {
      MLAAS_TRY(auto one, tableOf(part.number).fetchNow(part.range, std::move(part.columns)));
      fetched.push_back(std::move(one));
    }
    return together(range, numbersOf(parts), std::move(fetched));
  }

 private:
  // What is fetched from the table itself (number 0) or from a friend by entry.
  struct Part {
    size_t number;
    EntryRange range;
    std::vector<size_t> columns;
  };

  class Range : public FetchedRange {
   public:
    Range(const FriendTable& joined, EntryRange range, const std::vector<size_t>& numbers, FetchedParts fetched)
        : joined_(joined), range_(range), parts_(joined.friends_.size() + 1), searches_(joined.friends_.size()) {
      for (size_t i = 0; i < numbers.size(); ++i) parts_[numbers[i]] = std::move(fetched[i]);
    }

    Result<Column> decode(size_t column) override {
      const ColumnOrigin origin = joined_.origins_.at(column);
      if (origin.part == 0 || !joined_.friends_[origin.part - 1].index) return decodePart(origin);
      const FriendLink& link = joined_.friends_[origin.part - 1];
      MLAAS_TRY(const PartnerRows* rows,
                searches_[origin.part - 1].rows(*joined_.table_, range_, link,
                                                [this](const std::string& name) -> Result<Column> {
                                                  MLAAS_TRY(const size_t key, joined_.table_->findColumn(name));
                                                  return decodePart({0, key});
                                                }));
      return rows->read(*link.table, origin.column, link.missing);
    }

    std::vector<Result<Column>> decodeAll(std::span<const size_t> columns) override {
      std::map<size_t, std::vector<size_t>> placesOf;  // in `columns`, by part
      for (size_t i = 0; i < columns.size(); ++i) placesOf[joined_.origins_.at(columns[i]).part].push_back(i);
      std::vector<std::optional<Result<Column>>> decoded(columns.size());
      for (const auto& [part, places] : placesOf) {
        const bool isByEntry = part == 0 || !joined_.friends_[part - 1].index;
        std::vector<size_t> own;
        for (const size_t i : places) own.push_back(joined_.origins_[columns[i]].column);
        auto together = isByEntry && parts_[part] ? parts_[part]->decodeAll(own) : std::vector<Result<Column>>();
        for (size_t k = 0; k < places.size(); ++k) {
          decoded[places[k]] = together.empty() ? decode(columns[places[k]]) : std::move(together[k]);
        }
      }
      std::vector<Result<Column>> inOrder;
      for (auto& one : decoded) inOrder.push_back(*std::move(one));
      return inOrder;
    }

   private:
    Result<Column> decodePart(ColumnOrigin origin) {
      FetchedRange* part = parts_[origin.part].get();
      if (part == nullptr) return Error(ErrorCode::kInternal, place(*joined_.table_) + ": a column was not fetched");
      return part->decode(origin.column);
    }

    const FriendTable& joined_;
    const EntryRange range_;
    FetchedParts parts_;                   // by ColumnOrigin::part; nullptr where nothing was fetched
    std::vector<PartnerSearch> searches_;  // by friend
  };

  const Table& tableOf(size_t part) const { return part == 0 ? *table_ : *friends_[part - 1].table; }

  // Which columns of which part `columns` are.
  std::map<size_t, std::vector<size_t>> byPart(const std::vector<size_t>& columns) const {
    std::map<size_t, std::vector<size_t>> parts;
    for (const size_t column : columns) parts[origins_.at(column).part].push_back(origins_[column].column);
    return parts;
  }

  // `range` in the entries of a part that stands beside the table by entry.
  EntryRange ownRange(size_t part, EntryRange range) const {
    const int64_t shift = part == 0 ? 0 : friends_[part - 1].entries.first;
    return {range.first + shift, range.last + shift};
  }

  void addColumn(ColumnInfo info, ColumnOrigin origin) {
    columns_.push_back(std::move(info));
    origins_.push_back(origin);
  }

  // What as many entries as the table has take of `bytes` of a friend.
  uint64_t share(uint64_t bytes, const Table& other) const {
    const auto entries = static_cast<double>(std::max<int64_t>(1, other.numEntries()));
    return static_cast<uint64_t>(static_cast<double>(bytes) * (static_cast<double>(numEntries()) / entries));
  }

  void addFriend(size_t part) {
    const FriendLink& link = friends_[part - 1];
    const auto& infos = link.table->columns();
    for (size_t i = 0; i < infos.size(); ++i) {
      ColumnInfo info = infos[i];
      info.name = link.alias + "." + info.name;
      info.compressedBytes = share(info.compressedBytes, *link.table);
      info.uncompressedBytes = share(info.uncompressedBytes, *link.table);
      if (!info.counter.empty()) info.counter = link.alias + "." + info.counter;
      if (info.unsupported.empty() && link.missing && !canHold(info.type, *link.missing)) {
        info.unsupported =
            "entries without partner get " + std::to_string(*link.missing) + ", which is no " + info.type.name();
      }
      addColumn(std::move(info), {part, i});
    }
  }

  // ROOT looks for "x" in the tree and then in its friends; here a name that several friends have stands for none.
  void nameColumnsPlainly() {
    std::set<std::string_view> own;
    std::map<std::string_view, std::vector<size_t>> plain;
    for (size_t i = 0; i < columns_.size(); ++i) {
      own.insert(columns_[i].name);
      if (origins_[i].part > 0) plain[tableOf(origins_[i].part).columns()[origins_[i].column].name].push_back(i);
    }
    // Of friends that the table has already; its columns keep their places.
    for (const ColumnAlias& alias : table_->aliases()) plain[alias.name].push_back(alias.column);
    for (const auto& [name, columns] : plain) {
      if (columns.size() == 1 && !own.contains(name)) aliases_.push_back({std::string(name), columns.front()});
    }
  }

  Result<std::vector<Part>> plan(EntryRange range, const std::vector<size_t>& columns) const {
    if (range.first < 0 || range.last < range.first || range.last > numEntries()) {
      return Error(ErrorCode::kInvalidArgument, place(*table_) + ": entries " + std::to_string(range.first) + " to " +
                                                    std::to_string(range.last) + " are not among its " +
                                                    std::to_string(numEntries()));
    }
    std::map<size_t, std::set<size_t>> wanted;
    wanted[0];  // always there: a fetch has at least one part
    for (const size_t column : columns) {
      const ColumnOrigin origin = origins_.at(column);
      if (!columns_[column].unsupported.empty() && origin.part > 0) {
        return Error(ErrorCode::kUnsupported, place(*table_) + ": column '" + columns_[column].name +
                                                  "' cannot be read: " + columns_[column].unsupported);
      }
      if (origin.part == 0 || !friends_[origin.part - 1].index) {
        wanted[origin.part].insert(origin.column);
        continue;
      }
      for (const std::string& name : friends_[origin.part - 1].index->columns()) {
        MLAAS_TRY(const size_t key, table_->findColumn(name));
        wanted[0].insert(key);
      }
    }
    std::vector<Part> parts;
    for (const auto& [number, set] : wanted) {
      parts.push_back({number, ownRange(number, range), {set.begin(), set.end()}});
    }
    return parts;
  }

  static std::vector<size_t> numbersOf(const std::vector<Part>& parts) {
    std::vector<size_t> numbers;
    for (const Part& part : parts) numbers.push_back(part.number);
    return numbers;
  }

  std::unique_ptr<FetchedRange> together(EntryRange range, const std::vector<size_t>& parts,
                                         FetchedParts fetched) const {
    return std::make_unique<Range>(*this, range, parts, std::move(fetched));
  }

  const std::shared_ptr<const Table> table_;
  const std::vector<FriendLink> friends_;
  std::vector<ColumnInfo> columns_;
  std::vector<ColumnOrigin> origins_;  // of columns_
  std::vector<ColumnAlias> aliases_;
};

Result<void> checkLink(const Table& table, const FriendLink& link) {
  if (!link.index) {
    if (link.entries.size() == table.numEntries() && link.entries.first >= 0 &&
        link.entries.last <= link.table->numEntries()) {
      return {};
    }
    return Error(
        ErrorCode::kInvalidArgument,
        place(table) + " has " + std::to_string(table.numEntries()) + " entries, but its friend '" + link.alias +
            "' (" + place(*link.table) + ") has " + std::to_string(link.entries.size()) +
            "; friends by entry have the same number, others need an index: columns that name an entry in both");
  }
  for (const std::string& name : link.index->columns()) MLAAS_CHECK(findKeyColumn(table, name));
  return {};
}

// Aliases differ, and no "alias.column" is the name of a column of the table.
Result<void> checkAliases(const Table& table, const std::vector<FriendLink>& friends) {
  std::set<std::string> names;
  for (const ColumnInfo& column : table.columns()) names.insert(column.name);
  for (size_t i = 0; i < friends.size(); ++i) {
    const auto same = [&](const FriendLink& other) { return other.alias == friends[i].alias; };
    if (std::find_if(friends.begin(), friends.begin() + static_cast<std::ptrdiff_t>(i), same) !=
        friends.begin() + static_cast<std::ptrdiff_t>(i)) {
      return Error(ErrorCode::kInvalidArgument, place(table) + ": two friends are called '" + friends[i].alias +
                                                    "'; give one of them another alias");
    }
    for (const ColumnInfo& column : friends[i].table->columns()) {
      const std::string name = friends[i].alias + "." + column.name;
      if (!names.contains(name)) continue;
      return Error(ErrorCode::kInvalidArgument, place(table) + ": has a column '" + name +
                                                    "' of its own; give friend '" + friends[i].alias +
                                                    "' another alias");
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Table>> attachFriends(std::shared_ptr<const Table> table,
                                                   std::vector<FriendLink> friends) {
  if (friends.empty()) return table;
  MLAAS_CHECK(checkAliases(*table, friends));
  for (const FriendLink& link : friends) MLAAS_CHECK(checkLink(*table, link));
  return std::shared_ptr<const Table>(std::make_shared<FriendTable>(std::move(table), std::move(friends)));
}

}  // namespace mlaas::table
