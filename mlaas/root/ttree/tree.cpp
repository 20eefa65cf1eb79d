#include "mlaas/root/ttree/tree.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "mlaas/root/compression.h"
#include "mlaas/root/streamer/streamer_info.h"
#include "mlaas/root/ttree/clusters.h"

namespace mlaas::root {

// Baskets [first, end) of a branch.
struct BasketSpan {
  size_t first = 0;
  size_t end = 0;
};

// The baskets that are wanted of each branch.
class WantedBaskets {
 public:
  void add(size_t branch, BasketSpan span) {
    auto [found, isNew] = spans_.emplace(branch, span);
    BasketSpan& old = found->second;
    if (isNew || span.first == span.end) return;
    old = old.first == old.end ? span : BasketSpan{std::min(old.first, span.first), std::max(old.end, span.end)};
  }
  const std::map<size_t, BasketSpan>& byBranch() const { return spans_; }

 private:
  std::map<size_t, BasketSpan> spans_;
};

namespace {

// Room for a basket's key with long names.
constexpr uint32_t kFrontBytes = 1024;

// The baskets that hold the entries of `range`, as far as the branch has them.
BasketSpan basketsOf(const BasketIndex& baskets, EntryRange range) {
  const auto& entries = baskets.firstEntry;
  if (range.size() <= 0 || range.first >= baskets.numEntries()) return {};
  const auto first = std::upper_bound(entries.begin(), entries.end(), range.first) - entries.begin() - 1;
  const auto end = std::lower_bound(entries.begin(), entries.end(), range.last) - entries.begin();
  return {static_cast<size_t>(first), std::min(static_cast<size_t>(end), baskets.size())};
}

// The entries of whole baskets that `range` touches.
EntryRange wholeBaskets(const BasketIndex& baskets, EntryRange range) {
  const BasketSpan span = basketsOf(baskets, range);
  return {baskets.firstEntry[span.first], baskets.firstEntry[span.end]};
}

// The first basket that lies in the file; baskets.size() where none does.
size_t firstInFile(const BasketIndex& baskets) {
  size_t i = 0;
  while (i < baskets.size() && (baskets.embedded[i] || baskets.isGap(i))) ++i;
  return i;
}

// The codec of a basket from the front of its record: "none" where it is not compressed, empty where it is damaged.
std::string compressionOfBasket(std::span<const std::byte> front) {
  ByteCursor cursor(front);
  const Key key = readKey(cursor);
  if (!cursor.ok() || key.keyBytes > front.size()) return {};
  if (!key.isCompressed()) return "none";
  const auto block = readBlockHeader(front.subspan(key.keyBytes));
  return block.ok() ? std::string(codecName(block->codec)) : std::string();
}

}  // namespace

bool isTree(const Key& key) {
  return key.className == "TTree" || key.className == "TNtuple" || key.className == "TNtupleD";
}

Result<std::shared_ptr<const Tree>> Tree::open(std::shared_ptr<const File> file, const DirectoryEntry& entry) {
  const std::string where = file->url() + ": tree " + entry.path;
  auto registry = readStreamerInfo(*file);
  if (!registry.ok()) return std::move(registry).error();
  auto metadata = readTreeMetadata(*file, entry.key, **registry);
  if (!metadata.ok()) return std::move(metadata).error().within(where);
  std::shared_ptr<Tree> tree(new Tree);
  tree->file_ = std::move(file);
  tree->name_ = entry.path;
  tree->metadata_ = *std::move(metadata);
  const auto peek = [&](size_t branch, std::shared_ptr<const ValueNode> root, uint32_t leaf, size_t mostBaskets) {
    return tree->peek(branch, std::move(root), leaf, mostBaskets);
  };
  tree->columns_ = planColumns(tree->metadata_, **registry, peek);
  tree->clusters_ = findClusters(tree->metadata_);
  return std::shared_ptr<const Tree>(std::move(tree));
}

Result<Column> Tree::peek(size_t branch, std::shared_ptr<const ValueNode> root, uint32_t leaf, size_t mostBaskets) {
  ColumnPlan plan;
  plan.branch = branch;
  plan.type = pathTo(*root, leaf).type;
  plan.layout = EntryLayout::kValues;
  plan.values = std::move(root);
  plan.leaf = leaf;
  const auto& entries = metadata_.branches[branch].baskets.firstEntry;
  const size_t numBaskets = std::min(entries.size() - 1, mostBaskets);
  columns_.clear();
  columns_.push_back(std::move(plan));  // for as long as nothing else is planned
  const auto fetched = fetchNow({0, entries[numBaskets]}, {0});
  auto column = fetched.ok() ? (*fetched)->decode(0) : Result<Column>(Error(fetched.error()));
  columns_.clear();
  return column;
}

std::string Tree::place() const { return file_->url() + ": tree " + name_; }

std::vector<EntryRange> Tree::cut(EntryRange range, const std::vector<size_t>& columns, RangeSize size) const {
  std::set<size_t> branches;
  std::vector<StoredPieces> pieces;
  for (const size_t column : columns) {
    if (!branches.insert(columns_.at(column).branch).second) continue;
    const BasketIndex& baskets = branchOf(columns_[column]).baskets;
    if (baskets.size() > 0) pieces.push_back({baskets.firstEntry, baskets.bytes});
  }
  return cutRange(pieces, range, size);
}

std::vector<std::string> Tree::compressions() const {
  // The key and the first block's header of one basket a branch: enough, and one request for a source far away.
  std::map<size_t, std::vector<std::byte>> fronts;
  std::map<const File*, std::vector<io::ReadRequest>> requests;
  for (const ColumnPlan& column : columns_) {
    const BasketIndex& baskets = branchOf(column).baskets;
    const size_t i = firstInFile(baskets);
    if (i == baskets.size() || fronts.contains(column.branch)) continue;
    const File& file = fileOf(branchOf(column));
    const uint32_t bytes = std::min(baskets.bytes[i], kFrontBytes);
    if (baskets.offset[i] > file.source().sizeBytes() || bytes > file.source().sizeBytes() - baskets.offset[i])
      continue;
    std::vector<std::byte>& front = fronts[column.branch];
    front.resize(bytes);
    requests[&file].push_back({baskets.offset[i], front});
  }
  bool isRead = true;
  for (auto& [file, ofFile] : requests) isRead = file->source().readNow(std::move(ofFile)).ok() && isRead;
  std::vector<std::string> names;
  for (const ColumnPlan& column : columns_) {
    const BasketIndex& baskets = branchOf(column).baskets;
    const auto front = fronts.find(column.branch);
    if (front != fronts.end()) {
      names.push_back(isRead ? compressionOfBasket(front->second) : std::string());
    } else {
      names.emplace_back(baskets.size() > 0 && firstInFile(baskets) == baskets.size() ? "none" : "");
    }
  }
  return names;
}

Result<void> Tree::checkReadable(EntryRange range, const ColumnPlan& plan) const {
  if (!plan.unsupported.empty()) {
    return Error(ErrorCode::kUnsupported, place() + ": column " + plan.name + " cannot be read: " + plan.unsupported);
  }
  const Branch& branch = branchOf(plan);
  if (branch.numEntries < range.last) {
    return Error(ErrorCode::kUnsupported, place() + ": column " + plan.name + " has " +
                                              std::to_string(branch.numEntries) + " entries, the tree " +
                                              std::to_string(numEntries()) + "; entries up to " +
                                              std::to_string(range.last) + " are wanted");
  }
  if (branch.baskets.numEntries() < range.last) {
    return Error(ErrorCode::kCorrupt, place() + ": branch " + branch.path + ": its baskets hold " +
                                          std::to_string(branch.baskets.numEntries()) + " of " +
                                          std::to_string(branch.numEntries) + " entries");
  }
  return {};
}

Error Tree::lostBasket(size_t branch, size_t basket) const {
  const BasketIndex& index = metadata_.branches[branch].baskets;
  return Error(ErrorCode::kCorrupt,
               place() + ": branch " + metadata_.branches[branch].path + ": entries " +
                   std::to_string(index.firstEntry[basket]) + " to " + std::to_string(index.firstEntry[basket + 1]) +
                   " lie at byte " + std::to_string(index.offset[basket]) + " of " +
                   fileOf(metadata_.branches[branch]).url() + ", which " + fileOf(metadata_.branches[branch]).damage());
}

Result<size_t> Tree::recordBytes(const WantedBaskets& wanted) const {
  size_t bytes = 0;
  for (const auto& [branch, span] : wanted.byBranch()) {
    const BasketIndex& index = metadata_.branches[branch].baskets;
    const uint64_t fileBytes = fileOf(metadata_.branches[branch]).source().sizeBytes();
    for (size_t i = span.first; i < span.end; ++i) {
      if (index.offset[i] + index.bytes[i] > fileBytes) return lostBasket(branch, i);
      bytes += index.bytes[i];
    }
  }
  return bytes;
}

Result<Tree::FetchPlan> Tree::planFetch(EntryRange range, const std::vector<size_t>& columns) const {
  int64_t end = numEntries();
  for (const size_t column : columns) end = std::max(end, branchOf(columns_.at(column)).numEntries);
  if (range.first < 0 || range.last < range.first || range.last > end) {
    return Error(ErrorCode::kInvalidArgument, place() + ": entries " + std::to_string(range.first) + " to " +
                                                  std::to_string(range.last) + " are not among its " +
                                                  std::to_string(numEntries()));
  }
  WantedBaskets wanted;
  for (const size_t column : columns) {
    const ColumnPlan& plan = columns_.at(column);
    MLAAS_CHECK(checkReadable(range, plan));
    const Branch& branch = branchOf(plan);
    wanted.add(plan.branch, basketsOf(branch.baskets, range));
    // What counts is needed for all entries of the baskets that it counts.
    const bool isCounted = plan.layout == EntryLayout::kValues || branch.generatesOffsets || !branch.hasEntryOffsets;
    if (plan.counterBranch >= 0 && isCounted) {
      const auto counter = static_cast<size_t>(plan.counterBranch);
      wanted.add(counter, basketsOf(metadata_.branches[counter].baskets, wholeBaskets(branch.baskets, range)));
    }
  }
  FetchPlan plan{std::make_unique<FetchedBaskets>(*this, range), {}};
  MLAAS_TRY(const size_t bytes, recordBytes(wanted));
  plan.fetched->records_ = Buffer(bytes);
  std::span<std::byte> rest = plan.fetched->records_.bytes();
  for (const auto& [branch, span] : wanted.byBranch()) {
    const BasketIndex& index = metadata_.branches[branch].baskets;
    auto& requests = plan.requests[&fileOf(metadata_.branches[branch])];
    const std::byte* records = rest.data();
    for (size_t i = span.first; i < span.end; ++i) {
      if (index.bytes[i] == 0) continue;
      requests.push_back({index.offset[i], rest.first(index.bytes[i])});
      rest = rest.subspan(index.bytes[i]);
    }
    plan.fetched->branches_.push_back({branch, span.first, span.end, {records, rest.data()}});
  }
  return plan;
}

Result<void> Tree::readSideFiles(FetchPlan& plan) const {
  for (auto& [file, requests] : plan.requests) {
    if (file != file_.get()) MLAAS_CHECK(file->source().readNow(std::move(requests)));
  }
  return {};
}

void Tree::fetch(EntryRange range, const std::vector<size_t>& columns,
                 std::function<void(Result<std::unique_ptr<FetchedBaskets>>)> done) const {
  auto plan = planFetch(range, columns);
  if (!plan.ok()) return done(std::move(plan).error());
  if (auto read = readSideFiles(*plan); !read.ok()) return done(Error(read.error()));
  auto requests = std::move(plan->requests[file_.get()]);
  if (requests.empty()) return done(std::move(plan->fetched));
  // std::function wants to be copied; the callback alone owns the result.
  auto fetched = std::make_shared<std::unique_ptr<FetchedBaskets>>(std::move(plan->fetched));
  file_->source().read(std::move(requests), [fetched, done = std::move(done)](Result<void> read) {
    if (!read.ok()) return done(Error(read.error()));
    done(std::move(*fetched));
  });
}

Result<std::unique_ptr<FetchedBaskets>> Tree::fetchNow(EntryRange range, const std::vector<size_t>& columns) const {
  MLAAS_TRY(FetchPlan plan, planFetch(range, columns));
  MLAAS_CHECK(readSideFiles(plan));
  if (auto& own = plan.requests[file_.get()]; !own.empty()) MLAAS_CHECK(file_->source().readNow(std::move(own)));
  return std::move(plan.fetched);
}

const FetchedBaskets::BranchBytes* FetchedBaskets::find(size_t branch) const {
  const auto found = std::ranges::lower_bound(branches_, branch, {}, &BranchBytes::branch);
  return found == branches_.end() || found->branch != branch ? nullptr : &*found;
}

Result<Column> FetchedBaskets::decode(size_t column) const {
  const ColumnPlan& plan = tree_.columns().at(column);
  return named(decodeRange(plan, range_), plan);
}

Result<Column> FetchedBaskets::named(Result<Column> decoded, const ColumnPlan& plan) const {
  if (!decoded.ok()) return std::move(decoded).error().within("column " + plan.name).within(tree_.place());
  return decoded;
}

std::vector<Result<Column>> FetchedBaskets::decodeAll(std::span<const size_t> columns) const {
  std::map<size_t, std::vector<size_t>> placesOf;  // in `columns`, by branch
  for (size_t i = 0; i < columns.size(); ++i) placesOf[tree_.columns().at(columns[i]).branch].push_back(i);
  std::vector<std::optional<Result<Column>>> decoded(columns.size());
  for (const auto& [branch, places] : placesOf) {
    const auto parts = places.size() > 1 ? partsOf(branch, range_) : Result<std::vector<BasketPart>>({});
    if (places.size() == 1 || !parts.ok()) {
      for (const size_t i : places) decoded[i] = decode(columns[i]);
      continue;
    }
    std::vector<BranchColumn> together;
    for (const size_t i : places) {
      const ColumnPlan& plan = tree_.columns()[columns[i]];
      together.push_back({&plan, [this, &plan](EntryRange counted) { return decodeCounter(plan, counted); }});
    }
    auto results = decodeColumns(together, range_, *parts);
    for (size_t k = 0; k < places.size(); ++k) decoded[places[k]] = named(std::move(results[k]), *together[k].plan);
  }
  std::vector<Result<Column>> inOrder;
  inOrder.reserve(columns.size());
  for (auto& one : decoded) inOrder.push_back(*std::move(one));
  return inOrder;
}

Result<std::vector<BasketPart>> FetchedBaskets::partsOf(size_t branch, EntryRange range) const {
  const BranchBytes* bytes = find(branch);
  if (!bytes) return Error(ErrorCode::kInternal, "it was not fetched");
  const BasketIndex& index = tree_.metadata_.branches[branch].baskets;
  std::vector<BasketPart> parts;
  parts.reserve(bytes->endBasket - bytes->firstBasket);
  size_t at = 0;
  for (size_t i = bytes->firstBasket; i < bytes->endBasket; ++i) {
    const EntryRange entries{index.firstEntry[i], index.firstEntry[i + 1]};
    const auto record = bytes->records.subspan(at, index.bytes[i]);
    at += index.bytes[i];
    if (entries.last <= range.first || entries.first >= range.last) continue;
    parts.push_back({entries, record, index.embedded[i].get(), index.offset[i]});
  }
  return parts;
}

Result<Column> FetchedBaskets::decodeRange(const ColumnPlan& plan, EntryRange range) const {
  MLAAS_TRY(const auto parts, partsOf(plan.branch, range));
  return decodeColumn(plan, range, parts, [&](EntryRange counted) { return decodeCounter(plan, counted); });
}

Result<Column> FetchedBaskets::decodeCounter(const ColumnPlan& plan, EntryRange range) const {
  const auto& columns = tree_.columns();
  const auto counter = std::find_if(columns.begin(), columns.end(), [&](const ColumnPlan& column) {
    return plan.counterBranch >= 0 && column.branch == static_cast<size_t>(plan.counterBranch);
  });
  // What counts is never counted by values itself: branches that name each other would have no end.
  if (counter == columns.end() || !counter->unsupported.empty() || counter->layout == EntryLayout::kValues ||
      (!counter->type.isFlat() && plan.layout != EntryLayout::kValues)) {
    return Error(ErrorCode::kCorrupt, "its entry offsets are missing, and so is a column that counts its elements");
  }
  // Fetched for other entries too, unless the branch's metadata gave no hint that it would be needed.
  const BranchBytes* bytes = find(counter->branch);
  const BasketSpan span = basketsOf(tree_.branchOf(*counter).baskets, range);
  if (bytes && bytes->firstBasket <= span.first && span.end <= bytes->endBasket) return decodeRange(*counter, range);
  MLAAS_TRY(const auto fetched, tree_.fetchNow(range, {static_cast<size_t>(counter - columns.begin())}));
  return fetched->decodeRange(*counter, range);
}

}  // namespace mlaas::root
