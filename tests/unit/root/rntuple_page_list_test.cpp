#include "mlaas/root/rntuple/page_list.h"

#include <gtest/gtest.h>

#include "mlaas/io/memory_source.h"
#include "mlaas/root/rntuple/read_ranges.h"
#include "tests/unit/root/big_endian_writer.h"
#include "tests/unit/root/rntuple_writer.h"

namespace mlaas::root {
namespace {

constexpr uint64_t kHeaderChecksum = 77;
constexpr uint64_t kPagesAt = 128;
constexpr uint64_t kPageBytes = 40;  // 10 elements of an int32 column

struct ClusterFacts {
  uint64_t first = 0;
  uint64_t numEntries = 0;
  int32_t numElements = 0;  // of its one page
  uint64_t offset = kPagesAt;
  uint8_t flags = 0;
  int32_t storedBytes = kPageBytes;
};

// A page list of one column.
std::vector<std::byte> pageList(const std::vector<ClusterFacts>& clusters, uint64_t headerChecksum) {
  LittleEndianWriter summaries;
  LittleEndianWriter locations;
  for (const ClusterFacts& cluster : clusters) {
    summaries.record(
        LittleEndianWriter().number(cluster.first).number(cluster.numEntries | uint64_t{cluster.flags} << 56));
    LittleEndianWriter pages;
    pages.number(cluster.numElements).number(cluster.storedBytes).number(cluster.offset);
    LittleEndianWriter column;
    // The element offset and the compression setting stand behind the page, inside the list's frame.
    pages.number(int64_t{0}).number(uint32_t{0});
    column.list(1, pages);
    locations.list(1, column);
  }
  const auto count = static_cast<uint32_t>(clusters.size());
  LittleEndianWriter payload;
  payload.number(headerChecksum).list(count, summaries).list(count, locations);
  return envelopeBytes(EnvelopeType::kPageList, payload);
}

Schema schemaOfOneColumn() {
  Schema schema;
  schema.fields.emplace_back().columns = {0};
  PhysicalColumn column;
  column.type = 0x07;
  column.bits = 32;
  column.encoding = findEncoding(column.type);
  schema.physical = {column};
  schema.columns = {FieldColumn{{0}}};
  schema.topFields = {0};
  return schema;
}

// Reads the page list of a file that has room for pages at kPagesAt and the list behind them.
Result<PageList> read(const std::vector<ClusterFacts>& clusters, uint64_t headerChecksum = kHeaderChecksum,
                      uint64_t maxKeyBytes = 0) {
  constexpr uint64_t kListAt = 512;
  const std::vector<std::byte> list = pageList(clusters, headerChecksum);
  const auto fileBytes = static_cast<uint32_t>(kListAt + list.size());
  BigEndianWriter header;
  header.characters("root")
      .number(uint32_t{63400})
      .number(uint32_t{100})
      .number(fileBytes)
      .number(fileBytes);  // as of a closed file
  std::vector<std::byte> bytes = header.bytes();
  bytes.resize(kListAt);
  bytes.insert(bytes.end(), list.begin(), list.end());
  const auto file = File::open(std::make_shared<io::MemorySource>("memory://pages", bytes)).value();
  LittleEndianWriter group;
  group.number(uint64_t{0}).number(uint64_t{0}).number(static_cast<uint32_t>(clusters.size()));
  group.number(static_cast<uint64_t>(list.size())).number(static_cast<int32_t>(list.size())).number(kListAt);
  LittleEndianWriter footer;
  footer.list(1, LittleEndianWriter().record(group));
  ByteCursor cursor(footer.bytes());
  return PageList::read(*file, cursor, schemaOfOneColumn(), kHeaderChecksum, maxKeyBytes);
}

ErrorCode codeOf(const Result<PageList>& list) { return list.ok() ? ErrorCode::kInternal : list.error().code(); }

TEST(RNTuplePageList, HasClustersInTheOrderOfEntries) {
  const PageList list = read({{10, 10, 10}, {0, 10, -10}, {20, 0, 0, kPagesAt, 0, 0}}).value();
  EXPECT_EQ(list.numEntries(), 20);
  ASSERT_EQ(list.clusters().size(), 2U);
  EXPECT_EQ(list.clusters()[0].entries, (EntryRange{0, 10}));
  const Page& page = list.pagesOf(list.clusters()[0].columns[0]).front();
  EXPECT_EQ(page.numElements, 10U);
  EXPECT_TRUE(page.hasChecksum);
  EXPECT_EQ(page.bytesInFile(), kPageBytes + Page::kChecksumBytes);
  const auto clusters = list.clustersOf({9, 10});
  EXPECT_EQ(clusters.first, 0U);
  EXPECT_EQ(clusters.last, 1U);
  EXPECT_EQ(findReadRanges(schemaOfOneColumn(), list), (std::vector<EntryRange>{{0, 20}}));
}

TEST(RNTuplePageList, RefusesGapsAndOverlaps) {
  EXPECT_EQ(codeOf(read({{0, 10, 10}, {11, 10, 10}})), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(read({{0, 10, 10}, {9, 10, 10}})), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(read({{5, 10, 10}})), ErrorCode::kCorrupt);
}

TEST(RNTuplePageList, RefusesPagesThatCannotBe) {
  EXPECT_EQ(codeOf(read({{0, 10, 10, uint64_t{1} << 40}})), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(read({{0, 10, 10, UINT64_MAX - 4}})), ErrorCode::kCorrupt);
  // More stored bytes than the elements need.
  EXPECT_EQ(codeOf(read({{0, 10, 9}})), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(read({{0, 10, INT32_MIN}})), ErrorCode::kInternal);  // 2^31 elements in 40 bytes: the blocks tell
}

TEST(RNTuplePageList, RefusesWhatIsNotSupported) {
  EXPECT_EQ(codeOf(read({{0, 10, 10, kPagesAt, 1}})), ErrorCode::kUnsupported);  // sharded
  EXPECT_EQ(codeOf(read({{0, 10, 10}}, kHeaderChecksum, 1000)), ErrorCode::kInternal);
  EXPECT_EQ(codeOf(read({{0, 10, 10}}, kHeaderChecksum, 20)), ErrorCode::kUnsupported);  // several keys
}

TEST(RNTuplePageList, BelongsToItsHeader) { EXPECT_EQ(codeOf(read({{0, 10, 10}}, 78)), ErrorCode::kCorrupt); }

}  // namespace
}  // namespace mlaas::root
