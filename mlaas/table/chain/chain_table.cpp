#include "mlaas/table/chain/chain_table.h"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>
#include <utility>

#include "mlaas/table/chain/chain_columns.h"
#include "mlaas/table/chain/joined_fetch.h"

namespace mlaas::table {

namespace {

constexpr size_t kAbsent = std::numeric_limits<size_t>::max();
// Files that one fetched range keeps open; with more, it holds decoded columns instead.
constexpr size_t kMostOpenParts = 16;

// From the chain's columns to those of one table.
using ColumnMap = std::vector<size_t>;

// Columns that were decoded when they were fetched.
class DecodedRange : public FetchedRange {
 public:
  static Result<std::unique_ptr<FetchedRange>> make(FetchedRange& fetched, const std::vector<size_t>& columns) {
    auto made = std::make_unique<DecodedRange>();
    auto decoded = fetched.decodeAll(columns);
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!decoded[i].ok()) return std::move(decoded[i]).error();
      made->columns_.emplace(columns[i], *std::move(decoded[i]));
    }
    return std::unique_ptr<FetchedRange>(std::move(made));
  }
  Result<Column> decode(size_t column) override { return columns_.at(column); }

 private:
  std::unordered_map<size_t, Column> columns_;
};

class ChainRange : public FetchedRange {
 public:
  struct Part {
    const ColumnMap* map;
    std::unique_ptr<FetchedRange> fetched;
  };
  ChainRange(const std::vector<ColumnInfo>& columns, std::vector<Part> parts)
      : columns_(columns), parts_(std::move(parts)) {}

  Result<Column> decode(size_t column) override { return std::move(decodeAll(std::span(&column, 1)).front()); }

  std::vector<Result<Column>> decodeAll(std::span<const size_t> columns) override {
    std::vector<Result<Column>> decoded;
    if (parts_.empty()) {
      for (const size_t column : columns) decoded.emplace_back(noEntries(columns_[column].type));
      return decoded;
    }
    std::vector<std::vector<Result<Column>>> ofParts;
    for (const Part& part : parts_) {
      std::vector<size_t> own;
      for (const size_t column : columns) own.push_back((*part.map)[column]);
      ofParts.push_back(part.fetched->decodeAll(own));
    }
    for (size_t i = 0; i < columns.size(); ++i) decoded.push_back(concatenated(ofParts, i));
    return decoded;
  }

 private:
  // Column `i` of all parts; the first failure counts.
  static Result<Column> concatenated(std::vector<std::vector<Result<Column>>>& ofParts, size_t i) {
    std::vector<Column> pieces;
    for (auto& ofPart : ofParts) {
      if (!ofPart[i].ok()) return std::move(ofPart[i]).error();
      pieces.push_back(*std::move(ofPart[i]));
    }
    return concatenateColumns(pieces);
  }

  static Column noEntries(const ColumnType& type) {
    Column column{type, 0, {}, std::make_shared<const Buffer>()};
    const std::array<int64_t, 1> start = {0};
    for (int level = 0; level < type.jaggedDepth; ++level) {
      column.offsets.push_back(copyToBuffer(std::span<const int64_t>(start)));
    }
    return column;
  }

  const std::vector<ColumnInfo>& columns_;  // of the chain, which outlives this
  const std::vector<Part> parts_;
};

class ChainTable : public Table {
 public:
  ChainTable(std::vector<std::shared_ptr<const Table>> tables, std::vector<ColumnInfo> columns)
      : columns_(std::move(columns)) {
    const size_t others = tables.size() - 1;
    url_ = tables.front()->url() + " (and " + std::to_string(others) + " more file" + (others == 1 ? ")" : "s)");
    name_ = tables.front()->name();
    nameAliases(*tables.front());
    for (auto& table : tables) add(std::move(table));
  }

  const std::string& url() const override { return url_; }
  const std::string& name() const override { return name_; }
  int64_t numEntries() const override { return members_.back().entries.last; }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  const std::vector<ColumnAlias>& aliases() const override { return aliases_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }
  const std::vector<ChainMember>& members() const { return members_; }

  uint64_t entryBytes(const std::vector<size_t>& columns) const override {
    uint64_t most = 0;
    std::set<const ColumnMap*> seen;
    for (size_t i = 0; i < members_.size(); ++i) {
      if (!seen.insert(mapOfMember_[i]).second) continue;
      most = std::max(most, members_[i].table->entryBytes(columnsOf(i, columns)));
    }
    return std::max(most, Table::entryBytes(columns));
  }

  // Files of one chain are mostly written alike.
  size_t readGroup(size_t column) const override {
    const size_t own = (*mapOfMember_.front())[column];
    return own == kAbsent ? columns_.size() + column : members_.front().table->readGroup(own);
  }

  uint64_t fetchBytes(EntryRange range, size_t column) const override {
    uint64_t bytes = 0;
    for (const Piece& piece : piecesOf(range, {column})) {
      for (const size_t one : piece.columns) bytes += members_[piece.member].table->fetchBytes(piece.range, one);
    }
    return bytes;
  }

  uint64_t stepBytes() const override { return members_.front().table->stepBytes(); }

  uint64_t scratchBytes(const std::vector<size_t>& columns) const override {
    uint64_t most = 0;
    for (size_t i = 0; i < members_.size(); ++i) {
      most = std::max(most, members_[i].table->scratchBytes(columnsOf(i, columns)));
    }
    return most;
  }

  std::vector<EntryRange> cut(EntryRange range, const std::vector<size_t>& columns, CutSize size) const override {
    std::vector<EntryRange> joined;
    for (const Piece& piece : piecesOf(range, columns)) {
      const ChainMember& member = members_[piece.member];
      std::vector<EntryRange> ranges = {piece.range};
      if (piece.range.size() > size.preferred) ranges = member.table->cut(piece.range, piece.columns, size);
      for (const EntryRange& one : ranges) {
        const EntryRange next{one.first + member.entries.first, one.last + member.entries.first};
        if (!joined.empty() && next.last - joined.back().first <= size.preferred) {
          joined.back().last = next.last;
        } else {
          joined.push_back(next);
        }
      }
    }
    return joined;
  }

  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    auto pieces = plan(range, columns);
    if (!pieces.ok()) return done(std::move(pieces).error());
    if (pieces->empty() || pieces->size() > kMostOpenParts) return done(fetchPieces(*pieces));
    std::vector<size_t> members;
    for (const Piece& piece : *pieces) members.push_back(piece.member);
    const auto join = JoinedFetch::make(
        pieces->size(), [this, members = std::move(members), done = std::move(done)](Result<FetchedParts> fetched) {
          if (!fetched.ok()) return done(std::move(fetched).error());
          done(together(members, *std::move(fetched)));
        });
    for (size_t i = 0; i < pieces->size(); ++i) {
      Piece& piece = (*pieces)[i];
      members_[piece.member].table->fetch(piece.range, std::move(piece.columns), JoinedFetch::callback(join, i));
    }
  }

  Result<std::unique_ptr<FetchedRange>> fetchNow(EntryRange range, std::vector<size_t> columns) const override {
    MLAAS_TRY(const auto pieces, plan(range, columns));
    return fetchPieces(pieces);
  }

 private:
  // What one table contributes to a range.
  struct Piece {
    size_t member;
    EntryRange range;  // in the table's own entries
    std::vector<size_t> columns;
  };

  Result<std::unique_ptr<FetchedRange>> fetchPieces(const std::vector<Piece>& pieces) const {
    std::vector<size_t> members;
    FetchedParts fetched;
    for (const Piece& piece : pieces) {
      MLAAS_TRY(auto part, members_[piece.member].table->fetchNow(piece.range, piece.columns));
      if (pieces.size() > kMostOpenParts) {
        MLAAS_TRY(part, DecodedRange::make(*part, piece.columns));
      }
      members.push_back(piece.member);
      fetched.push_back(std::move(part));
    }
    return together(members, std::move(fetched));
  }

  void add(std::shared_ptr<const Table> table) {
    const int64_t first = members_.empty() ? 0 : members_.back().entries.last;
    for (const EntryRange& cluster : table->clusters())
      clusters_.push_back({cluster.first + first, cluster.last + first});
    auto& map = maps_[&table->columns()];
    if (!map) map = std::make_unique<const ColumnMap>(mapColumns(*table));
    mapOfMember_.push_back(map.get());
    const int64_t last = first + table->numEntries();
    members_.push_back({std::move(table), {first, last}});
  }

  // The aliases of the first table; a column's own name comes before another's alias.
  void nameAliases(const Table& first) {
    for (const ColumnAlias& alias : first.aliases()) {
      const auto named = [&](const std::string& name) { return std::ranges::find(columns_, name, &ColumnInfo::name); };
      const auto column = named(first.columns()[alias.column].name);
      if (column == columns_.end() || named(alias.name) != columns_.end()) continue;
      aliases_.push_back({alias.name, static_cast<size_t>(column - columns_.begin())});
    }
  }

  ColumnMap mapColumns(const Table& table) const {
    std::unordered_map<std::string_view, size_t> names;
    for (size_t i = 0; i < table.columns().size(); ++i) names.emplace(table.columns()[i].name, i);
    ColumnMap map;
    for (const ColumnInfo& column : columns_) {
      const auto found = names.find(column.name);
      map.push_back(found == names.end() ? kAbsent : found->second);
    }
    return map;
  }

  Result<std::vector<Piece>> plan(EntryRange range, const std::vector<size_t>& columns) const {
    if (range.first < 0 || range.last < range.first || range.last > numEntries()) {
      return Error(ErrorCode::kInvalidArgument, url_ + ": entries " + std::to_string(range.first) + " to " +
                                                    std::to_string(range.last) + " are not among its " +
                                                    std::to_string(numEntries()));
    }
    for (const size_t column : columns) {
      const ColumnInfo& info = columns_.at(column);
      if (info.unsupported.empty()) continue;
      return Error(ErrorCode::kUnsupported, url_ + ": column '" + info.name + "' cannot be read: " + info.unsupported);
    }
    return piecesOf(range, columns);
  }

  // The columns that one table has of the chain's.
  std::vector<size_t> columnsOf(size_t member, const std::vector<size_t>& columns) const {
    std::vector<size_t> own;
    for (const size_t column : columns) {
      if (const size_t one = (*mapOfMember_[member])[column]; one != kAbsent) own.push_back(one);
    }
    return own;
  }

  std::vector<Piece> piecesOf(EntryRange range, const std::vector<size_t>& columns) const {
    std::vector<Piece> pieces;
    auto member = std::ranges::upper_bound(members_, range.first, {}, [](const auto& m) { return m.entries.last; });
    for (; member != members_.end() && member->entries.first < range.last; ++member) {
      const EntryRange part{std::max(range.first, member->entries.first) - member->entries.first,
                            std::min(range.last, member->entries.last) - member->entries.first};
      if (part.size() <= 0) continue;
      const auto number = static_cast<size_t>(member - members_.begin());
      pieces.push_back({number, part, columnsOf(number, columns)});
    }
    return pieces;
  }

  std::unique_ptr<FetchedRange> together(const std::vector<size_t>& members, FetchedParts fetched) const {
    std::vector<ChainRange::Part> parts;
    for (size_t i = 0; i < fetched.size(); ++i) parts.push_back({mapOfMember_[members[i]], std::move(fetched[i])});
    return std::make_unique<ChainRange>(columns_, std::move(parts));
  }

  std::string url_;
  std::string name_;
  const std::vector<ColumnInfo> columns_;
  std::vector<ColumnAlias> aliases_;
  std::vector<EntryRange> clusters_;
  std::vector<ChainMember> members_;                                        // at least one
  std::vector<const ColumnMap*> mapOfMember_;                               // into maps_
  std::unordered_map<const void*, std::unique_ptr<const ColumnMap>> maps_;  // by the tables' list of columns
};

// One table, or several as a chain.
std::shared_ptr<const Table> joinTables(std::vector<std::shared_ptr<const Table>> tables, ChainColumns columns) {
  if (tables.size() == 1) return std::move(tables.front());
  return std::make_shared<ChainTable>(std::move(tables), columns.take());
}

Error emptyChain() { return {ErrorCode::kInvalidArgument, "no file is named; a chain needs at least one"}; }

}  // namespace

Result<std::shared_ptr<const Table>> chainTables(std::vector<std::shared_ptr<const Table>> tables) {
  if (tables.empty()) return emptyChain();
  ChainColumns columns;
  for (const auto& table : tables) columns.add(*table);
  return joinTables(std::move(tables), std::move(columns));
}

std::vector<ChainMember> chainMembers(const std::shared_ptr<const Table>& table) {
  if (const auto* chain = dynamic_cast<const ChainTable*>(table.get())) return chain->members();
  return {{table, {0, table->numEntries()}}};
}

Result<std::shared_ptr<const Table>> openChain(std::span<const FileReference> files, TablePool& pool,
                                               const std::stop_token& stop, const TableChange& change) {
  if (files.empty()) return emptyChain();
  ChainColumns columns;
  std::vector<std::shared_ptr<const Table>> tables;
  for (const FileReference& file : files) {
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while opening files");
    MLAAS_TRY(auto opened, pool.open(file));
    auto table = opened.pooled;
    if (change) {
      MLAAS_TRY(table, change(std::move(table)));
    }
    // The sizes of a pooled table's columns may be those of another file.
    columns.add(table == opened.pooled ? *opened.direct : *table);
    tables.push_back(std::move(table));
  }
  return joinTables(std::move(tables), std::move(columns));
}

}  // namespace mlaas::table
