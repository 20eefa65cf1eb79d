#include "mlaas/root/rntuple/schema.h"

#include <gtest/gtest.h>

#include "mlaas/root/rntuple/field_columns.h"
#include "tests/unit/root/rntuple_writer.h"

namespace mlaas::root {
namespace {

constexpr uint16_t kInt32 = 0x07;
constexpr uint16_t kReal32 = 0x0C;
constexpr uint16_t kIndex64 = 0x0F;

Result<Schema> schemaOf(const LittleEndianWriter& header, const LittleEndianWriter& extension = {}) {
  const Envelope envelope = Envelope::open(envelopeBytes(EnvelopeType::kHeader, header), EnvelopeType::kHeader).value();
  LittleEndianWriter footer;
  footer.record(extension);
  ByteCursor cursor(footer.bytes());
  return readSchema(envelope, cursor);
}

Result<Schema> schemaOf(const std::vector<FieldFacts>& fields, const std::vector<ColumnFacts>& columns) {
  return schemaOf(headerPayload(schemaLists(fields, columns)));
}

std::vector<NTupleColumn> columnsOf(const std::vector<FieldFacts>& fields, const std::vector<ColumnFacts>& columns) {
  return planFieldColumns(schemaOf(fields, columns).value(), {}).value();
}

TEST(RNTupleEnvelope, ChecksTypeLengthAndChecksum) {
  const auto bytes = envelopeBytes(EnvelopeType::kFooter, LittleEndianWriter().number(uint64_t{1}));
  ASSERT_TRUE(Envelope::open(bytes, EnvelopeType::kFooter).ok());
  EXPECT_EQ(Envelope::open(bytes, EnvelopeType::kHeader).error().code(), ErrorCode::kCorrupt);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(
        Envelope::open({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}, EnvelopeType::kFooter)
            .ok());
  }
  for (size_t place = 0; place < bytes.size(); ++place) {
    auto damaged = bytes;
    damaged[place] ^= std::byte{4};
    EXPECT_EQ(Envelope::open(damaged, EnvelopeType::kFooter).error().code(), ErrorCode::kCorrupt) << place;
  }
}

TEST(RNTupleEnvelope, ChecksumsOfEveryLength) {
  // Other implementations of XXH3 were wrong for lengths of 1 modulo 64.
  LittleEndianWriter payload;
  for (int i = 0; i < 600; ++i) {
    EXPECT_TRUE(Envelope::open(envelopeBytes(EnvelopeType::kFooter, payload), EnvelopeType::kFooter).ok());
    payload.number(static_cast<uint8_t>(i));
  }
}

TEST(RNTupleFrames, AreSteppedOverByTheirSize) {
  LittleEndianWriter writer;
  writer.record(LittleEndianWriter().number(uint32_t{1}).number(uint32_t{2})).number(uint32_t{3});
  ByteCursor cursor(writer.bytes());
  Frame frame = readRecordFrame(cursor);
  EXPECT_EQ(frame.body.little<uint32_t>(), 1U);
  EXPECT_EQ(cursor.little<uint32_t>(), 3U);
}

TEST(RNTupleFrames, RefuseSizesAndCountsThatCannotBe) {
  for (const int64_t size : {int64_t{0}, int64_t{7}, int64_t{17}, int64_t{-20}, INT64_MIN, INT64_MAX}) {
    LittleEndianWriter writer;
    writer.number(size).number(uint64_t{0});
    ByteCursor cursor(writer.bytes());
    readRecordFrame(cursor);
    EXPECT_FALSE(cursor.ok()) << size;
  }
  LittleEndianWriter list;
  list.list(3, LittleEndianWriter().number(uint64_t{0}).number(uint64_t{0}));
  ByteCursor twoFit(list.bytes());
  readListFrame(twoFit, 8);
  EXPECT_FALSE(twoFit.ok());
  ByteCursor threeFit(list.bytes());
  EXPECT_EQ(readListFrame(threeFit, 4).numItems, 3U);
}

TEST(RNTupleLocators, OfFilesAreRead) {
  LittleEndianWriter writer;
  writer.number(int32_t{100}).number(uint64_t{7});
  // A large locator: 20 bytes of its own, type 1.
  writer.number(-static_cast<int32_t>(1U << 24 | 20U)).number(uint64_t{1} << 33).number(uint64_t{9});
  ByteCursor cursor(writer.bytes());
  const BlobLink simple = readLocator(cursor);
  EXPECT_EQ(simple.storedBytes, 100U);
  EXPECT_EQ(simple.offset, 7U);
  const BlobLink large = readLocator(cursor);
  EXPECT_EQ(large.storedBytes, uint64_t{1} << 33);
  EXPECT_EQ(large.offset, 9U);
  EXPECT_TRUE(cursor.ok());
  LittleEndianWriter daos;
  daos.number(-static_cast<int32_t>(2U << 24 | 16U)).number(uint32_t{1}).number(uint64_t{1});
  ByteCursor other(daos.bytes());
  readLocator(other);
  EXPECT_FALSE(other.ok());
}

TEST(RNTupleSchema, RefusesUnknownFeatures) {
  const LittleEndianWriter lists = schemaLists({{"x", "float"}}, {{kReal32, 32, 0}});
  EXPECT_TRUE(schemaOf(headerPayload(lists)).ok());
  const auto refused = schemaOf(headerPayload(lists, 4));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message().find("feature 2"), std::string::npos);
}

TEST(RNTupleSchema, ContinuesInTheFooter) {
  const LittleEndianWriter header = headerPayload(schemaLists({{"x", "float"}}, {{kReal32, 32, 0}}));
  const Schema schema = schemaOf(header, schemaLists({{"y", "std::int32_t", 1}}, {{kInt32, 32, 1}})).value();
  EXPECT_EQ(schema.topFields, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(schema.fields[1].name, "y");
  EXPECT_EQ(schema.encodingOf(schema.fields[1].columns.front())->name, "Int32");
}

TEST(RNTupleSchema, RefusesWhatContradictsItself) {
  const auto codeOf = [](const std::vector<FieldFacts>& fields, const std::vector<ColumnFacts>& columns) {
    const auto schema = schemaOf(fields, columns);
    return schema.ok() ? ErrorCode::kInternal : schema.error().code();
  };
  // A field in one that comes after it could be in a circle.
  EXPECT_EQ(codeOf({{"a", "A", 1, 2}, {"b", "B", 0, 2}}, {}), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf({{"a", "A", 9, 2}}, {}), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf({{"x", "float"}}, {{kReal32, 32, 1}}), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf({{"x", "float"}}, {{kReal32, 31, 0}}), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf({{"x", "float"}}, {{kReal32, 32, 0, 1}}), ErrorCode::kCorrupt);
}

TEST(RNTupleSchema, CutAnywhereIsAnError) {
  const LittleEndianWriter payload = headerPayload(schemaLists({{"x", "float"}}, {{kReal32, 32, 0}}));
  for (size_t length = 0; length < payload.bytes().size(); ++length) {
    LittleEndianWriter cut;
    cut.append({payload.bytes().begin(), payload.bytes().begin() + static_cast<std::ptrdiff_t>(length)});
    EXPECT_FALSE(schemaOf(cut).ok()) << length;
  }
}

TEST(RNTupleFields, OfUnknownColumnTypesAreListed) {
  const auto columns = columnsOf({{"x", "Future"}, {"y", "float", 1}}, {{0x55, 32, 0}, {kReal32, 32, 1}});
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_NE(columns[0].unsupported.find("0x55"), std::string::npos);
  EXPECT_TRUE(columns[1].unsupported.empty());
}

TEST(RNTupleFields, OfUnknownRolesAreListed) {
  const auto columns = columnsOf({{"x", "Future", 0, 9}}, {});
  ASSERT_EQ(columns.size(), 1U);
  EXPECT_NE(columns[0].unsupported.find("role 9"), std::string::npos);
}

TEST(RNTupleFields, NestedTooDeeplyAreRefused) {
  std::vector<FieldFacts> fields = {{"a", "A", 0, 2}};
  for (uint32_t i = 0; i < 200; ++i) fields.push_back({"a", "A", i, 2});
  EXPECT_EQ(planFieldColumns(schemaOf(fields, {}).value(), {}).error().code(), ErrorCode::kCorrupt);
}

TEST(RNTupleFields, ArraysOfTooManyValuesAreListed) {
  const uint64_t half = uint64_t{1} << 20;
  const auto columns =
      columnsOf({{"x", "A", 0, 0, half}, {"_0", "B", 0, 0, half}, {"_0", "float", 1}}, {{kReal32, 32, 2}});
  ASSERT_EQ(columns.size(), 1U);
  EXPECT_FALSE(columns[0].unsupported.empty());
}

TEST(RNTupleFields, NamesOfBaseClassesTellMembersApart) {
  // Two bases with the same member, and one of the class itself, as uproot names them.
  const auto columns = columnsOf({{"d", "D", 0, 2},
                                  {":_0", "A", 0, 2},
                                  {"x", "float", 1},
                                  {":_1", "B", 0, 2},
                                  {"x", "float", 3},
                                  {"x", "float", 0},
                                  {"y", "float", 3}},
                                 {{kReal32, 32, 2}, {kReal32, 32, 4}, {kReal32, 32, 5}, {kReal32, 32, 6}});
  std::vector<std::string> names;
  for (const NTupleColumn& column : columns) names.push_back(column.name);
  EXPECT_EQ(names, (std::vector<std::string>{"d.A::x", "d.B::x", "d.y", "d.x"}));
}

TEST(RNTupleFields, CollectionsNeedAnIndex) {
  const auto good = columnsOf({{"v", "V", 0, 1}, {"_0", "float", 0}}, {{kIndex64, 64, 0}, {kReal32, 32, 1}});
  EXPECT_EQ(good[0].type.name(), "var * float32");
  const auto bad = columnsOf({{"v", "V", 0, 1}, {"_0", "float", 0}}, {{kReal32, 32, 0}, {kReal32, 32, 1}});
  EXPECT_FALSE(bad[0].unsupported.empty());
}

}  // namespace
}  // namespace mlaas::root
