// The RNTuple of the sample holds the same columns as the tree of its first file: ROOT wrote both from one source.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "mlaas/table/table.h"

namespace mlaas::table {
namespace {

std::string sample(const std::string& name) { return std::string(MLAAS_SOURCE_DIR "/examples/tth/data/") + name; }

bool equal(const Column& a, const Column& b) {
  if (a.type != b.type || a.length != b.length || !std::ranges::equal(a.values->bytes(), b.values->bytes())) {
    return false;
  }
  for (size_t level = 0; level < a.offsets.size(); ++level) {
    if (!std::ranges::equal(a.offsetsAt(level), b.offsetsAt(level))) return false;
  }
  return true;
}

class RNTupleTable : public testing::Test {
 protected:
  std::shared_ptr<const Table> ntuple_ = openTable(sample("rntuple_tth_1.root"), "Events").value();
  std::shared_ptr<const Table> tree_ = openTable(sample("tth_1.root"), "Events").value();

  void expectEqualRange(EntryRange range) {
    for (size_t i = 0; i < ntuple_->columns().size(); ++i) {
      const size_t inTree = tree_->findColumn(ntuple_->columns()[i].name).value();
      const auto ours = ntuple_->read(range, {i}).value();
      EXPECT_TRUE(equal(ours.front(), tree_->read(range, {inTree}).value().front())) << ntuple_->columns()[i].name;
    }
  }
};

TEST_F(RNTupleTable, HoldsTheColumnsOfTheTree) {
  EXPECT_EQ(ntuple_->numEntries(), tree_->numEntries());
  EXPECT_EQ(ntuple_->columns().size(), tree_->columns().size());
  expectEqualRange({0, ntuple_->numEntries()});
}

TEST_F(RNTupleTable, ReadsAnyRange) {
  for (const EntryRange range : {EntryRange{0, 1}, {3, 3}, {499, 501}, {500, 875}, {123, 456}, {874, 875}}) {
    expectEqualRange(range);
  }
  EXPECT_EQ(ntuple_->read({0, 876}, {0}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(RNTupleTable, SmallClustersAreReadTogether) {
  EXPECT_EQ(ntuple_->clusters(), (std::vector<EntryRange>{{0, 875}}));
}

TEST_F(RNTupleTable, ReadsSeveralColumnsOnAPool) {
  TaskPool pool(2);
  const size_t pt = ntuple_->findColumn("Jet_pt").value();
  const size_t eta = ntuple_->findColumn("Jet_eta").value();
  const auto together = ntuple_->read({100, 700}, {pt, eta, pt}, &pool).value();
  EXPECT_TRUE(equal(together[0], ntuple_->read({100, 700}, {pt}).value().front()));
  EXPECT_TRUE(equal(together[1], ntuple_->read({100, 700}, {eta}).value().front()));
  EXPECT_TRUE(equal(together[2], together[0]));
}

TEST_F(RNTupleTable, FetchesAheadOfDecoding) {
  const size_t pt = ntuple_->findColumn("Jet_pt").value();
  std::promise<Result<std::unique_ptr<FetchedRange>>> promise;
  ntuple_->fetch({10, 600}, {pt}, [&](auto fetched) { promise.set_value(std::move(fetched)); });
  const auto fetched = promise.get_future().get();
  EXPECT_TRUE(equal(fetched.value()->decode(pt).value(), ntuple_->read({10, 600}, {pt}).value().front()));
  EXPECT_EQ(fetched.value()->decode(pt + 1).error().code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace mlaas::table
