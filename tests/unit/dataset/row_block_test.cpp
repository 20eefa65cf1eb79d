#include "mlaas/dataset/row_block.h"

#include <gtest/gtest.h>

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
  std::memcpy(&value, block.records.data() + row * layout.strideBytes + offset, sizeof(T));
  return value;
}

TEST(RowBlock, LayoutIsAligned) {
  const auto layout = RowLayout::of(spec());
  EXPECT_EQ(layout.groups[0].offset, 12U);
  EXPECT_EQ(layout.groups[1].offset, 28U);
  EXPECT_EQ(layout.countsOffset, 32U);
  EXPECT_EQ(layout.weightOffset, 40U);
  EXPECT_EQ(layout.rowOffset, 48U);
  EXPECT_EQ(layout.strideBytes, 56U);
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
  EXPECT_EQ(field<float>(block, layout, 1, layout.groups[0].offset + 4), 113.0F);
  EXPECT_EQ(field<int32_t>(block, layout, 2, layout.countsOffset), 2);
  EXPECT_EQ(field<int32_t>(block, layout, 0, layout.countsOffset + 4), 1);
  EXPECT_EQ(field<float>(block, layout, 0, layout.weightOffset), -1.0F);
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
