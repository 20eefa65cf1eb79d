#include "mlaas/root/ttree/clusters.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

Branch branchWith(std::vector<int64_t> ends, uint64_t bytes) {
  Branch branch;
  branch.baskets.firstEntry = {0};
  for (const int64_t end : ends) {
    branch.baskets.firstEntry.push_back(end);
    branch.baskets.offset.push_back(1);
    branch.baskets.bytes.push_back(1);
    branch.baskets.embedded.push_back(nullptr);
  }
  branch.numEntries = branch.baskets.firstEntry.back();
  branch.plainBytes = bytes;
  return branch;
}

TreeMetadata treeWith(std::vector<Branch> branches, int64_t clusterSize) {
  TreeMetadata tree;
  tree.branches = std::move(branches);
  tree.numEntries = tree.branches.front().numEntries;
  tree.clusterSizes = {clusterSize};
  return tree;
}

using Ranges = std::vector<EntryRange>;
constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(Clusters, EndWhereTheTreeSaysAndAllBranchesAgree) {
  const auto tree = treeWith({branchWith({50, 100, 150, 200}, 10 * kMiB), branchWith({100, 200}, 10 * kMiB)}, 100);
  EXPECT_EQ(findClusters(tree), (Ranges{{0, 100}, {100, 200}}));
}

TEST(Clusters, JoinSmallOnes) {
  const auto tree = treeWith({branchWith({10, 20, 30, 40}, 4000)}, 10);
  EXPECT_EQ(findClusters(tree), (Ranges{{0, 40}}));
}

TEST(Clusters, CutLongOnesAtCommonEnds) {
  const auto tree = treeWith({branchWith({100, 200, 300, 400}, 240 * kMiB)}, 400);
  EXPECT_EQ(findClusters(tree), (Ranges{{0, 100}, {100, 200}, {200, 300}, {300, 400}}));
}

TEST(Clusters, FollowTheFinestBranchWhereNoEndIsCommon) {
  const auto tree = treeWith({branchWith({90, 190, 290, 400}, 300 * kMiB), branchWith({400}, 300 * kMiB)}, 0);
  EXPECT_EQ(findClusters(tree), (Ranges{{0, 90}, {90, 190}, {190, 290}, {290, 400}}));
}

TEST(Clusters, UseRangesOfDifferentSizes) {
  auto tree = treeWith({branchWith({100, 200, 250, 300}, 40 * kMiB)}, 50);
  tree.clusterRangeEnds = {200};
  tree.clusterSizes = {100, 50};
  EXPECT_EQ(findClusters(tree), (Ranges{{0, 100}, {100, 200}, {200, 250}, {250, 300}}));
}

TEST(Clusters, CoverATreeWithoutBaskets) {
  TreeMetadata tree;
  tree.clusterSizes = {0};
  EXPECT_TRUE(findClusters(tree).empty());
  tree.numEntries = 7;
  EXPECT_EQ(findClusters(tree), (Ranges{{0, 7}}));
}

}  // namespace
}  // namespace mlaas::root
