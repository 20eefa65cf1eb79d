#include "mlaas/table/entry_pieces.h"

#include <gtest/gtest.h>

namespace mlaas::table {
namespace {

using Pieces = std::vector<EntryRange>;

TEST(EntryPieces, CutLongClustersAndJoinShortOnes) {
  std::vector<EntryRange> clusters = {{0, 10}, {10, 12}, {12, 14}, {14, 40}};
  EXPECT_EQ(entryPieces(clusters, {0, 40}, 10), (Pieces{{0, 10}, {10, 14}, {14, 24}, {24, 34}, {34, 40}}));
  EXPECT_EQ(entryPieces(clusters, {0, 40}, 100), (Pieces{{0, 40}}));
}

TEST(EntryPieces, StayWithinWhatIsWanted) {
  std::vector<EntryRange> clusters = {{0, 10}, {10, 20}};
  EXPECT_EQ(entryPieces(clusters, {5, 12}, 10), (Pieces{{5, 12}}));
  EXPECT_EQ(entryPieces(clusters, {5, 12}, 5), (Pieces{{5, 10}, {10, 12}}));
  EXPECT_TRUE(entryPieces(clusters, {20, 30}, 5).empty());
  EXPECT_TRUE(entryPieces({}, {0, 10}, 5).empty());
}

}  // namespace
}  // namespace mlaas::table
