#include "mlaas/root/writer/ntuple_writer.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <set>

#include "mlaas/root/writer/ntuple_anchor.h"
#include "mlaas/root/writer/ntuple_page.h"
#include "mlaas/root/writer/object_writer.h"
#include "mlaas/root/writer/streamer_record.h"

namespace mlaas::root {

namespace {

constexpr size_t kPageBytes = size_t{1} << 20;        // elements in memory that make a page
constexpr size_t kBlobBytes = size_t{8} << 20;        // pages are gathered into records of about this size
constexpr size_t kMaxSealedBytes = size_t{64} << 20;  // compressed pages in memory before a cluster is complete
constexpr size_t kMaxGroupItems = 200'000;            // what a page list describes at most, but for one cluster
constexpr std::string_view kForbidden = "./\\ ";

// A name that the format allows: not empty, without control codes and the characters above.
Result<void> checkName(std::string_view name, std::string_view what) {
  bool good = !name.empty() && name.find_first_of(kForbidden) == std::string_view::npos &&
              std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (good) return {};
  return Error(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' cannot be the name of " + std::string(what) +
                                                ": expected at least one character, and no point, slash, " +
                                                "backslash, space or control code");
}

Result<void> checkColumns(std::span<const OutputColumn> columns) {
  std::set<std::string_view> names;
  for (const OutputColumn& column : columns) {
    MLAAS_CHECK(checkName(column.name, "an RNTuple's field"));
    if (!names.insert(column.name).second)
      return Error(ErrorCode::kInvalidArgument,
                   "two columns of an RNTuple cannot share the name '" + column.name + "'");
    if (std::ranges::find(column.type.shape, 0U) != column.type.shape.end())
      return Error(ErrorCode::kUnsupported, "column '" + column.name + "' of type " + column.type.name() +
                                                ": an RNTuple holds no fixed arrays without elements");
  }
  return {};
}

// Elements of one level of a column.
struct ElementRange {
  int64_t first;
  int64_t last;
};

// What the rows [first, last) have at level `level`: lists of that level, or values where there is none such.
ElementRange rangeAt(const Column& column, size_t level, ElementRange rows) {
  for (size_t i = 0; i < level; ++i) {
    auto offsets = column.offsetsAt(i);
    rows = {offsets[static_cast<size_t>(rows.first)], offsets[static_cast<size_t>(rows.last)]};
  }
  return rows;
}

}  // namespace

NtupleWriter::NtupleWriter(FileWriter file, TableWriterOptions options)
    : file_(std::move(file)), options_(std::move(options)), compressor_(options_.compression) {}

Result<NtupleWriter> NtupleWriter::create(const std::string& path, const std::string& name,
                                          std::vector<OutputColumn> columns, TableWriterOptions options) {
  MLAAS_CHECK(checkName(name, "an RNTuple"));
  MLAAS_CHECK(checkColumns(columns));
  MLAAS_TRY(auto file, FileWriter::create(path, options.compression.number(), options.stamp));
  NtupleWriter writer(std::move(file), std::move(options));
  writer.name_ = name;
  writer.schema_ = makeNtupleSchema(columns, writer.options_.compression.codec != OutputCodec::kNone);
  writer.columns_ = std::move(columns);
  writer.open_.resize(writer.schema_.columns.size());
  auto header = makeNtupleHeader(writer.schema_, name, writer.options_.title);
  writer.headerBytes_ = header.bytes.size();
  writer.headerChecksum_ = header.checksum;
  MLAAS_TRY(writer.header_, writer.writeEnvelope(header.bytes));
  writer.beginCluster();
  return writer;
}

void NtupleWriter::beginCluster() {
  openCluster_ = {};
  openCluster_.firstEntry = numEntries_;
  openCluster_.pages.resize(open_.size());
  for (OpenColumn& open : open_) {
    openCluster_.starts.push_back(open.numElements);
    open.lastIndex = 0;
  }
}

Result<void> NtupleWriter::append(std::span<const Column> columns) {
  MLAAS_CHECK(checkRows(name_, columns_, columns));
  int64_t numRows = columns.empty() ? 0 : columns[0].length;
  for (int64_t first = 0; first < numRows;) {
    int64_t inCluster = options_.clusterEntries - (numEntries_ - openCluster_.firstEntry);
    int64_t last = std::min(numRows, first + inCluster);
    MLAAS_CHECK(appendRows(columns, first, last));
    numEntries_ += last - first;
    if (numEntries_ - openCluster_.firstEntry == options_.clusterEntries) MLAAS_CHECK(flushCluster());
    first = last;
  }
  return {};
}

// Rows that stay within a cluster.
Result<void> NtupleWriter::appendRows(std::span<const Column> columns, int64_t first, int64_t last) {
  for (size_t i = 0; i < schema_.columns.size(); ++i) {
    const NtupleColumn& column = schema_.columns[i];
    const Column& rows = columns[column.source];
    if (column.kind == ElementKind::kIndex) {
      auto lists = rangeAt(rows, column.level, {first, last});
      MLAAS_CHECK(appendIndex(i, rows.offsetsAt(column.level), lists.first, lists.last));
      continue;
    }
    auto elements = rangeAt(rows, rows.offsets.size(), {first, last});
    if (elements.first == elements.last) continue;
    size_t bytes = rows.type.valuesPerElement() * dtypeBytes(rows.type.dtype);
    MLAAS_CHECK(
        appendElements(i, rows.values->bytes().subspan(static_cast<size_t>(elements.first) * bytes,
                                                       static_cast<size_t>(elements.last - elements.first) * bytes)));
  }
  return {};
}

// The ends of the lists [first, last), counted from the start of the cluster.
Result<void> NtupleWriter::appendIndex(size_t column, std::span<const int64_t> offsets, int64_t first, int64_t last) {
  constexpr int64_t kStep = 1 << 14;
  std::vector<uint64_t> ends;
  for (int64_t start = first; start < last; start += kStep) {
    int64_t stop = std::min(last, start + kStep);
    ends.clear();
    uint64_t& lastIndex = open_[column].lastIndex;
    for (auto i = static_cast<size_t>(start); i < static_cast<size_t>(stop); ++i) {
      lastIndex += static_cast<uint64_t>(offsets[i + 1] - offsets[i]);
      ends.push_back(lastIndex);
    }
    MLAAS_CHECK(appendElements(column, std::as_bytes(std::span(ends))));
  }
  return {};
}

Result<void> NtupleWriter::appendElements(size_t column, std::span<const std::byte> elements) {
  OpenColumn& open = open_[column];
  while (!elements.empty()) {
    size_t taken = std::min(elements.size(), kPageBytes - open.elements.size());
    auto now = elements.first(taken);
    open.elements.insert(open.elements.end(), now.begin(), now.end());
    elements = elements.subspan(taken);
    if (open.elements.size() == kPageBytes) MLAAS_CHECK(sealPage(column));
  }
  return {};
}

Result<void> NtupleWriter::sealPage(size_t column) {
  OpenColumn& open = open_[column];
  if (open.elements.empty()) return {};
  const NtupleColumn& description = schema_.columns[column];
  auto numElements = static_cast<uint32_t>(open.elements.size() / dtypeBytes(description.dtype));
  auto page = encodePage(description, open.elements);
  open.elements.clear();
  MLAAS_TRY(auto blocks, compressor_.compress(page));
  if (!blocks.empty()) page.assign(blocks.begin(), blocks.end());
  appendLittle(page, static_cast<uint64_t>(XXH3_64bits(page.data(), page.size())));
  sealedBytes_ += page.size();
  open.numElements += numElements;
  open.sealed.push_back({numElements, std::move(page)});
  if (sealedBytes_ >= kMaxSealedBytes) return writeSealedPages();
  return {};
}

Result<void> NtupleWriter::writeSealedPages() {
  struct Placed {
    size_t column;
    uint32_t numElements;
    uint64_t start;  // in the blob
    uint64_t bytes;
  };
  std::vector<std::byte> blob;
  std::vector<Placed> placed;
  auto write = [&]() -> Result<void> {
    if (placed.empty()) return {};
    MLAAS_TRY(auto locator, writeBlob(blob));
    for (const Placed& page : placed)
      openCluster_.pages[page.column].push_back({page.numElements, {locator.offset + page.start, page.bytes}});
    blob.clear();
    placed.clear();
    return {};
  };
  for (size_t i = 0; i < open_.size(); ++i) {
    for (SealedPage& page : open_[i].sealed) {
      placed.push_back({i, page.numElements, blob.size(), page.bytes.size() - sizeof(uint64_t)});
      blob.insert(blob.end(), page.bytes.begin(), page.bytes.end());
      if (blob.size() >= kBlobBytes) MLAAS_CHECK(write());
    }
    open_[i].sealed.clear();
  }
  sealedBytes_ = 0;
  return write();
}

Result<void> NtupleWriter::flushCluster() {
  if (numEntries_ == openCluster_.firstEntry) return {};
  for (size_t i = 0; i < open_.size(); ++i) MLAAS_CHECK(sealPage(i));
  MLAAS_CHECK(writeSealedPages());
  openCluster_.numEntries = numEntries_ - openCluster_.firstEntry;
  groupItems_ += open_.size();
  for (const auto& pages : openCluster_.pages) groupItems_ += pages.size();
  clusters_.push_back(std::move(openCluster_));
  beginCluster();
  if (groupItems_ >= kMaxGroupItems) return flushGroup();
  return {};
}

void NtupleWriter::writePages(EnvelopeWriter& writer, const Cluster& cluster) const {
  writer.list(open_.size(), [&] {
    for (size_t i = 0; i < open_.size(); ++i) {
      const auto& pages = cluster.pages[i];
      writer.list(pages.size(), [&] {
        for (const Page& page : pages) {
          writer.number(-static_cast<int32_t>(page.numElements));  // negative: a checksum follows the page
          writer.locator(page.locator);
        }
        writer.number(cluster.starts[i]);
        writer.number(options_.compression.number());
      });
    }
  });
}

Result<void> NtupleWriter::flushGroup() {
  if (clusters_.empty()) return {};
  EnvelopeWriter writer(EnvelopeType::kPageList);
  writer.number(headerChecksum_);
  ClusterGroup group;
  group.firstEntry = clusters_.front().firstEntry;
  group.numClusters = static_cast<uint32_t>(clusters_.size());
  writer.list(clusters_.size(), [&] {
    for (const Cluster& cluster : clusters_) {
      group.numEntries += cluster.numEntries;
      writer.record([&] {
        writer.number(cluster.firstEntry);
        writer.number(cluster.numEntries);  // the highest byte has the flags, which are 0
      });
    }
  });
  writer.list(clusters_.size(), [&] {
    for (const Cluster& cluster : clusters_) writePages(writer, cluster);
  });
  clusters_.clear();
  groupItems_ = 0;
  auto envelope = std::move(writer).finish();
  group.pageListBytes = envelope.bytes.size();
  MLAAS_TRY(group.pageList, writeEnvelope(envelope.bytes));
  groups_.push_back(group);
  return {};
}

Result<Locator> NtupleWriter::writeBlob(std::span<const std::byte> bytes) {
  if (bytes.size() >= kMaxBlobBytes)
    return Error(ErrorCode::kInvalidArgument, "RNTuple '" + name_ + "': what describes it has " +
                                                  std::to_string(bytes.size()) +
                                                  " bytes, expected less than 1 GiB: " + "write fewer columns");
  RecordKey key{.className = "RBlob", .name = "", .title = "", .listed = false, .tail = {}};
  MLAAS_TRY(auto placed, file_.addRecord(key, bytes, {}));
  return Locator{placed.offset + static_cast<uint64_t>(placed.keyBytes), bytes.size()};
}

Result<Locator> NtupleWriter::writeEnvelope(const std::vector<std::byte>& envelope) {
  MLAAS_TRY(auto blocks, compressor_.compress(envelope));
  return writeBlob(blocks.empty() ? std::span<const std::byte>(envelope) : blocks);
}

Result<void> NtupleWriter::close() {
  MLAAS_CHECK(flushCluster());
  MLAAS_CHECK(flushGroup());
  EnvelopeWriter writer(EnvelopeType::kFooter);
  writer.number(uint64_t{0});  // feature flags
  writer.number(headerChecksum_);
  writer.record([&] { writeEmptySchema(writer); });
  writer.list(groups_.size(), [&] {
    for (const ClusterGroup& group : groups_) {
      writer.record([&] {
        writer.number(group.firstEntry);
        writer.number(group.numEntries);
        writer.number(group.numClusters);
        writer.number(group.pageListBytes);
        writer.locator(group.pageList);
      });
    }
  });
  auto footer = std::move(writer).finish();
  MLAAS_TRY(auto locator, writeEnvelope(footer.bytes));
  auto anchor = makeNtupleAnchor({header_, headerBytes_, locator, footer.bytes.size()});
  RecordKey anchorKey{.className = "ROOT::RNTuple", .name = name_, .title = options_.title, .tail = {}};
  MLAAS_CHECK(file_.addRecord(anchorKey, anchor, {}));
  RecordKey streamerKey = streamerRecordKey();
  std::vector<ClassDescription> described = {ntupleAnchorClass()};
  auto streamers = makeStreamerRecord({}, described, file_.keyBytes(streamerKey));
  MLAAS_TRY(auto blocks, compressor_.compress(streamers));
  MLAAS_TRY(auto placed, file_.addRecord(streamerKey, streamers, blocks));
  return file_.finish(placed);
}

}  // namespace mlaas::root
