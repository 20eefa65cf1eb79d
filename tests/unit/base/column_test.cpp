#include "mlaas/base/column.h"

#include <gtest/gtest.h>

namespace mlaas {
namespace {

Column jagged() {
  const std::vector<int64_t> offsets = {0, 2, 2, 5};
  const std::vector<float> values = {1, 2, 3, 4, 5};
  return makeJaggedColumn<float>(offsets, values);
}

std::vector<int64_t> offsetsOf(const Column& column) {
  auto offsets = column.offsetsAt(0);
  return {offsets.begin(), offsets.end()};
}

std::vector<float> valuesOf(const Column& column) {
  auto values = column.valuesAs<float>();
  return {values.begin(), values.end()};
}

TEST(Column, SliceMovesOffsetsToZero) {
  Column slice = sliceColumn(jagged(), 1, 3);
  EXPECT_EQ(slice.length, 2);
  EXPECT_EQ(offsetsOf(slice), (std::vector<int64_t>{0, 0, 3}));
  EXPECT_EQ(valuesOf(slice), (std::vector<float>{3, 4, 5}));
}

TEST(Column, EmptySlice) {
  Column slice = sliceColumn(jagged(), 2, 2);
  EXPECT_EQ(offsetsOf(slice), (std::vector<int64_t>{0}));
  EXPECT_TRUE(valuesOf(slice).empty());
}

TEST(Column, ConcatenateUndoesSlicing) {
  const std::vector<Column> parts = {sliceColumn(jagged(), 0, 1), sliceColumn(jagged(), 1, 3)};
  Column joined = concatenateColumns(parts);
  EXPECT_EQ(joined.length, 3);
  EXPECT_EQ(offsetsOf(joined), offsetsOf(jagged()));
  EXPECT_EQ(valuesOf(joined), valuesOf(jagged()));
}

TEST(Column, TypeNames) {
  EXPECT_EQ((ColumnType{DType::kFloat32, 2, {3}, false}.name()), "var * var * float32[3]");
  EXPECT_EQ((ColumnType{DType::kUInt8, 1, {}, true}.name()), "string");
}

}  // namespace
}  // namespace mlaas
