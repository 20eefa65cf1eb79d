#include "mlaas/root/ttree/column_plan.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

Leaf leaf(std::string className, std::string name, std::string title, int32_t length = 1, std::string counter = {}) {
  Leaf made;
  made.className = std::move(className);
  made.name = std::move(name);
  made.title = std::move(title);
  made.length = length;
  made.counter = std::move(counter);
  return made;
}

Branch branch(std::string name, std::vector<Leaf> leaves) {
  Branch made;
  made.className = "TBranch";
  made.name = made.path = std::move(name);
  made.leaves = std::move(leaves);
  made.numEntries = 5;
  made.baskets.firstEntry = {0};
  return made;
}

std::vector<ColumnPlan> planOf(std::vector<Branch> branches) {
  TreeMetadata tree;
  tree.numEntries = 5;
  tree.branches = std::move(branches);
  return planColumns(tree, ClassRegistry());
}

TEST(ColumnPlan, ReadsTypesAndDimensions) {
  const auto columns = planOf(
      {branch("n", {leaf("TLeafI", "n", "n")}), branch("x", {leaf("TLeafF", "x", "x[2][3]", 6)}),
       branch("j", {leaf("TLeafD", "j", "j[n]", 1, "n")}), branch("m", {leaf("TLeafS", "m", "m[n][4]", 4, "n")})});
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].type.name(), "int32");
  EXPECT_EQ(columns[1].type.name(), "float32[2][3]");
  EXPECT_EQ(columns[1].entryBytes, 24U);
  EXPECT_EQ(columns[2].type.name(), "var * float64");
  EXPECT_EQ(columns[2].counter, "n");
  EXPECT_EQ(columns[3].type.name(), "var * int16[4]");
}

TEST(ColumnPlan, TrustsTheLeafsLengthOverItsTitle) {
  EXPECT_EQ(planOf({branch("x", {leaf("TLeafF", "x", "x[2]", 3)})})[0].type.name(), "float32[3]");
  EXPECT_EQ(planOf({branch("x", {leaf("TLeafF", "x", "x", 3)})})[0].type.name(), "float32[3]");
}

// Titles as ROOT 6.40 writes them.
TEST(ColumnPlan, ReadsRangesOfPackedNumbers) {
  const auto columns = planOf(
      {branch("d", {leaf("TLeafD32", "d", "d/d[0,10,8]")}), branch("e", {leaf("TLeafD32", "e", "e[2][3]/d[0,0,9]", 6)}),
       branch("n", {leaf("TLeafI", "n", "n")}), branch("f", {leaf("TLeafF16", "f", "f[n][2]/f[-pi,pi]", 2, "n")})});
  EXPECT_EQ(columns[0].type.name(), "float64");
  EXPECT_EQ(columns[0].entryBytes, 4U);
  EXPECT_EQ(columns[1].type.name(), "float64[2][3]");
  EXPECT_EQ(columns[1].entryBytes, 18U);
  EXPECT_EQ(columns[3].type.name(), "var * float32[2]");
  EXPECT_EQ(columns[3].encoding.form, NumberForm::kRangeRoot);
}

TEST(ColumnPlan, NamesTheLeavesOfABranch) {
  const auto columns =
      planOf({branch("p", {leaf("TLeafF", "x", "x"), leaf("TLeafL", "id", "id"), leaf("TLeafB", "c", "c[2]", 2)})});
  ASSERT_EQ(columns.size(), 3U);
  EXPECT_EQ(columns[0].name, "p.x");
  EXPECT_EQ(columns[1].name, "p.id");
  EXPECT_EQ(columns[1].offsetInEntry, 4U);
  EXPECT_EQ(columns[2].offsetInEntry, 12U);
  EXPECT_EQ(columns[2].entryBytes, 14U);
  EXPECT_EQ(planOf({branch("p.", {leaf("TLeafF", "x", "x"), leaf("TLeafF", "y", "y")})})[1].name, "p.y");
}

TEST(ColumnPlan, TellsBranchesOfOneNameApart) {
  const auto columns = planOf({branch("x", {leaf("TLeafI", "x", "x")}), branch("x", {leaf("TLeafF", "x", "x")})});
  EXPECT_EQ(columns[0].name, "x");
  EXPECT_EQ(columns[1].name, "x;2");
}

Branch elementBranch(std::string className, int32_t id, int32_t streamerType) {
  Branch made = branch("s", {leaf("TLeafElement", "s", "s")});
  made.className = "TBranchElement";
  made.element.className = std::move(className);
  made.element.id = id;
  made.element.streamerType = streamerType;
  return made;
}

TEST(ColumnPlan, KnowsTheFormsOfStrings) {
  auto column = planOf({elementBranch("string", -1, -1)})[0];
  EXPECT_EQ(column.type.name(), "string");
  EXPECT_EQ(column.headerBytes, 0U);
  EXPECT_EQ(planOf({elementBranch("TString", -1, -1)})[0].type.name(), "string");
  column = planOf({elementBranch("Event", 0, element_type::kCharStar)})[0];
  EXPECT_EQ(column.type.name(), "string");
  EXPECT_TRUE(column.wideLength);
}

TEST(ColumnPlan, ReadsLeavesThatAreCountedInTheirBranch) {
  const auto columns = planOf({branch("p", {leaf("TLeafI", "n", "n"), leaf("TLeafF", "x", "x[n]", 1, "n"),
                                            leaf("TLeafS", "y", "y[n][2]", 2, "n"), leaf("TLeafC", "s", "s", 8)})});
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].name, "p.n");
  EXPECT_EQ(columns[0].type.name(), "int32");
  EXPECT_EQ(columns[1].type.name(), "var * float32");
  EXPECT_EQ(columns[2].type.name(), "var * int16[2]");
  EXPECT_EQ(columns[3].type.name(), "string");
  EXPECT_EQ(columns[3].name, "p.s");
}

TEST(ColumnPlan, SaysWhatItCannotRead) {
  Branch elsewhere = branch("far", {leaf("TLeafF", "far", "far")});
  elsewhere.unreadable = "its values are stored in another file, 'other.root', which cannot be opened";
  const auto columns = planOf({branch("o", {leaf("TLeafObject", "o", "o")}), elsewhere, branch("empty", {}),
                               branch("mix", {leaf("TLeafI", "a", "a"), leaf("TLeafF", "b", "b[n]", 1, "n")})});
  ASSERT_EQ(columns.size(), 4U);
  for (const ColumnPlan& column : columns) EXPECT_FALSE(column.unsupported.empty()) << column.name;
  EXPECT_NE(columns[1].unsupported.find("other.root"), std::string::npos);
}

TEST(ColumnPlan, PrefersTheCounterBesideTheColumn) {
  Branch parent = branch("p", {});
  parent.hasChildren = true;
  Branch inside = branch("n", {leaf("TLeafI", "n", "n")});
  inside.path = "p/n";
  inside.parent = 1;
  Branch jagged = branch("x", {leaf("TLeafF", "x", "x[n]", 1, "n")});
  jagged.path = "p/x";
  jagged.parent = 1;
  const auto columns = planOf({branch("n", {leaf("TLeafI", "n", "n")}), parent, inside, jagged});
  ASSERT_EQ(columns.size(), 3U);
  EXPECT_EQ(columns[2].counter, "p/n");
  EXPECT_EQ(columns[2].counterBranch, 2);
}

}  // namespace
}  // namespace mlaas::root
