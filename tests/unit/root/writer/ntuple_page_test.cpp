// The known pages are examples worked out by hand from the encodings of the format's specification.
#include "mlaas/root/writer/ntuple_page.h"

#include <gtest/gtest.h>

namespace mlaas::root {
namespace {

using Bytes = std::vector<int>;

template <class T>
Bytes encoded(const ColumnType& type, const std::vector<T>& elements, bool split, bool index = false) {
  std::vector<OutputColumn> columns = {{"x", type}};
  auto schema = makeNtupleSchema(columns, split);
  const NtupleColumn& column = index ? schema.columns.front() : schema.columns.back();
  Bytes bytes;
  for (std::byte byte : encodePage(column, std::as_bytes(std::span(elements))))
    bytes.push_back(std::to_integer<int>(byte));
  return bytes;
}

ColumnType flat(DType dtype) { return {dtype, 0, {}, false}; }
ColumnType list(DType dtype) { return {dtype, 1, {}, false}; }

TEST(NtuplePage, BitsArePackedFromTheLowest) {
  std::vector<uint8_t> flags = {1, 0, 1, 1, 0, 0, 0, 0, 1};
  EXPECT_EQ(encoded(flat(DType::kBool), flags, true), (Bytes{0b00001101, 1}));
}

TEST(NtuplePage, BoolsOtherThan0And1AreTrue) {
  std::vector<uint8_t> flags = {0xCD, 0};
  EXPECT_EQ(encoded(flat(DType::kBool), flags, true), (Bytes{1}));
}

TEST(NtuplePage, SplitPutsFirstBytesFirst) {
  std::vector<uint32_t> values = {0x04030201, 0x14131211};
  EXPECT_EQ(encoded(flat(DType::kUInt32), values, true), (Bytes{1, 0x11, 2, 0x12, 3, 0x13, 4, 0x14}));
  EXPECT_EQ(encoded(flat(DType::kUInt32), values, false), (Bytes{1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14}));
}

TEST(NtuplePage, SignedNumbersZigzag) {
  std::vector<int16_t> values = {0, -1, 1, -2, 32767, -32768};
  // 0, 1, 2, 3, 0xFFFE, 0xFFFF
  EXPECT_EQ(encoded(flat(DType::kInt16), values, true), (Bytes{0, 1, 2, 3, 0xFE, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF}));
}

TEST(NtuplePage, IndicesAreDifferences) {
  std::vector<uint64_t> ends = {2, 2, 259};
  Bytes expected = {2, 0, 1, 0, 0, 1};
  expected.resize(24);
  EXPECT_EQ(encoded(list(DType::kFloat32), ends, true, true), expected);
}

TEST(NtuplePage, BytesStayAsTheyAre) {
  std::vector<int8_t> values = {-1, 5};
  EXPECT_EQ(encoded(flat(DType::kInt8), values, true), (Bytes{255, 5}));
}

TEST(NtupleSchema, NestsVectorsArraysAndStrings) {
  std::vector<OutputColumn> columns = {{"cells", {DType::kFloat32, 1, {2, 3}, false}},
                                       {"labels", {DType::kUInt8, 2, {}, true}}};
  auto schema = makeNtupleSchema(columns, true);
  std::vector<std::string> types;
  std::vector<uint32_t> parents;
  for (const auto& field : schema.fields) {
    types.push_back(field.typeName);
    parents.push_back(field.parent);
  }
  EXPECT_EQ(types, (std::vector<std::string>{"std::vector<std::array<std::array<float,3>,2>>",
                                             "std::array<std::array<float,3>,2>", "std::array<float,3>", "float",
                                             "std::vector<std::string>", "std::string"}));
  EXPECT_EQ(parents, (std::vector<uint32_t>{0, 0, 1, 2, 4, 4}));
  EXPECT_EQ(schema.fields[1].arraySize, 2U);
  EXPECT_EQ(schema.fields[2].arraySize, 3U);
  std::vector<int> columnTypes;
  for (const auto& column : schema.columns) columnTypes.push_back(column.type);
  EXPECT_EQ(columnTypes, (std::vector<int>{0x1B, 0x18, 0x1B, 0x1B, 0x02}));
}

}  // namespace
}  // namespace mlaas::root
