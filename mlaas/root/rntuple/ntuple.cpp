#include "mlaas/root/rntuple/ntuple.h"

#include <algorithm>
#include <array>
#include <set>

#include "mlaas/root/rntuple/anchor.h"
#include "mlaas/root/rntuple/page_fetch.h"
#include "mlaas/root/rntuple/read_ranges.h"
#include "mlaas/root/streamer/streamer_info.h"

namespace mlaas::root {

namespace {

// Codecs by the number in the compression setting.
constexpr std::array<std::string_view, 6> kCodecs = {"default", "zlib", "lzma", "deflate", "lz4", "zstd"};

}  // namespace

// One fetch on its way.
struct NTuple::Fetch {
  Fetch(const NTuple& ntuple, EntryRange range, const std::vector<size_t>& columns,
        const std::vector<WantedColumn>& wanted)
      : source(ntuple.file().source()),
        fetched(std::make_unique<FetchedPages>(ntuple, range, columns)),
        plan(ntuple.view(), range, wanted) {}

  std::vector<io::ReadRequest> next() { return plan.next(fetched->store_); }
  // After the last round.
  std::unique_ptr<FetchedPages> finish() {
    for (auto& [path, walked] : plan.takeWalked()) {
      auto& shared = fetched->shared_[static_cast<size_t>(path)];
      if (!shared) shared = std::make_unique<FetchedPages::SharedLevels>();
      shared->levels = std::make_unique<WalkedLevels>(std::move(walked));
    }
    return std::move(fetched);
  }

  io::ByteSource& source;
  std::unique_ptr<FetchedPages> fetched;
  PageFetch plan;
  std::function<void(Result<std::unique_ptr<FetchedPages>>)> done;
};

Result<std::shared_ptr<const NTuple>> NTuple::open(std::shared_ptr<const File> file, const DirectoryEntry& entry) {
  std::shared_ptr<NTuple> ntuple(new NTuple);
  ntuple->file_ = std::move(file);
  ntuple->name_ = entry.path;
  auto read = ntuple->readMetadata(entry.key);
  if (!read.ok()) return Error(read.error()).within(ntuple->place());
  ntuple->countBytes();
  ntuple->paths_ = findOffsetPaths(ntuple->schema_, ntuple->pages_, ntuple->columns_);
  ntuple->clusters_ = findReadRanges(ntuple->schema_, ntuple->pages_);
  return std::shared_ptr<const NTuple>(std::move(ntuple));
}

Result<void> NTuple::readMetadata(const Key& key) {
  MLAAS_TRY(const Anchor anchor, readAnchor(*file_, key));
  const uint64_t maxKeyBytes = anchor.maxKeyBytes;
  MLAAS_TRY(const Envelope header, readEnvelope(*file_, anchor.header, EnvelopeType::kHeader, maxKeyBytes));
  MLAAS_TRY(const Envelope footer, readEnvelope(*file_, anchor.footer, EnvelopeType::kFooter, maxKeyBytes));
  ByteCursor cursor = footer.payload();
  MLAAS_CHECK(checkFeatureFlags(cursor));
  if (cursor.little<uint64_t>() != header.checksum()) {
    return Error(ErrorCode::kCorrupt, "its footer belongs to another header");
  }
  MLAAS_TRY(schema_, readSchema(header, cursor));
  MLAAS_TRY(pages_, PageList::read(*file_, cursor, schema_, header.checksum(), maxKeyBytes));
  // Only streamed objects need the file's class descriptions; without them, such fields are listed as unsupported.
  auto classes = std::make_shared<const ClassRegistry>();
  const auto isStreamed = [](const Field& field) { return field.role == FieldRole::kStreamer; };
  if (std::any_of(schema_.fields.begin(), schema_.fields.end(), isStreamed)) {
    if (auto read = readStreamerInfo(*file_); read.ok()) classes = *std::move(read);
  }
  MLAAS_TRY(columns_, planFieldColumns(schema_, *classes));
  return {};
}

void NTuple::countBytes() {
  std::vector<bool> isCounted(schema_.columns.size(), false);
  for (const NTupleColumn& column : columns_) {
    Bytes bytes;
    const auto count = [&](uint32_t id) {
      if (isCounted[id]) return;
      isCounted[id] = true;
      for (const Cluster& cluster : pages_.clusters()) {
        for (const Page& page : pagesIn(view(), cluster, id)) {
          bytes.stored += page.storedBytes;
          bytes.plain += packedBytes(page.numElements, schema_.physical[schema_.columns[id].physical.front()].bits);
        }
      }
    };
    if (column.unsupported.empty()) {
      for (const Level& level : column.levels) {
        if (level.kind == LevelKind::kCollection || level.kind == LevelKind::kVariant) count(level.column);
      }
      const uint64_t above = bytes.plain;
      count(column.values);
      bytes.values = bytes.plain - above;
    }
    columnBytes_.push_back(bytes);
  }
}

std::string NTuple::place() const { return file_->url() + ": ntuple " + name_; }

uint64_t NTuple::entryBytes(const std::vector<size_t>& columns) const {
  std::set<int> paths;
  uint64_t bytes = 0;
  uint64_t perEntry = 1;
  for (const size_t column : columns) {
    bytes += columnBytes_.at(column).values;
    if (paths_.ofColumn[column] >= 0 && !paths.insert(paths_.ofColumn[column]).second) continue;
    perEntry += static_cast<uint64_t>(columns_[column].type.jaggedDepth) * sizeof(int64_t);
  }
  return bytes / static_cast<uint64_t>(std::max<int64_t>(1, numEntries())) + perEntry;
}

std::vector<EntryRange> NTuple::cut(EntryRange range, const std::vector<size_t>& columns, RangeSize size) const {
  std::set<uint32_t> ids;
  for (const size_t column : columns) {
    const NTupleColumn& plan = columns_.at(column);
    if (!plan.unsupported.empty()) continue;
    for (const Level& level : plan.levels) {
      if (level.kind == LevelKind::kCollection || level.kind == LevelKind::kVariant) ids.insert(level.column);
    }
    ids.insert(plan.values);
  }
  // Below collections the entries of a page are estimated: what counts is how large the pages are.
  const auto clusters = pages_.clustersOf(range);
  std::vector<std::vector<int64_t>> firstEntries;
  std::vector<std::vector<uint32_t>> bytes;
  for (const uint32_t id : ids) {
    std::vector<int64_t>& firstEntry = firstEntries.emplace_back();
    std::vector<uint32_t>& stored = bytes.emplace_back();
    for (size_t i = clusters.first; i < clusters.last; ++i) {
      const Cluster& cluster = pages_.clusters()[i];
      const auto pages = pagesIn(view(), cluster, id);
      if (pages.empty()) continue;
      const double numElements = static_cast<double>(pages.back().firstElement) + pages.back().numElements;
      for (const Page& page : pages) {
        const double share = static_cast<double>(page.firstElement) / std::max(1.0, numElements);
        firstEntry.push_back(cluster.entries.first +
                             static_cast<int64_t>(share * static_cast<double>(cluster.entries.size())));
        stored.push_back(static_cast<uint32_t>(std::min<uint64_t>(page.storedBytes, UINT32_MAX)));
      }
    }
    if (!stored.empty()) firstEntry.push_back(pages_.clusters()[clusters.last - 1].entries.last);
  }
  std::vector<StoredPieces> pieces;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!bytes[i].empty()) pieces.push_back({firstEntries[i], bytes[i]});
  }
  return cutRange(pieces, range, size);
}

std::string NTuple::compressionOf(size_t column) const {
  const NTupleColumn& plan = columns_.at(column);
  if (!plan.unsupported.empty()) return {};
  bool hasPages = false;
  for (const Cluster& cluster : pages_.clusters()) {
    for (const uint32_t id : schema_.columns[plan.values].physical) {
      if (id >= cluster.columns.size() || cluster.columns[id].numPages == 0) continue;
      hasPages = true;
      const uint32_t algorithm = cluster.columns[id].compression / 100;
      if (cluster.columns[id].compression % 100 > 0 && algorithm < kCodecs.size())
        return std::string(kCodecs[algorithm]);
    }
  }
  return hasPages ? "none" : "";
}

Result<std::shared_ptr<NTuple::Fetch>> NTuple::startFetch(EntryRange range, const std::vector<size_t>& columns) const {
  if (range.first < 0 || range.last < range.first || range.last > numEntries()) {
    return Error(ErrorCode::kInvalidArgument, place() + ": entries " + std::to_string(range.first) + " to " +
                                                  std::to_string(range.last) + " are not among its " +
                                                  std::to_string(numEntries()));
  }
  std::vector<WantedColumn> wanted;
  for (const size_t column : columns) {
    const NTupleColumn& plan = columns_.at(column);
    if (!plan.unsupported.empty()) {
      return Error(ErrorCode::kUnsupported, place() + ": column " + plan.name + " cannot be read: " + plan.unsupported);
    }
    wanted.push_back({&plan, paths_.ofColumn[column]});
  }
  return std::make_shared<Fetch>(*this, range, columns, wanted);
}

void NTuple::continueFetch(std::shared_ptr<Fetch> fetch) {
  auto requests = fetch->next();
  if (requests.empty()) return fetch->done(fetch->finish());
  io::ByteSource& source = fetch->source;
  source.read(std::move(requests), [fetch = std::move(fetch)](Result<void> read) {
    if (!read.ok()) return fetch->done(Error(read.error()));
    continueFetch(fetch);
  });
}

void NTuple::fetch(EntryRange range, const std::vector<size_t>& columns,
                   std::function<void(Result<std::unique_ptr<FetchedPages>>)> done) const {
  auto fetch = startFetch(range, columns);
  if (!fetch.ok()) return done(std::move(fetch).error());
  (*fetch)->done = std::move(done);
  continueFetch(*std::move(fetch));
}

Result<std::unique_ptr<FetchedPages>> NTuple::fetchNow(EntryRange range, const std::vector<size_t>& columns) const {
  MLAAS_TRY(const std::shared_ptr<Fetch> fetch, startFetch(range, columns));
  while (true) {
    std::vector<io::ReadRequest> requests = fetch->next();
    if (requests.empty()) return fetch->finish();
    MLAAS_CHECK(file_->source().readNow(std::move(requests)));
  }
}

FetchedPages::FetchedPages(const NTuple& ntuple, EntryRange range, const std::vector<size_t>& columns)
    : ntuple_(ntuple), range_(range), isFetched_(ntuple.columns().size(), false) {
  std::vector<int> users(ntuple.paths_.numPaths, 0);
  for (const size_t column : columns) {
    if (isFetched_[column]) continue;
    isFetched_[column] = true;
    if (ntuple.paths_.ofColumn[column] >= 0) ++users[static_cast<size_t>(ntuple.paths_.ofColumn[column])];
  }
  shared_.resize(users.size());
  for (size_t i = 0; i < users.size(); ++i) {
    if (users[i] > 1) shared_[i] = std::make_unique<SharedLevels>();
  }
}

Result<WalkedLevels> FetchedPages::walk(size_t column) {
  const NTupleColumn& plan = ntuple_.columns()[column];
  const int path = ntuple_.paths_.ofColumn[column];
  SharedLevels* shared = path < 0 ? nullptr : shared_[static_cast<size_t>(path)].get();
  WalkedLevels walked{LevelWalk(ntuple_.view(), range_), {}};
  size_t done = 0;
  if (shared) {
    const std::lock_guard lock(shared->mutex);
    done = plan.numReadLevels();
    if (!shared->levels) {
      for (size_t i = 0; i < done; ++i) MLAAS_CHECK(walked.follow(plan.levels[i], store_));
      shared->levels = std::make_unique<WalkedLevels>(walked);
    }
    walked = *shared->levels;
  }
  for (size_t i = done; i < plan.levels.size(); ++i) MLAAS_CHECK(walked.follow(plan.levels[i], store_));
  return walked;
}

Result<Column> FetchedPages::decode(size_t column) {
  const NTupleColumn& plan = ntuple_.columns().at(column);
  const auto inPlace = [&](Error error) {
    return std::move(error).within("column " + plan.name).within(ntuple_.place());
  };
  if (!isFetched_[column]) return inPlace(Error(ErrorCode::kInternal, "it was not fetched"));
  auto levels = walk(column);
  if (!levels.ok()) return inPlace(std::move(levels).error());
  auto decoded = readColumn(plan, range_, *std::move(levels), store_);
  if (!decoded.ok()) return inPlace(std::move(decoded).error());
  return decoded;
}

}  // namespace mlaas::root
