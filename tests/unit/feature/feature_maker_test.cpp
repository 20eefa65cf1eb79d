#include "mlaas/feature/feature_maker.h"

#include <cmath>

#include "tests/unit/feature/memory_table.h"

namespace mlaas::feature {
namespace {

using table::test::flat;
using table::test::flatBools;
using table::test::jagged;
using test::MemoryTable;
using Names = std::vector<std::vector<std::string>>;

MemoryTable events() {
  MemoryTable table;
  table.add("ht", flat<float>({10, 20, 30, 40, 50}))
      .add("nJet", flat<int32_t>({3, 0, 1, 2, 1}))
      .add("event", flat<uint64_t>({9007199254740993ULL, 2, 3, UINT64_MAX, 5}))
      .add("trigger", flatBools({1, 0, 2, 0, 1}))
      .add("Jet_pt", jagged<float>({{60, 40, 25}, {}, {30}, {35, 31}, {20}}))
      .add("Jet_eta", jagged<double>({{1, 2, 3}, {}, {-1}, {0.5, -0.5}, {0}}))
      .add("Mu_pt", jagged<float>({{1}, {2, 3}, {}, {4, 5}, {}}))
      .addUnreadable("odd", "class TVector3 without a streamer");
  return table;
}

FeatureSpec spec() {
  FeatureSpec spec;
  spec.defines = {{"log_ht", "log(ht)"}, {"hard", "Jet_pt > 30"}, {"nHard", "sum(hard)"}, {"unused", "Mu_pt * 2"}};
  spec.select = "nHard >= 1";
  spec.scalars = {"log_ht", "nHard", "trigger", "nJet"};
  spec.groups = {{"jets", {"Jet_pt", "Jet_eta"}, 2}};
  return spec;
}

std::string failure(const FeatureSpec& bad, const std::vector<std::string>& extras = {}) {
  const auto maker = FeatureMaker::make(bad, events(), extras, true);
  return maker.ok() ? "" : maker.error().what();
}

TEST(FeatureMaker, SelectsComputesAndPads) {
  const auto maker = FeatureMaker::make(spec(), events(), {"event", "ht * 2", "1"}, true).value();
  const auto block = maker.process(events(), {0, 5}).value();
  EXPECT_EQ(block.entries, (std::vector<int64_t>{0, 3}));
  const Tensors& tensors = block.tensors;
  EXPECT_EQ(tensors.rows, 2);
  EXPECT_EQ(tensors.scalars, (std::vector<float>{std::log(10.0F), 2, 1, 3, std::log(40.0F), 2, 0, 2}));
  ASSERT_EQ(tensors.groups.size(), 1U);
  EXPECT_EQ(tensors.groups[0].count, (std::vector<int32_t>{2, 2}));
  EXPECT_EQ(tensors.groups[0].values, (std::vector<float>{60, 1, 40, 2, 35, 0.5, 31, -0.5}));
  ASSERT_EQ(block.extras.size(), 3U);
  EXPECT_EQ(table::test::valuesOf<uint64_t>(block.extras[0]), (std::vector<uint64_t>{9007199254740993ULL, UINT64_MAX}));
  EXPECT_EQ(table::test::valuesOf<double>(block.extras[1]), (std::vector<double>{20, 80}));
  EXPECT_EQ(table::test::valuesOf<int64_t>(block.extras[2]), (std::vector<int64_t>{1, 1}));
}

// A list of lists is no feature, but one can be made of it; survivors keep theirs.
TEST(FeatureMaker, DefinesMayBeListsOfLists) {
  FeatureSpec pairs;
  pairs.defines = {{"pairs", "combinations(Jet_pt, 2)"},
                   {"sums", "sum(pairs)"},
                   {"hardest", "max(sums, default=0)"},
                   {"best", "pairs[argmin(abs(sums - 66))]"},
                   {"softer", "last(best, default=-1)"}};
  pairs.select = "count(pairs, axis=1) >= 1";
  pairs.scalars = {"hardest", "softer"};
  pairs.groups = {{"pairs", {"sums"}, 2}};
  const auto maker = FeatureMaker::make(pairs, events(), {}, true).value();
  const auto block = maker.process(events(), {0, 5}).value();
  EXPECT_EQ(block.entries, (std::vector<int64_t>{0, 3}));
  EXPECT_EQ(block.tensors.scalars, (std::vector<float>{100, 25, 66, 31}));
  EXPECT_EQ(block.tensors.groups[0].values, (std::vector<float>{100, 85, 66, 0}));
  EXPECT_EQ(block.tensors.groups[0].count, (std::vector<int32_t>{2, 1}));
  pairs.groups[0].columns = {"pairs"};
  EXPECT_EQ(failure(pairs),
            "group pairs: 'pairs' is of type var * var * float64, but a group's columns are lists of "
            "numbers");
}

TEST(FeatureMaker, ReadsSelectionColumnsFirstAndTheOthersForSurvivorsOnly) {
  auto table = events();
  const auto maker = FeatureMaker::make(spec(), table, {"event"}, true).value();
  ASSERT_TRUE(maker.process(table, {0, 5}).ok());
  EXPECT_EQ(table.takeFetches(), (Names{{"Jet_pt"}, {"ht", "nJet", "event", "trigger", "Jet_eta"}}));
  const auto block = maker.process(table, {1, 3}).value();
  EXPECT_EQ(table.takeFetches(), (Names{{"Jet_pt"}}));
  EXPECT_TRUE(block.entries.empty());
  EXPECT_EQ(block.tensors.rows, 0);
  EXPECT_EQ(block.tensors.numScalars, 4);
  ASSERT_EQ(block.tensors.groups.size(), 1U);
  EXPECT_EQ(block.tensors.groups[0].numColumns, 2);
  ASSERT_EQ(block.extras.size(), 1U);
  EXPECT_EQ(block.extras[0].type.dtype, DType::kUInt64);
  EXPECT_EQ(block.extras[0].length, 0);
}

TEST(FeatureMaker, KeepsAllRowsWithoutItsSelection) {
  auto table = events();
  const auto maker = FeatureMaker::make(spec(), table, {}, false).value();
  const auto block = maker.process(table, {1, 4}).value();
  EXPECT_EQ(block.entries, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(block.tensors.groups[0].count, (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(block.tensors.groups[0].values, (std::vector<float>{0, 0, 0, 0, 30, -1, 0, 0, 35, 0.5, 31, -0.5}));
  EXPECT_EQ(table.takeFetches(), (Names{{"ht", "nJet", "trigger", "Jet_pt", "Jet_eta"}}));
}

TEST(FeatureMaker, FromMemoryAsFromATable) {
  const auto table = events();
  const auto maker = FeatureMaker::make(spec(), table, {"event"}, true).value();
  const auto lookup = [&](const std::string& name) -> Result<Column> { return table.data(name); };
  const auto block = maker.process(lookup, 5).value();
  const auto expected = maker.process(table, {0, 5}).value();
  EXPECT_EQ(block.entries, expected.entries);
  EXPECT_EQ(block.tensors.scalars, expected.tensors.scalars);
  EXPECT_EQ(block.tensors.groups[0].values, expected.tensors.groups[0].values);
  const auto wrong = [&](const std::string&) -> Result<Column> { return flat<float>({1, 2, 3, 4, 5}); };
  EXPECT_STREQ(maker.process(wrong, 5).error().what(),
               "column 'Jet_pt' is of type float32, expected var * float32: all files must have the same types");
}

TEST(FeatureMaker, GroupColumnsMustHaveTheSameCounts) {
  FeatureSpec bad = spec();
  bad.groups[0].columns = {"Jet_pt", "Mu_pt"};
  const auto maker = FeatureMaker::make(bad, events(), {}, true).value();
  EXPECT_STREQ(maker.process(events(), {0, 5}).error().what(),
               "memory.root: Events: group jets: in entry 0 'Jet_pt' has 3 elements, but 'Mu_pt' has 1; the columns of "
               "a group belong to the same objects");
}

TEST(FeatureMaker, ListsOfAnExpressionMustHaveTheSameCounts) {
  FeatureSpec bad = spec();
  bad.defines.push_back({"ratio", "sum(Jet_pt / Mu_pt)"});
  bad.scalars.emplace_back("ratio");
  const auto maker = FeatureMaker::make(bad, events(), {}, true).value();
  EXPECT_STREQ(maker.process(events(), {2, 5}).value().entries.size() == 1 ? "one survivor" : "", "one survivor");
  EXPECT_STREQ(maker.process(events(), {0, 3}).error().what(),
               "memory.root: Events: define ratio: 'Jet_pt' and 'Mu_pt' have lists of different lengths, 3 and 1 in "
               "entry 0, at position 12 of 'sum(Jet_pt / Mu_pt)'");
}

TEST(FeatureMaker, RefusesWhatDoesNotFit) {
  FeatureSpec bad = spec();
  bad.select = "sum(Jet_ptt > 30) >= 6";
  EXPECT_EQ(failure(bad),
            "select: unknown column 'Jet_ptt' at position 5 of 'sum(Jet_ptt > 30) >= 6'; did you mean 'Jet_pt' or "
            "'Jet_eta'?");
  bad = spec();
  bad.select = "Jet_pt > 30";
  EXPECT_EQ(failure(bad),
            "select: 'Jet_pt > 30' is of type var * bool, but a selection is one bool for each entry; reduce it with "
            "any() or all()");
  bad = spec();
  bad.defines.push_back({"early", "late"});
  bad.defines.push_back({"late", "ht"});
  EXPECT_NE(failure(bad).find("define early: unknown column 'late' at position 1"), std::string::npos) << failure(bad);
  bad = spec();
  bad.defines.push_back({"ht", "2"});
  EXPECT_EQ(failure(bad), "define ht: a column or an earlier define has this name; choose another one");
  bad = spec();
  bad.scalars.emplace_back("Jet_pt");
  EXPECT_EQ(failure(bad),
            "scalars: 'Jet_pt' is of type var * float32, but a scalar feature is one number; put it into a group or "
            "reduce it, as in max(Jet_pt)");
  bad = spec();
  bad.scalars.emplace_back("odd");
  EXPECT_EQ(failure(bad), "scalars: column 'odd' cannot be read: class TVector3 without a streamer");
  bad = spec();
  bad.defines.push_back({"x", "odd + 1"});
  EXPECT_EQ(failure(bad), "define x: column 'odd' cannot be read: class TVector3 without a streamer");
  bad = spec();
  bad.groups[0].columns.emplace_back("ht");
  EXPECT_EQ(failure(bad),
            "group jets: 'ht' is of type float32, but a group's columns are lists of numbers; list it under scalars");
  bad = spec();
  bad.groups[0].length = -1;
  EXPECT_EQ(failure(bad), "group jets: its length is -1, expected 1 to 8388608, or 0 for all elements");
  EXPECT_EQ(failure(spec(), {"Jet_pt"}),
            "'Jet_pt': it is a list (var * float32), but one number for each entry is needed; reduce it, as in "
            "sum(Jet_pt)");
}

}  // namespace
}  // namespace mlaas::feature
