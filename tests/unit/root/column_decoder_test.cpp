#include "mlaas/root/ttree/column_decoder.h"

#include <gtest/gtest.h>

#include "mlaas/root/ttree/leaf_list.h"
#include "mlaas/root/ttree/value_columns.h"
#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

constexpr uint32_t kKeyBytes = 10;  // room of the key before an embedded basket's data

EmbeddedBasket basketOf(uint32_t numEntries, const BigEndianWriter& data, std::vector<int64_t> offsets = {}) {
  EmbeddedBasket basket;
  basket.keyBytes = kKeyBytes;
  basket.numEntries = numEntries;
  basket.bytes.assign(kKeyBytes, std::byte{0});
  for (const std::byte byte : data.bytes()) basket.bytes.push_back(byte);
  for (const int64_t offset : offsets) basket.entryOffsets.push_back(offset + kKeyBytes);
  return basket;
}

ColumnPlan planOf(DType type, EntryLayout layout, size_t headerBytes = 0) {
  ColumnPlan plan;
  plan.type = {type, layout == EntryLayout::kFixed ? 0 : 1, {}, layout == EntryLayout::kString};
  plan.layout = layout;
  plan.entryBytes = layout == EntryLayout::kFixed ? dtypeBytes(type) : 0;
  plan.headerBytes = headerBytes;
  return plan;
}

Result<Column> decode(const ColumnPlan& plan, EntryRange range, const EmbeddedBasket& basket,
                      std::vector<int32_t> counts = {}) {
  const BasketPart part{{0, basket.numEntries}, {}, &basket, 0};
  return decodeColumn(plan, range, std::span(&part, 1),
                      [&](EntryRange) -> Result<Column> { return makeFlatColumn<int32_t>(counts); });
}

template <class T>
std::vector<T> valuesOf(const Column& column) {
  const auto values = column.valuesAs<T>();
  return {values.begin(), values.end()};
}

std::vector<int64_t> offsetsOf(const Column& column) {
  const auto offsets = column.offsetsAt(0);
  return {offsets.begin(), offsets.end()};
}

TEST(ColumnDecoder, TakesAPartOfABasket) {
  const auto basket = basketOf(4, BigEndianWriter().number(1).number(2).number(3).number(4));
  EXPECT_EQ(valuesOf<int32_t>(decode(planOf(DType::kInt32, EntryLayout::kFixed), {1, 3}, basket).value()),
            (std::vector<int32_t>{2, 3}));
}

// Entries of an int16, a float64 and an int32 in one branch; the last column believes in longer entries.
TEST(ColumnDecoder, TakesColumnsOfOneBranchTogether) {
  BigEndianWriter data;
  for (int i = 0; i < 4; ++i) data.number(static_cast<int16_t>(i)).number(i + 0.5).number(int32_t{-i});
  const auto basket = basketOf(4, data);
  std::vector<ColumnPlan> plans;
  size_t offset = 0;
  for (const DType type : {DType::kInt16, DType::kFloat64, DType::kInt32}) {
    plans.push_back(planOf(type, EntryLayout::kFixed));
    plans.back().entryBytes = 14;
    plans.back().offsetInEntry = offset;
    offset += dtypeBytes(type);
  }
  plans.push_back(plans.back());
  plans.back().entryBytes = 15;
  std::vector<BranchColumn> columns;
  for (const ColumnPlan& plan : plans) columns.push_back({&plan, nullptr});
  const BasketPart part{{0, 4}, {}, &basket, 0};
  const auto decoded = decodeColumns(columns, {1, 4}, std::span(&part, 1));
  ASSERT_EQ(decoded.size(), 4U);
  EXPECT_EQ(valuesOf<int16_t>(*decoded[0]), (std::vector<int16_t>{1, 2, 3}));
  EXPECT_EQ(valuesOf<double>(*decoded[1]), (std::vector<double>{1.5, 2.5, 3.5}));
  EXPECT_EQ(valuesOf<int32_t>(*decoded[2]), (std::vector<int32_t>{-1, -2, -3}));
  ASSERT_FALSE(decoded[3].ok());
  EXPECT_EQ(decoded[3].error().code(), ErrorCode::kCorrupt);
}

TEST(ColumnDecoder, RefusesEntriesWithoutBaskets) {
  const auto basket = basketOf(2, BigEndianWriter().number(1).number(2));
  const auto result = decode(planOf(DType::kInt32, EntryLayout::kFixed), {0, 3}, basket);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
}

TEST(ColumnDecoder, RefusesDataOfAnotherSize) {
  const auto basket = basketOf(3, BigEndianWriter().number(1).number(2));
  EXPECT_EQ(decode(planOf(DType::kInt32, EntryLayout::kFixed), {0, 3}, basket).error().code(), ErrorCode::kCorrupt);
}

TEST(ColumnDecoder, MakesOffsetsFromCounts) {
  const auto plan = planOf(DType::kFloat32, EntryLayout::kCounted);
  const auto basket = basketOf(3, BigEndianWriter().number(1.0F).number(2.0F).number(3.0F));
  const auto column = decode(plan, {0, 3}, basket, {2, 0, 1});
  ASSERT_TRUE(column.ok()) << column.error().what();
  EXPECT_EQ(offsetsOf(*column), (std::vector<int64_t>{0, 2, 2, 3}));
  EXPECT_EQ(valuesOf<float>(*column), (std::vector<float>{1, 2, 3}));
  for (const std::vector<int32_t>& counts :
       {std::vector<int32_t>{2, 0, 2}, {-1, 3, 1}, {1, 1}, {INT32_MAX, INT32_MAX, 1}}) {
    EXPECT_EQ(decode(plan, {0, 3}, basket, counts).error().code(), ErrorCode::kCorrupt);
  }
}

TEST(ColumnDecoder, RefusesEntriesThatAreNoWholeElements) {
  const auto basket = basketOf(2, BigEndianWriter().number(1.0F).number(2.0F), {0, 3});
  EXPECT_EQ(decode(planOf(DType::kFloat32, EntryLayout::kCounted), {0, 2}, basket).error().code(), ErrorCode::kCorrupt);
}

BigEndianWriter collection(std::vector<int16_t> values, uint32_t count, int16_t version = 9) {
  BigEndianWriter body;
  body.number(count);
  for (const int16_t value : values) body.number(value);
  BigEndianWriter writer;
  return writer.versioned(version, body);
}

TEST(ColumnDecoder, ReadsCollectionsAndChecksTheirHeaders) {
  const auto plan = planOf(DType::kInt16, EntryLayout::kCounted, 10);
  const auto first = collection({5, -6}, 2);
  const auto good = basketOf(3, BigEndianWriter().append(first).append(collection({}, 0)).append(collection({7}, 1)),
                             {0, static_cast<int64_t>(first.size()), static_cast<int64_t>(first.size()) + 10});
  const auto column = decode(plan, {0, 3}, good);
  ASSERT_TRUE(column.ok()) << column.error().what();
  EXPECT_EQ(offsetsOf(*column), (std::vector<int64_t>{0, 2, 2, 3}));
  EXPECT_EQ(valuesOf<int16_t>(*column), (std::vector<int16_t>{5, -6, 7}));
  EXPECT_EQ(valuesOf<int16_t>(decode(plan, {2, 3}, good).value()), (std::vector<int16_t>{7}));

  EXPECT_EQ(decode(plan, {0, 1}, basketOf(1, collection({1, 2}, 3), {0})).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(decode(plan, {0, 1}, basketOf(1, collection({1, 2}, 2, 0x4009), {0})).error().code(),
            ErrorCode::kUnsupported);
  EXPECT_EQ(decode(plan, {0, 1}, basketOf(1, BigEndianWriter().number(1.0F), {0})).error().code(), ErrorCode::kCorrupt);
}

TEST(ColumnDecoder, ReadsStringsWithAndWithoutOffsets) {
  const auto plan = planOf(DType::kUInt8, EntryLayout::kString);
  const auto data = BigEndianWriter().text("ab").text("").text("c");
  for (const auto& offsets : {std::vector<int64_t>{}, {0, 3, 4}}) {
    const auto column = decode(plan, {0, 3}, basketOf(3, data, offsets));
    ASSERT_TRUE(column.ok()) << column.error().what();
    EXPECT_EQ(offsetsOf(*column), (std::vector<int64_t>{0, 2, 2, 3}));
    EXPECT_EQ(valuesOf<uint8_t>(*column), (std::vector<uint8_t>{'a', 'b', 'c'}));
  }
  EXPECT_EQ(decode(plan, {0, 4}, basketOf(4, data)).error().code(), ErrorCode::kCorrupt);
}

TEST(ColumnDecoder, ReadsStringsThatAreMembers) {
  ColumnPlan plan = planOf(DType::kUInt8, EntryLayout::kString, 6);
  const auto standard = BigEndianWriter().versioned(2, BigEndianWriter().text("hello"));
  auto column = decode(plan, {0, 1}, basketOf(1, standard, {0}));
  ASSERT_TRUE(column.ok()) << column.error().what();
  EXPECT_EQ(valuesOf<uint8_t>(*column), (std::vector<uint8_t>{'h', 'e', 'l', 'l', 'o'}));
  const auto wrongCount = BigEndianWriter().versioned(2, BigEndianWriter().text("hello").number(uint8_t{0}));
  EXPECT_EQ(decode(plan, {0, 1}, basketOf(1, wrongCount, {0})).error().code(), ErrorCode::kCorrupt);

  plan.headerBytes = 0;
  plan.wideLength = true;
  const auto wide = BigEndianWriter().number(uint32_t{2}).characters("ab").number(uint32_t{0});
  column = decode(plan, {0, 2}, basketOf(2, wide, {0, 6}));
  ASSERT_TRUE(column.ok()) << column.error().what();
  EXPECT_EQ(offsetsOf(*column), (std::vector<int64_t>{0, 2, 2}));
}

// TObject::Streamer writes two bytes more after fBits with kIsReferenced (bit 4).
TEST(ColumnDecoder, StepsOverTheReferencesBehindBits) {
  const auto data = BigEndianWriter()
                        .number(uint32_t{0x3000000})
                        .number(uint32_t{0x3000010})
                        .number(uint16_t{1})
                        .number(uint32_t{0x3000010})
                        .number(uint16_t{1});
  ColumnPlan plan = planOf(DType::kUInt32, EntryLayout::kCounted);
  plan.mayHaveReferences = true;
  auto column = decode(plan, {0, 2}, basketOf(2, data, {0, 4}));
  ASSERT_TRUE(column.ok()) << column.error().what();
  EXPECT_EQ(offsetsOf(*column), (std::vector<int64_t>{0, 1, 3}));
  EXPECT_EQ(valuesOf<uint32_t>(*column), (std::vector<uint32_t>{0x3000000, 0x3000010, 0x3000010}));
  EXPECT_EQ(decode(plan, {0, 2}, basketOf(2, data, {0, 6})).error().code(), ErrorCode::kCorrupt);

  plan = planOf(DType::kUInt32, EntryLayout::kFixed);
  plan.mayHaveReferences = true;
  EXPECT_EQ(valuesOf<uint32_t>(decode(plan, {1, 2}, basketOf(3, data)).value()), (std::vector<uint32_t>{0x3000010}));
  EXPECT_EQ(decode(plan, {0, 2}, basketOf(2, data)).error().code(), ErrorCode::kCorrupt);
}

// n/I:x[n]/F:s/C, as TBranch writes them.
TEST(ColumnDecoder, ReadsLeavesThatAreCountedInTheirBranch) {
  Branch branch;
  branch.path = "p";
  branch.leaves.resize(3);
  branch.leaves[0].className = "TLeafI";
  branch.leaves[0].name = branch.leaves[0].title = "n";
  branch.leaves[1].className = "TLeafF";
  branch.leaves[1].name = "x";
  branch.leaves[1].title = "x[n]";
  branch.leaves[1].counter = "n";
  branch.leaves[2].className = "TLeafC";
  branch.leaves[2].name = branch.leaves[2].title = "s";
  const auto columns = columnsOfTree(branch, 0, leafListTree(branch).value());
  const auto data = BigEndianWriter().number(2).number(1.0F).number(2.0F).text("ab").number(0).text("");
  for (const auto& offsets : {std::vector<int64_t>{}, {0, 15}}) {
    const auto basket = basketOf(2, data, offsets);
    EXPECT_EQ(valuesOf<int32_t>(decode(columns[0], {0, 2}, basket).value()), (std::vector<int32_t>{2, 0}));
    const auto x = decode(columns[1], {0, 2}, basket).value();
    EXPECT_EQ(offsetsOf(x), (std::vector<int64_t>{0, 2, 2}));
    EXPECT_EQ(valuesOf<float>(x), (std::vector<float>{1, 2}));
    EXPECT_EQ(offsetsOf(decode(columns[2], {0, 2}, basket).value()), (std::vector<int64_t>{0, 2, 2}));
  }
  const auto huge = basketOf(1, BigEndianWriter().number(INT32_MAX).number(1.0F), {0});
  EXPECT_EQ(decode(columns[1], {0, 1}, huge).error().code(), ErrorCode::kCorrupt);
}

TEST(ColumnDecoder, ShowsNothingFromBeforeABranchWasMade) {
  const auto basket = basketOf(1, BigEndianWriter().number(7));
  const BasketPart parts[] = {{{0, 2}, {}, nullptr, 0}, {{2, 3}, {}, &basket, 0}};
  const auto none = [](EntryRange) -> Result<Column> { return makeFlatColumn<int32_t>(std::vector<int32_t>{1}); };
  const auto flat = decodeColumn(planOf(DType::kInt32, EntryLayout::kFixed), {1, 3}, parts, none).value();
  EXPECT_EQ(valuesOf<int32_t>(flat), (std::vector<int32_t>{0, 7}));
  const auto jagged = decodeColumn(planOf(DType::kInt32, EntryLayout::kCounted), {0, 3}, parts, none).value();
  EXPECT_EQ(offsetsOf(jagged), (std::vector<int64_t>{0, 0, 0, 1}));
}

TEST(ColumnDecoder, UnpacksNumbers) {
  ColumnPlan plan = planOf(DType::kFloat64, EntryLayout::kCounted);
  plan.encoding = *encodingOfLeaf("TLeafD32", false, "x[n]/d[0,0,8]");
  BigEndianWriter data;
  for (const uint8_t exponent : {127, 128, 129}) data.number(exponent).number(uint16_t{0});
  const auto column = decode(plan, {0, 2}, basketOf(2, data, {0, 6}));
  ASSERT_TRUE(column.ok()) << column.error().what();
  EXPECT_EQ(offsetsOf(*column), (std::vector<int64_t>{0, 2, 3}));
  EXPECT_EQ(valuesOf<double>(*column), (std::vector<double>{1, 2, 4}));
  EXPECT_EQ(decode(plan, {0, 2}, basketOf(2, data, {0, 5})).error().code(), ErrorCode::kCorrupt);

  plan = planOf(DType::kFloat32, EntryLayout::kFixed);
  plan.encoding = *encodingOfLeaf("TLeafF16", false, "x");
  plan.type.shape = {3};
  plan.entryBytes = 9;
  EXPECT_EQ(valuesOf<float>(decode(plan, {0, 1}, basketOf(1, data)).value()), (std::vector<float>{1, 2, 4}));
}

// As numpy does.
TEST(ColumnDecoder, KeepsTheBytesOfBools) {
  const auto basket = basketOf(3, BigEndianWriter().number(uint8_t{0}).number(uint8_t{1}).number(uint8_t{200}));
  const auto column = decode(planOf(DType::kBool, EntryLayout::kFixed), {0, 3}, basket).value();
  EXPECT_EQ(column.values->bytes()[2], std::byte{200});
}

}  // namespace
}  // namespace mlaas::root
