#include "mlaas/table/row_filter.h"

#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

using test::flat;
using test::jagged;

TEST(RowFilter, FlatColumnsOfEveryWidth) {
  const std::vector<int64_t> rows = {0, 2, 3};
  EXPECT_EQ(test::valuesOf<uint8_t>(takeRows(flat<uint8_t>({1, 2, 3, 4}), rows)), (std::vector<uint8_t>{1, 3, 4}));
  EXPECT_EQ(test::valuesOf<int16_t>(takeRows(flat<int16_t>({1, 2, 3, 4}), rows)), (std::vector<int16_t>{1, 3, 4}));
  EXPECT_EQ(test::valuesOf<float>(takeRows(flat<float>({1, 2, 3, 4}), rows)), (std::vector<float>{1, 3, 4}));
  EXPECT_EQ(test::valuesOf<uint64_t>(takeRows(flat<uint64_t>({1, 2, 3, UINT64_MAX}), rows)),
            (std::vector<uint64_t>{1, 3, UINT64_MAX}));
}

TEST(RowFilter, FixedArrays) {
  Column column = flat<float>({1, 2, 3, 4, 5, 6, 7, 8, 9});
  column.type.shape = {3};
  column.length = 3;
  const std::vector<int64_t> rows = {0, 2};
  const Column taken = takeRows(column, rows);
  EXPECT_EQ(taken.length, 2);
  const auto values = taken.values->as<float>();
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()), (std::vector<float>{1, 2, 3, 7, 8, 9}));
}

TEST(RowFilter, Lists) {
  const Column column = jagged<double>({{1, 2}, {}, {3}, {4, 5, 6}, {}});
  const std::vector<int64_t> rows = {0, 1, 3, 4};
  const Column taken = takeRows(column, rows);
  EXPECT_EQ(test::offsetsOf(taken), (std::vector<int64_t>{0, 2, 2, 5, 5}));
  EXPECT_EQ(test::valuesOf<double>(taken), (std::vector<double>{1, 2, 4, 5, 6}));
  EXPECT_EQ(test::offsetsOf(takeRows(column, {})), std::vector<int64_t>{0});
}

TEST(RowFilter, NestedLists) {
  // [[[1], [2, 3]], [], [[], [4]], [[5]]]
  Column column = jagged<int32_t>({{1}, {2, 3}, {}, {4}, {5}});
  column.length = 4;
  column.type.jaggedDepth = 2;
  const std::vector<int64_t> outer = {0, 2, 2, 4, 5};
  column.offsets.insert(column.offsets.begin(), copyToBuffer(std::span<const int64_t>(outer)));
  const std::vector<int64_t> rows = {1, 2, 3};
  const Column taken = takeRows(column, rows);
  EXPECT_EQ(test::offsetsOf(taken), (std::vector<int64_t>{0, 0, 2, 3}));
  const auto inner = taken.offsetsAt(1);
  EXPECT_EQ(std::vector<int64_t>(inner.begin(), inner.end()), (std::vector<int64_t>{0, 0, 1, 2}));
  EXPECT_EQ(test::valuesOf<int32_t>(taken), (std::vector<int32_t>{4, 5}));
}

}  // namespace
}  // namespace mlaas::table
