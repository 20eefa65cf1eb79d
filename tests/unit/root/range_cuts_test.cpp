#include "mlaas/root/range_cuts.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

using Ranges = std::vector<EntryRange>;

struct Pieces {
  std::vector<int64_t> firstEntry;
  std::vector<uint32_t> bytes;

  // Pieces of `size` entries and 100 bytes each.
  static Pieces of(int64_t size, int64_t numEntries) {
    Pieces pieces;
    for (int64_t entry = 0; entry < numEntries; entry += size) {
      pieces.firstEntry.push_back(entry);
      pieces.bytes.push_back(100);
    }
    pieces.firstEntry.push_back(numEntries);
    return pieces;
  }
  StoredPieces stored() const { return {firstEntry, bytes}; }
};

TEST(RangeCuts, LeaveASmallRange) {
  const Pieces pieces = Pieces::of(10, 100);
  const std::vector<StoredPieces> columns = {pieces.stored()};
  EXPECT_EQ(cutRange(columns, {0, 100}, {100, 200}), (Ranges{{0, 100}}));
  EXPECT_EQ(cutRange(columns, {0, 100}, {90, 100}), (Ranges{{0, 100}}));
}

TEST(RangeCuts, LieWhereAllPiecesEnd) {
  const Pieces a = Pieces::of(10, 120);
  const Pieces b = Pieces::of(30, 120);
  const std::vector<StoredPieces> columns = {a.stored(), b.stored()};
  EXPECT_EQ(cutRange(columns, {0, 120}, {32, 100}), (Ranges{{0, 30}, {30, 60}, {60, 90}, {90, 120}}));
}

TEST(RangeCuts, GrowWhereThatSavesDecompressing) {
  const Pieces large = Pieces::of(50, 200);
  const std::vector<StoredPieces> columns = {large.stored()};
  EXPECT_EQ(cutRange(columns, {0, 200}, {10, 60}), (Ranges{{0, 50}, {50, 100}, {100, 150}, {150, 200}}));
}

TEST(RangeCuts, KeepTheMostWithoutAnyGoodEnd) {
  const Pieces whole = Pieces::of(1000, 1000);
  const std::vector<StoredPieces> columns = {whole.stored()};
  int64_t next = 0;
  for (const EntryRange& range : cutRange(columns, {0, 1000}, {10, 40})) {
    EXPECT_EQ(range.first, next);
    EXPECT_LE(range.size(), 40);
    EXPECT_GT(range.size(), 0);
    next = range.last;
  }
  EXPECT_EQ(next, 1000);
}

TEST(RangeCuts, NeedNoColumns) {
  int64_t next = 0;
  for (const EntryRange& range : cutRange({}, {0, 100}, {10, 40})) {
    EXPECT_EQ(range.first, next);
    EXPECT_LE(range.size(), 40);
    next = range.last;
  }
  EXPECT_EQ(next, 100);
  EXPECT_EQ(cutRange({}, {5, 8}, {1, 1}), (Ranges{{5, 6}, {6, 7}, {7, 8}}));
}

}  // namespace
}  // namespace mlaas::root
