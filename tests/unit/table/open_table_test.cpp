// Values of the sample are compared with uproot's in tests/conformance; here: ranges, errors and what is promised about
// them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "mlaas/table/table.h"
#include "tests/unit/io/temporary_folder.h"
#include "tests/unit/table/real_files.h"

namespace mlaas::table {
namespace {

std::shared_ptr<const Table> openSample(const std::string& name = "multijet_1.root") {
  return openTable(sampleFile(name), "Events").value();
}

std::vector<size_t> allColumns(const Table& table) {
  std::vector<size_t> columns(table.columns().size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  return columns;
}

void expectEqual(const Column& a, const Column& b, const std::string& where) {
  EXPECT_EQ(a.type, b.type) << where;
  ASSERT_EQ(a.length, b.length) << where;
  ASSERT_EQ(a.offsets.size(), b.offsets.size()) << where;
  for (size_t level = 0; level < a.offsets.size(); ++level) {
    EXPECT_TRUE(std::ranges::equal(a.offsetsAt(level), b.offsetsAt(level))) << where;
  }
  EXPECT_TRUE(std::ranges::equal(a.values->bytes(), b.values->bytes())) << where;
}

TEST(OpenTable, ReadsTheSampleInEachCodec) {
  for (const char* name : {"tth_1.root", "tth_2.root", "tth_3.root", "tth_4.root"}) {
    const auto table = openSample(name);
    EXPECT_EQ(table->name(), "Events");
    ASSERT_GT(table->numEntries(), 0);
    const auto columns = table->read({0, table->numEntries()}, allColumns(*table));
    ASSERT_TRUE(columns.ok()) << columns.error().what();
    const auto& counts = (*columns)[table->findColumn("nJet").value()];
    const auto& pt = (*columns)[table->findColumn("Jet_pt").value()];
    ASSERT_EQ(pt.type.jaggedDepth, 1);
    const auto offsets = pt.offsetsAt(0);
    visitDType(counts.type.dtype, [&](auto zero) {
      const auto numbers = counts.valuesAs<decltype(zero)>();
      for (size_t i = 0; i < numbers.size(); ++i)
        ASSERT_EQ(offsets[i + 1] - offsets[i], static_cast<int64_t>(numbers[i]));
    });
    EXPECT_EQ(table->columns()[table->findColumn("Jet_pt").value()].counter, "nJet");
  }
}

TEST(OpenTable, GivesAnyRangeAsASliceOfTheWhole) {
  const auto table = openSample();
  const auto columns = allColumns(*table);
  const auto whole = table->read({0, table->numEntries()}, columns).value();
  const int64_t n = table->numEntries();
  TaskPool pool(2);
  for (const EntryRange range : {EntryRange{0, 0}, EntryRange{n, n}, EntryRange{0, 1}, EntryRange{n - 1, n},
                                 EntryRange{3, n / 2}, EntryRange{0, n}}) {
    const auto part = table->read(range, columns, &pool).value();
    for (size_t i = 0; i < columns.size(); ++i) {
      expectEqual(part[i], sliceColumn(whole[i], range.first, range.last), table->columns()[i].name);
    }
  }
}

TEST(OpenTable, CoversAllEntriesWithClusters) {
  const auto table = openSample();
  int64_t next = 0;
  for (const EntryRange cluster : table->clusters()) {
    EXPECT_EQ(cluster.first, next);
    EXPECT_GT(cluster.size(), 0);
    next = cluster.last;
  }
  EXPECT_EQ(next, table->numEntries());
}

// Baskets are read as a whole, whatever part of their entries is asked for.
TEST(OpenTable, KnowsWhatAFetchReads) {
  const auto table = openTable(sampleFile("tth_1.root"), "Events").value();
  for (size_t column = 0; column < table->columns().size(); ++column) {
    const ColumnInfo& info = table->columns()[column];
    EXPECT_EQ(table->fetchBytes({0, table->numEntries()}, column), info.compressedBytes) << info.name;
    const uint64_t ofOne = table->fetchBytes({0, 1}, column);
    EXPECT_GT(ofOne, 0U);
    EXPECT_EQ(table->fetchBytes({1, 2}, column), ofOne);
    EXPECT_GE(table->scratchBytes({column}), ofOne);
  }
}

TEST(OpenTable, RefusesRangesOutsideTheTable) {
  const auto table = openSample();
  const int64_t n = table->numEntries();
  for (const EntryRange range : {EntryRange{-1, 1}, EntryRange{0, n + 1}, EntryRange{5, 4}}) {
    EXPECT_EQ(table->read(range, {0}).error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(OpenTable, OffersTheNearestNames) {
  const auto result = openTable(sampleFile("multijet_1.root"), "events");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(std::string(result.error().what()).find("'Events'"), std::string::npos);
  const auto column = openSample()->findColumn("Jet_Pt");
  ASSERT_FALSE(column.ok());
  EXPECT_EQ(column.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(std::string(column.error().what()).find("'Jet_pt'"), std::string::npos);
}

TEST(OpenTable, OpensTheOnlyTableWithoutItsName) {
  EXPECT_EQ(openTable(sampleFile("multijet_1.root"), "").value()->name(), "Events");
}

TEST(OpenTable, NamesFilesThatAreNone) {
  const io::TemporaryFolder folder;
  const auto missing = openTable(folder.path("missing.root"), "Events");
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  const auto text = openTable(folder.write("text.root", std::string(500, 'x')), "Events");
  EXPECT_EQ(text.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(text.error().what()).find("text.root"), std::string::npos);
}

TEST(InspectFile, ListsTablesAndColumns) {
  const auto info = inspectFile(sampleFile("multijet_1.root"));
  ASSERT_TRUE(info.ok()) << info.error().what();
  ASSERT_EQ(info->tables.size(), 1U);
  EXPECT_EQ(info->tables[0].kind, "ttree");
  EXPECT_EQ(info->tables[0].columns.size(), openSample()->columns().size());
  for (const ColumnInfo& column : info->tables[0].columns) {
    EXPECT_TRUE(column.unsupported.empty()) << column.name << ": " << column.unsupported;
    EXPECT_FALSE(column.compression.empty()) << column.name;
  }
}

TEST(InspectFile, ListsRNTuples) {
  const auto info = inspectFile(sampleFile("rntuple_tth_1.root")).value();
  ASSERT_EQ(info.tables.size(), 1U);
  EXPECT_EQ(info.tables[0].kind, "rntuple");
}

TEST(InspectFile, ListsFoldersInFolders) {
  const auto path = findTestFile("uproot-nesteddirs.root");
  if (!path) GTEST_SKIP() << "uproot-nesteddirs.root is not in MLAAS_TESTDATA or scikit-hep-testdata";
  const auto info = inspectFile(*path).value();
  std::vector<std::string> names;
  for (const TableInfo& table : info.tables) names.push_back(table.name);
  // As uproot lists them: file.keys(cycle=False, filter_classname="TTree").
  EXPECT_EQ(names, (std::vector<std::string>{"one/two/tree", "one/tree", "three/tree"}));
  EXPECT_EQ(openTable(*path, "one/two/tree").value()->numEntries(), 100);
  EXPECT_EQ(openTable(*path, "").error().code(), ErrorCode::kNotFound);
}

TEST(OpenTable, ReadsOffsetsThatWereLeftOut) {
  const auto without = findTestFile("uproot-small-dy-nooffsets.root");
  const auto with = findTestFile("uproot-small-dy-withoffsets.root");
  if (!without || !with) GTEST_SKIP() << "uproot-small-dy-*.root are not in MLAAS_TESTDATA or scikit-hep-testdata";
  // The same events written with and without arrays of offsets.
  const auto a = openTable(*without, "tree").value();
  const auto b = openTable(*with, "tree").value();
  ASSERT_EQ(a->numEntries(), 501);
  const auto read = a->read({0, a->numEntries()}, allColumns(*a));
  ASSERT_TRUE(read.ok()) << read.error().what();
  const auto expected = b->read({0, b->numEntries()}, allColumns(*b)).value();
  ASSERT_EQ(read->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) expectEqual((*read)[i], expected[i], b->columns()[i].name);
}

}  // namespace
}  // namespace mlaas::table
