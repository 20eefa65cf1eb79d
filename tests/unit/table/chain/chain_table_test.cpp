#include "mlaas/table/chain/chain_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "tests/unit/io/temporary_folder.h"
#include "tests/unit/table/chain/memory_table.h"
#include "tests/unit/table/real_files.h"

namespace mlaas::table {
namespace {

using Lists = std::vector<std::vector<float>>;

std::shared_ptr<MemoryTable> first() {
  return std::make_shared<MemoryTable>(
      "a.root", "A",
      std::vector<std::pair<std::string, Column>>{{"x", flatColumn<int32_t>({1, 2, 3})},
                                                  {"pt", jaggedColumn<float>({{1}, {}, {2, 3}})}});
}

// The same columns in another order.
std::shared_ptr<MemoryTable> second() {
  return std::make_shared<MemoryTable>("b.root", "B",
                                       std::vector<std::pair<std::string, Column>>{
                                           {"pt", jaggedColumn<float>({{}, {4}})}, {"x", flatColumn<int32_t>({4, 5})}});
}

std::shared_ptr<MemoryTable> empty() {
  return std::make_shared<MemoryTable>(
      "e.root", "E",
      std::vector<std::pair<std::string, Column>>{{"x", flatColumn<int32_t>({})}, {"pt", jaggedColumn<float>({})}});
}

std::vector<Column> read(const Table& table, EntryRange range) {
  return table.read(range, {table.findColumn("x").value(), table.findColumn("pt").value()}).value();
}

TEST(ChainTable, ConcatenatesColumnsByName) {
  const auto chain = chainTables({empty(), first(), empty(), second(), empty()}).value();
  EXPECT_EQ(chain->numEntries(), 5);
  EXPECT_EQ(chain->clusters(), (std::vector<EntryRange>{{0, 2}, {2, 3}, {3, 5}}));
  const auto all = read(*chain, {0, 5});
  EXPECT_EQ(valuesOf<int32_t>(all[0]), (std::vector<int32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(listsOf<float>(all[1]), (Lists{{1}, {}, {2, 3}, {}, {4}}));
  EXPECT_NE(chain->url().find("e.root (and 4 more files)"), std::string::npos);
}

TEST(ChainTable, ReadsAnyRange) {
  const auto chain = chainTables({first(), second(), first()}).value();
  const auto all = read(*chain, {0, 8});
  for (int64_t from = 0; from <= 8; ++from) {
    for (int64_t to = from; to <= 8; ++to) {
      const auto part = read(*chain, {from, to});
      EXPECT_EQ(part[0].length, to - from);
      EXPECT_EQ(valuesOf<int32_t>(part[0]), valuesOf<int32_t>(sliceColumn(all[0], from, to)));
      EXPECT_EQ(listsOf<float>(part[1]), listsOf<float>(sliceColumn(all[1], from, to)));
    }
  }
  for (const EntryRange range : {EntryRange{-1, 2}, EntryRange{0, 9}, EntryRange{3, 2}}) {
    EXPECT_EQ(chain->read(range, {0}).error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(ChainTable, IsTheTableItselfWhereThereIsOne) {
  const auto table = first();
  EXPECT_EQ(chainTables({table}).value(), table);
  EXPECT_EQ(chainTables({}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(ChainTable, NamesFilesAndTypesThatDisagree) {
  const auto other = std::make_shared<MemoryTable>(
      "c.root", "C",
      std::vector<std::pair<std::string, Column>>{{"x", flatColumn<double>({1})}, {"new", flatColumn<int8_t>({1})}});
  const auto chain = chainTables({first(), other}).value();
  const auto expectReason = [&](const std::string& name, const std::vector<std::string>& words) {
    const size_t column = chain->findColumn(name).value();
    const auto result = chain->read({0, 4}, {column});
    ASSERT_FALSE(result.ok()) << name;
    EXPECT_EQ(result.error().code(), ErrorCode::kUnsupported);
    for (const std::string& word : words) {
      EXPECT_NE(std::string(result.error().what()).find(word), std::string::npos) << result.error().what();
    }
  };
  expectReason("x", {"'x'", "int32 in a.root: tree A", "float64 in c.root: tree C"});
  expectReason("pt", {"'pt'", "in a.root: tree A but not in c.root: tree C"});
  expectReason("new", {"'new'", "in c.root: tree C but not in a.root: tree A"});
}

TEST(ChainTable, SaysWhereAColumnCannotBeRead) {
  const auto spoilt = second();
  spoilt->spoil(1, "its type is odd");
  const auto chain = chainTables({first(), spoilt}).value();
  EXPECT_EQ(chain->columns()[chain->findColumn("x").value()].unsupported, "its type is odd (in b.root)");
  EXPECT_EQ(listsOf<float>(chain->read({2, 5}, {chain->findColumn("pt").value()}).value()[0]),
            (Lists{{2, 3}, {}, {4}}));
}

TEST(ChainTable, FindsItsMembers) {
  const auto chain = chainTables({first(), second()}).value();
  const auto members = chainMembers(chain);
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[1].table->url(), "b.root");
  EXPECT_EQ(members[1].entries, (EntryRange{3, 5}));
  EXPECT_EQ(chainMembers(members[0].table).size(), 1U);
}

// Pieces lie where those of the files lie, small files are joined.
TEST(ChainTable, CutsWhereItsFilesAreCut) {
  const auto chain = chainTables({first(), second(), first()}).value();
  EXPECT_EQ(chain->cut({0, 8}, {0, 1}, {8, 8}), (std::vector<EntryRange>{{0, 8}}));
  EXPECT_EQ(chain->cut({1, 8}, {0, 1}, {5, 5}), (std::vector<EntryRange>{{1, 5}, {5, 8}}));
  EXPECT_EQ(chain->cut({0, 8}, {0, 1}, {2, 2}), (std::vector<EntryRange>{{0, 2}, {2, 3}, {3, 5}, {5, 7}, {7, 8}}));
}

std::vector<FileReference> sampleReferences() {
  const std::vector<std::string> patterns = {sampleFile("tth_*.root"), sampleFile("multijet_*.root:Events")};
  return expandFileReferences(patterns, "").value();
}

TEST(OpenChain, ReadsManyFilesWithFewOpen) {
  const auto pool = TablePool::make({.mostOpen = 2});
  const auto chain = openChain(sampleReferences(), *pool).value();
  EXPECT_EQ(pool->numOpen(), 2U);
  int64_t entries = 0;
  std::vector<Column> met;
  std::vector<Column> pt;
  for (const auto& reference : sampleReferences()) {
    const auto table = openTable(reference.url, "Events").value();
    entries += table->numEntries();
    const std::vector<size_t> columns = {table->findColumn("met").value(), table->findColumn("Jet_pt").value()};
    auto values = table->read({0, table->numEntries()}, columns).value();
    met.push_back(std::move(values[0]));
    pt.push_back(std::move(values[1]));
  }
  ASSERT_EQ(chain->numEntries(), entries);
  TaskPool threads(2);
  for (int round = 0; round < 2; ++round) {
    const std::vector<size_t> columns = {chain->findColumn("met").value(), chain->findColumn("Jet_pt").value()};
    const auto values = chain->read({0, entries}, columns, &threads).value();
    EXPECT_EQ(valuesOf<float>(values[0]), valuesOf<float>(concatenateColumns(met)));
    EXPECT_EQ(listsOf<float>(values[1]), listsOf<float>(concatenateColumns(pt)));
  }
  EXPECT_EQ(pool->numOpen(), 2U);
}

TEST(OpenChain, FetchesWithoutWaiting) {
  const auto pool = TablePool::make({.mostOpen = 1});
  const auto chain = openChain(sampleReferences(), *pool).value();
  const size_t met = chain->findColumn("met").value();
  std::promise<Result<std::unique_ptr<FetchedRange>>> promise;
  chain->fetch({0, chain->numEntries()}, {met}, [&](auto fetched) { promise.set_value(std::move(fetched)); });
  auto fetched = promise.get_future().get().value();
  EXPECT_EQ(fetched->decode(met).value().length, chain->numEntries());
}

TEST(OpenChain, ClosesFilesOfWhichTooMuchIsKnown) {
  const auto pool = TablePool::make({.mostBytes = 1});
  const auto chain = openChain(sampleReferences(), *pool).value();
  EXPECT_EQ(pool->numOpen(), 1U);
  EXPECT_EQ(chain->read({0, chain->numEntries()}, {0}).value()[0].length, chain->numEntries());
  EXPECT_EQ(pool->numOpen(), 1U);
}

// What is fetched and where ranges are cut is known of open files only.
TEST(OpenChain, KnowsTheBasketsOfItsFiles) {
  const auto references = sampleReferences();
  const auto chain = openChain(references, *TablePool::make({.mostOpen = 1})).value();
  const size_t met = chain->findColumn("met").value();
  uint64_t bytes = 0;
  for (const auto& reference : references) {
    const auto table = openTable(reference.url, "Events").value();
    const size_t own = table->findColumn("met").value();
    bytes += table->columns()[own].compressedBytes;
    EXPECT_GE(chain->scratchBytes({met}), table->scratchBytes({own}));
  }
  EXPECT_EQ(chain->fetchBytes({0, chain->numEntries()}, met), bytes);
}

TEST(OpenChain, SharesTheListOfColumns) {
  const auto pool = TablePool::make({.mostOpen = 1});
  const auto members = chainMembers(openChain(sampleReferences(), *pool).value());
  for (const auto& member : members) EXPECT_EQ(&member.table->columns(), &members[0].table->columns());
}

TEST(OpenChain, NoticesAFileThatChanged) {
  const io::TemporaryFolder folder;
  const auto path = folder.path("changing.root");
  std::filesystem::copy_file(sampleFile("tth_1.root"), path);
  const auto pool = TablePool::make({.mostOpen = 1});
  const std::vector<FileReference> files = {{path, "Events"}, {sampleFile("multijet_1.root"), "Events"}};
  const auto chain = openChain(files, *pool).value();
  std::filesystem::copy_file(sampleFile("multijet_1.root"), path, std::filesystem::copy_options::overwrite_existing);
  const auto result = chain->read({0, 10}, {0});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(result.error().what()).find("was changed"), std::string::npos);
}

TEST(OpenChain, NamesTheFileThatIsMissing) {
  const auto pool = TablePool::make();
  const std::vector<FileReference> files = {{sampleFile("tth_1.root"), "Events"}, {"/no/such/file.root", "Events"}};
  const auto result = openChain(files, *pool);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(openChain(files, *pool, stopped.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace mlaas::table
