#include "mlaas/dataset/row_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace mlaas::dataset {
namespace {

feature::FeatureSpec spec() {
  feature::FeatureSpec result;
  result.scalars = {"a", "b", "c"};
  result.groups = {{"jets", {"pt", "eta"}, 2}, {"leptons", {"pt"}, 1}};
  return result;
}

LoadedRows rows() {
  LoadedRows result;
  result.features.rows = 4;
  result.features.numScalars = 3;
  for (int i = 0; i < 12; ++i) result.features.scalars.push_back(static_cast<float>(i));
  feature::GroupTensor jets{2, 2, {}, {0, 1, 2, 1}};
  for (int i = 0; i < 16; ++i) jets.values.push_back(static_cast<float>(100 + i));
  feature::GroupTensor leptons{1, 1, {7, 8, 9, 10}, {1, 1, 0, 0}};
  result.features.groups = {jets, leptons};
  result.parts = {Part::kTest, Part::kTrain, Part::kValidation, Part::kTrain};
  result.weights = {0.5F, -1.0F, 2.0F, 3.0F};
  result.rowNumbers = {10, 20, 30, 40};
  return result;
}

template <class T>
T field(const RowBlock& block, const RowLayout& layout, size_t row, size_t offset) {
  T value;
  std::memcpy(&value, block.record(row, layout) + offset, sizeof(T));
  return value;
}

TEST(RowBlock, LayoutIsAligned) {
  const auto layout = RowLayout::of(spec());
  EXPECT_EQ(layout.groups[0].elementBytes, 8U);
  EXPECT_EQ(layout.groups[1].elementBytes, 4U);
  EXPECT_EQ(layout.countsOffset, 12U);
  EXPECT_EQ(layout.weightOffset, 20U);
  EXPECT_EQ(layout.rowOffset, 24U);
  EXPECT_EQ(layout.fixedBytes, 32U);
  // All 2 * 2 + 1 elements, and where the record begins.
}

TEST(RowBlock, RowsAreGroupedByPartInTheirOrder) {
  const auto layout = RowLayout::of(spec());
  const auto block = packRows(rows(), layout, 3, std::nullopt);
  EXPECT_EQ(block.partBegin, (std::array<int64_t, 4>{0, 2, 3, 4}));
  EXPECT_EQ(block.sample, 3U);
  const std::vector<int64_t> expected = {20, 40, 30, 10};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(field<int64_t>(block, layout, i, layout.rowOffset), expected[i]);
  EXPECT_EQ(field<float>(block, layout, 1, 0), 9.0F);
  EXPECT_EQ(field<float>(block, layout, 1, layout.fixedBytes + 4), 113.0F);
  EXPECT_EQ(field<int32_t>(block, layout, 2, layout.countsOffset), 2);
  EXPECT_EQ(field<int32_t>(block, layout, 0, layout.countsOffset + 4), 1);
  EXPECT_EQ(field<float>(block, layout, 0, layout.weightOffset), -1.0F);
}

// Rows 20, 40, 30 and 10 have 1, 1, 2 and 0 jets of two numbers, and 1, 0, 0 and 1 leptons of one.
TEST(RowBlock, KeepsNoPadding) {
  const auto layout = RowLayout::of(spec());
  const auto block = packRows(rows(), layout, 0, std::nullopt);
  const std::vector<size_t> begins = {0, 44, 84, 132};
  for (size_t i = 0; i < begins.size(); ++i) {
    EXPECT_EQ(block.record(i, layout) - block.records.data(), static_cast<ptrdiff_t>(begins[i]));
  }
  EXPECT_EQ(block.records.size(), 168U);
  EXPECT_EQ(field<float>(block, layout, 0, layout.fixedBytes + 8), 8.0F);  // the lepton behind one jet
  EXPECT_EQ(field<float>(block, layout, 3, layout.fixedBytes), 7.0F);      // behind none
  const auto bytes = bytesOfParts(rows(), layout);
  EXPECT_EQ(bytes, (std::array<size_t, 3>{84 + 2 * 4, 48 + 4, 36 + 4}));
  EXPECT_EQ(bytes[0] + bytes[1] + bytes[2], block.bytes());
}

TEST(RowBlock, TakesRaggedGroups) {
  const auto layout = RowLayout::of(spec());
  LoadedRows ragged = rows();
  auto& jets = ragged.features.groups[0];
  jets.values = {104, 105, 108, 109, 110, 111, 112, 113};
  jets.offsets = {0, 0, 1, 3, 4};
  const auto block = packRows(ragged, layout, 0, std::nullopt);
  const auto padded = packRows(rows(), layout, 0, std::nullopt);
  EXPECT_EQ(block.begins, padded.begins);
  EXPECT_TRUE(std::ranges::equal(block.records.as<float>(), padded.records.as<float>()));
}

TEST(RowBlock, PicksRowsOfAPart) {
  const auto layout = RowLayout::of(spec());
  const auto block = packRows(rows(), layout, 3, std::nullopt);
  const std::vector<uint32_t> wanted = {1, 0};
  const auto picked = pickRows(block, layout, Part::kTrain, wanted);
  EXPECT_EQ(picked.sample, 3U);
  EXPECT_EQ(picked.partBegin, (std::array<int64_t, 4>{0, 2, 2, 2}));
  EXPECT_EQ(picked.begins, (std::vector<uint32_t>{0, 40 / 4}));
  EXPECT_EQ(field<int64_t>(picked, layout, 0, layout.rowOffset), 40);
  EXPECT_EQ(field<int64_t>(picked, layout, 1, layout.rowOffset), 20);
  EXPECT_EQ(field<float>(picked, layout, 1, layout.fixedBytes + 8), 8.0F);
  const std::vector<uint32_t> last = {0};
  EXPECT_EQ(pickRows(block, layout, Part::kTest, last).records.size(), 36U);
}

TEST(RowBlock, OnePartAlone) {
  const auto layout = RowLayout::of(spec());
  const auto block = packRows(rows(), layout, 0, Part::kValidation);
  EXPECT_EQ(block.numRows(), 1);
  EXPECT_EQ(block.numRows(Part::kValidation), 1);
  EXPECT_EQ(field<int64_t>(block, layout, 0, layout.rowOffset), 30);
}

}  // namespace
}  // namespace mlaas::dataset
