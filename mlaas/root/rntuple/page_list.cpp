#include "mlaas/root/rntuple/page_list.h"

#include <algorithm>

namespace mlaas::root {

namespace {

constexpr size_t kLeastGroupBytes = 48;       // frame, three numbers, link
constexpr size_t kLeastSummaryBytes = 24;     // frame and two numbers
constexpr size_t kLeastListBytes = 12;        // frame of a list
constexpr size_t kLeastColumnListBytes = 20;  // frame of a list and element offset
constexpr size_t kLeastPageBytes = 16;        // number of elements and locator
constexpr int kFlagsShift = 56;
constexpr uint8_t kSharded = 0x01;
constexpr int64_t kMostEntries = int64_t{1} << 62;

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

struct GroupLink {
  uint32_t numClusters = 0;
  BlobLink pageList;
};

GroupLink readGroup(ByteCursor& cursor) {
  GroupLink group;
  cursor.skip(8 + 8);  // first entry and entries, which the clusters tell too
  group.numClusters = cursor.little<uint32_t>();
  const auto plainBytes = cursor.little<uint64_t>();
  group.pageList = readLocator(cursor);
  group.pageList.plainBytes = plainBytes;
  return group;
}

}  // namespace

class PageListReader {
 public:
  PageListReader(const File& file, const Schema& schema, uint64_t maxKeyBytes)
      : fileBytes_(file.source().sizeBytes()), maxKeyBytes_(maxKeyBytes), schema_(schema) {}

  Result<void> readGroupPages(const Envelope& envelope, uint64_t headerChecksum, uint32_t numClusters) {
    ByteCursor cursor = envelope.payload();
    if (cursor.little<uint64_t>() != headerChecksum) return corrupt("a page list belongs to another header");
    const size_t first = list_.clusters_.size();
    MLAAS_CHECK(readSummaries(cursor));
    if (list_.clusters_.size() - first != numClusters) {
      return corrupt("a page list has " + std::to_string(list_.clusters_.size() - first) + " clusters, its group " +
                     std::to_string(numClusters));
    }
    Frame locations = readListFrame(cursor, kLeastListBytes);
    if (locations.numItems != numClusters) cursor.fail();
    MLAAS_CHECK(cursor.check("a page list"));
    for (size_t i = first; i < list_.clusters_.size(); ++i) {
      MLAAS_CHECK(readCluster(locations.body, list_.clusters_[i]));
    }
    return {};
  }

  // Puts the clusters in order and checks that they leave no gap.
  Result<PageList> finish() {
    std::vector<Cluster>& clusters = list_.clusters_;
    std::erase_if(clusters, [](const Cluster& cluster) { return cluster.entries.size() == 0; });
    std::stable_sort(clusters.begin(), clusters.end(),
                     [](const Cluster& a, const Cluster& b) { return a.entries.first < b.entries.first; });
    int64_t next = 0;
    for (const Cluster& cluster : clusters) {
      if (cluster.entries.first != next) {
        return corrupt("a cluster begins at entry " + std::to_string(cluster.entries.first) + ", expected " +
                       std::to_string(next));
      }
      next = cluster.entries.last;
    }
    return std::move(list_);
  }

 private:
  Result<void> readSummaries(ByteCursor& cursor) {
    Frame list = readListFrame(cursor, kLeastSummaryBytes);
    for (uint32_t i = 0; i < list.numItems; ++i) {
      Frame record = readRecordFrame(list.body);
      const auto first = record.body.little<uint64_t>();
      const auto packed = record.body.little<uint64_t>();
      if (!record.body.ok() || !list.body.ok()) return cursor.fail(), cursor.check("the list of clusters");
      if ((packed >> kFlagsShift & kSharded) != 0) {
        return Error(ErrorCode::kUnsupported, "it has sharded clusters, which this version does not read");
      }
      const uint64_t count = packed & ((uint64_t{1} << kFlagsShift) - 1);
      if (first > kMostEntries) return corrupt("a cluster begins at entry " + std::to_string(first));
      list_.clusters_.push_back({{static_cast<int64_t>(first), static_cast<int64_t>(first + count)}, {}});
    }
    return cursor.check("the list of clusters");
  }

  Result<void> readCluster(ByteCursor& cursor, Cluster& cluster) {
    Frame list = readListFrame(cursor, kLeastColumnListBytes);
    if (list.numItems > schema_.physical.size()) {
      return corrupt("a cluster has pages of " + std::to_string(list.numItems) + " columns, the schema " +
                     std::to_string(schema_.physical.size()));
    }
    cluster.columns.reserve(list.numItems);
    for (uint32_t i = 0; i < list.numItems; ++i) MLAAS_CHECK(readColumn(list.body, cluster, schema_.physical[i]));
    if (!list.body.ok()) cursor.fail();
    return cursor.check("a page list");
  }

  Result<void> readColumn(ByteCursor& cursor, Cluster& cluster, const PhysicalColumn& column) {
    Frame list = readListFrame(cursor, kLeastPageBytes);
    ColumnPages pages;
    pages.firstPage = list_.pages_.size();
    pages.numPages = list.numItems;
    for (uint32_t i = 0; i < list.numItems; ++i) MLAAS_CHECK(readPage(list.body, column, pages));
    pages.isSuppressed = list.body.little<int64_t>() < 0;
    if (!pages.isSuppressed) pages.compression = list.body.little<uint32_t>();
    if (!list.body.ok()) cursor.fail();
    if (pages.isSuppressed && pages.numPages > 0) return corrupt("a suppressed column has pages");
    cluster.columns.push_back(pages);
    return cursor.check("the page list of column " + std::to_string(cluster.columns.size() - 1));
  }

  Result<void> readPage(ByteCursor& cursor, const PhysicalColumn& column, ColumnPages& pages) {
    const auto count = cursor.little<int32_t>();
    const BlobLink link = readLocator(cursor);
    Page page{link.offset, link.storedBytes, pages.numElements, 0, count < 0};
    page.numElements = count < 0 ? 0U - static_cast<uint32_t>(count) : static_cast<uint32_t>(count);
    const uint64_t plainBytes = packedBytes(page.numElements, column.bits);
    if (!cursor.ok()) return cursor.check("the place of a page");
    if (maxKeyBytes_ > 0 && page.bytesInFile() > maxKeyBytes_) {
      return Error(ErrorCode::kUnsupported, "a page of " + std::to_string(page.storedBytes) +
                                                " bytes is spread over several keys, which this version does not read");
    }
    if (page.storedBytes > plainBytes || page.offset > fileBytes_ || page.bytesInFile() > fileBytes_ - page.offset) {
      return corrupt("a page of " + std::to_string(page.numElements) + " elements is said to lie in " +
                     std::to_string(page.storedBytes) + " bytes at byte " + std::to_string(page.offset) +
                     " of a file of " + std::to_string(fileBytes_));
    }
    pages.numElements += page.numElements;
    list_.pages_.push_back(page);
    return {};
  }

  const uint64_t fileBytes_;
  const uint64_t maxKeyBytes_;
  const Schema& schema_;
  PageList list_;
};

Result<PageList> PageList::read(const File& file, ByteCursor& footer, const Schema& schema, uint64_t headerChecksum,
                                uint64_t maxKeyBytes) {
  Frame groups = readListFrame(footer, kLeastGroupBytes);
  PageListReader reader(file, schema, maxKeyBytes);
  uint64_t listBytes = 0;
  for (uint32_t i = 0; i < groups.numItems; ++i) {
    Frame record = readRecordFrame(groups.body);
    const GroupLink group = readGroup(record.body);
    if (!record.body.ok() || !groups.body.ok()) footer.fail();
    MLAAS_CHECK(footer.check("the list of cluster groups"));
    listBytes += group.pageList.storedBytes;
    if (listBytes > file.source().sizeBytes()) return corrupt("its page lists are together larger than the file");
    MLAAS_TRY(const Envelope envelope, readEnvelope(file, group.pageList, EnvelopeType::kPageList, maxKeyBytes));
    MLAAS_CHECK(reader.readGroupPages(envelope, headerChecksum, group.numClusters));
  }
  MLAAS_CHECK(footer.check("its footer"));
  return reader.finish();
}

PageList::Clusters PageList::clustersOf(EntryRange range) const {
  if (range.size() <= 0) return {};
  const auto first = std::partition_point(clusters_.begin(), clusters_.end(),
                                          [&](const Cluster& c) { return c.entries.last <= range.first; });
  const auto last =
      std::partition_point(first, clusters_.end(), [&](const Cluster& c) { return c.entries.first < range.last; });
  return {static_cast<size_t>(first - clusters_.begin()), static_cast<size_t>(last - clusters_.begin())};
}

}  // namespace mlaas::root
