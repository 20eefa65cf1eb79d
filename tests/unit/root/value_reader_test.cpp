#include "mlaas/root/ttree/value_reader.h"

#include <gtest/gtest.h>

#include "mlaas/root/ttree/value_planner.h"

namespace mlaas::root {
namespace {

namespace type = element_type;

// Bytes from hexadecimal digits; spaces mean nothing. Those below are what ROOT 6.40 wrote.
std::vector<std::byte> bytesOf(std::string_view digits) {
  std::string packed;
  for (const char digit : digits) {
    if (digit != ' ') packed += digit;
  }
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < packed.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(packed.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

ClassMember member(std::string name, int32_t code, std::string typeName) {
  ClassMember made;
  made.elementClass = code == type::kStl ? "TStreamerSTL" : "TStreamerBasicType";
  made.name = std::move(name);
  made.type = code;
  made.typeName = std::move(typeName);
  return made;
}

ClassMember base(std::string name, int32_t version) {
  ClassMember made = member(std::move(name), type::kBase, "BASE");
  made.elementClass = "TStreamerBase";
  made.baseVersion = version;
  return made;
}

// struct Base { int b1; float b2; };  struct Derived : Base { double d1; vector<int> dv; };
// class TDer : public TObject { double x; int n; float* arr; //[n] };
ClassRegistry makeRegistry() {
  ClassRegistry registry;
  registry.add({"Base", -1, 0x639f65b1, {member("b1", type::kInt, "int"), member("b2", type::kFloat, "float")}});
  registry.add({"Derived",
                -1,
                0xdbe034d5,
                {base("Base", -1), member("d1", type::kDouble, "double"), member("dv", type::kStl, "vector<int>")}});
  ClassMember array = member("arr", type::kCountedArray + type::kFloat, "float*");
  array.countName = "n";
  registry.add({"TDer",
                1,
                1,
                {base("TObject", 1), member("x", type::kDouble, "double"), member("n", type::kCounter, "int"), array}});
  registry.add({"Opaque", 1, 2, {member("f", type::kStreamer, "Foreign"), member("i", type::kInt, "int")}});
  registry.add({"Two", 1, 4, {member("a", type::kInt, "int")}});
  registry.add({"Two", 2, 5, {member("b", type::kFloat, "float"), member("a", type::kInt, "int")}});
  registry.add({"Loop", 1, 3, {member("next", type::kAny, "Loop"), member("i", type::kInt, "int")}});
  return registry;
}

struct Tree {
  explicit Tree(std::string_view typeName) : registry(makeRegistry()), planner(registry) {
    root = planner.ofTypeName(typeName);
    finishTree(root);
  }
  // The leaf of that name; the number of leaves where there is none.
  uint32_t leaf(std::string_view name) const {
    for (uint32_t i = 0; i < root.endLeaf; ++i) {
      if (pathTo(root, i).name == name) return i;
    }
    return root.endLeaf;
  }
  Result<Column> read(std::string_view name, const std::vector<std::byte>& entry) const {
    if (leaf(name) == root.endLeaf) return Error(ErrorCode::kNotFound, std::string(name));
    ValueReader reader(root, leaf(name));
    MLAAS_CHECK(reader.readEntry(entry));
    return reader.take();
  }
  ClassRegistry registry;
  ValuePlanner planner;
  ValueNode root;
};

template <class T>
std::vector<T> valuesOf(const Result<Column>& column) {
  EXPECT_TRUE(column.ok()) << (column.ok() ? "" : column.error().what());
  if (!column.ok()) return {};
  const auto values = column->valuesAs<T>();
  return {values.begin(), values.end()};
}

std::vector<int64_t> offsetsOf(const Result<Column>& column, size_t level) {
  if (!column.ok() || level >= column->offsets.size()) return {};
  const auto offsets = column->offsetsAt(level);
  return {offsets.begin(), offsets.end()};
}

TEST(ValueReader, ReadsNestedLists) {
  const Tree tree("vector<vector<float> >");
  const auto column = tree.read("", bytesOf("40000016 000a 00000002 00000000 00000002 3f800000 40000000"));
  EXPECT_EQ(valuesOf<float>(column), (std::vector<float>{1, 2}));
  EXPECT_EQ(offsetsOf(column, 0), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(offsetsOf(column, 1), (std::vector<int64_t>{0, 0, 2}));
}

TEST(ValueReader, ReadsStrings) {
  const Tree tree("vector<string>");
  const auto column = tree.read("", bytesOf("4000000b 0009 00000002 02 6162 01 63"));
  EXPECT_EQ(valuesOf<uint8_t>(column), (std::vector<uint8_t>{'a', 'b', 'c'}));
  EXPECT_EQ(offsetsOf(column, 1), (std::vector<int64_t>{0, 2, 3}));
  ASSERT_TRUE(column.ok());
  EXPECT_TRUE(column->type.isString);
}

// A vector of two Derived, stored member by member: bases without header, collections with one for all.
constexpr std::string_view kMemberWise =
    "4000003e 400a 0000dbe034d5 00000002 00000002 00000003 40200000 40600000 4018000000000000 4022000000000000"
    "4000000e 000a 00000000 00000001 0000001e";

TEST(ValueReader, ReadsMemberWiseCollections) {
  const Tree tree("vector<Derived>");
  EXPECT_EQ(valuesOf<int32_t>(tree.read("b1", bytesOf(kMemberWise))), (std::vector<int32_t>{2, 3}));
  EXPECT_EQ(valuesOf<float>(tree.read("b2", bytesOf(kMemberWise))), (std::vector<float>{2.5, 3.5}));
  EXPECT_EQ(valuesOf<double>(tree.read("d1", bytesOf(kMemberWise))), (std::vector<double>{6, 9}));
  const auto nested = tree.read("dv", bytesOf(kMemberWise));
  EXPECT_EQ(valuesOf<int32_t>(nested), (std::vector<int32_t>{30}));
  EXPECT_EQ(offsetsOf(nested, 1), (std::vector<int64_t>{0, 0, 1}));
}

TEST(ValueReader, CountsArraysOfEachObject) {
  const Tree tree("vector<TDer>");
  const auto entry = bytesOf(
      "40000059 400a 0001 00000003 0001 00000000 00000000 0001 00000000 00000000 0001 00000000 00000000"
      "4008000000000000 4010000000000000 4014000000000000 00000000 00000001 00000002 00 01 40800000 01 40a00000"
      "40c00000");
  const auto arrays = tree.read("arr", entry);
  EXPECT_EQ(valuesOf<float>(arrays), (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(offsetsOf(arrays, 1), (std::vector<int64_t>{0, 0, 1, 3}));
  EXPECT_EQ(valuesOf<double>(tree.read("x", entry)), (std::vector<double>{3, 4, 5}));
}

TEST(ValueReader, ReadsMapsEitherWay) {
  const Tree tree("map<int,float>");
  const auto memberWise = bytesOf("4000001c 400a 000069032978 00000002 00000001 00000002 3f800000 40000000");
  const auto inTurn = bytesOf("40000016 000a 00000002 00000001 3f800000 00000002 40000000");
  for (const auto& entry : {memberWise, inTurn}) {
    EXPECT_EQ(valuesOf<int32_t>(tree.read("0", entry)), (std::vector<int32_t>{1, 2}));
    EXPECT_EQ(valuesOf<float>(tree.read("1", entry)), (std::vector<float>{1, 2}));
  }
}

TEST(ValueReader, ReadsAroundWhatItDoesNotKnow) {
  const Tree tree("Opaque");
  const auto column = tree.read("i", bytesOf("4000000e 0001 40000004 0001 ffff 00000007"));
  EXPECT_EQ(valuesOf<int32_t>(column), (std::vector<int32_t>{7}));
  EXPECT_EQ(tree.read("i", bytesOf("4000000a 0001 00000000 00000007")).error().code(), ErrorCode::kUnsupported);
}

// Two objects of version 2 and one of version 1, as merged files can have them.
TEST(ValueReader, ReadsEveryVersionThatTheFileDescribes) {
  const Tree tree("vector<Two>");
  const auto inTurn = bytesOf(
      "4000002c 000a 00000003 4000000a 0002 3f800000 00000001 40000006 0001 00000002"
      "4000000a 0002 40000000 00000003");
  EXPECT_EQ(valuesOf<int32_t>(tree.read("a", inTurn)), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(tree.read("b", inTurn).error().code(), ErrorCode::kUnsupported);
  const auto memberWise = bytesOf("40000010 400a 0001 00000002 00000001 00000002");
  EXPECT_EQ(valuesOf<int32_t>(tree.read("a", memberWise)), (std::vector<int32_t>{1, 2}));
  const auto unknown = bytesOf("40000010 400a 0007 00000002 00000001 00000002");
  EXPECT_EQ(tree.read("a", unknown).error().code(), ErrorCode::kUnsupported);
}

TEST(ValuePlanner, TellsDouble32FromDouble) {
  ClassRegistry registry;
  registry.add({"P<Double32_t>", 1, 6, {member("x", type::kDouble32, "Double32_t")}});
  registry.add({"P<double>", 1, 7, {member("x", type::kDouble, "double")}});
  registry.add({"Q<Double32_t>", 1, 8, {member("x", type::kDouble32, "Double32_t")}});
  ValuePlanner planner(registry);
  EXPECT_EQ(planner.ofTypeName("P<double>").checksum, 7U);
  EXPECT_EQ(planner.ofTypeName("std::vector<P<Double32_t> >").children.front().checksum, 6U);
  EXPECT_EQ(planner.ofTypeName("Q<double >").checksum, 8U);
}

TEST(ValueReader, RefusesOtherVersions) {
  const Tree tree("Opaque");
  const auto column = tree.read("i", bytesOf("4000000e 0002 40000004 0001 ffff 00000007"));
  ASSERT_FALSE(column.ok());
  EXPECT_EQ(column.error().code(), ErrorCode::kUnsupported);
}

TEST(ValueReader, RefusesClassesWithoutEnd) {
  const Tree tree("Loop");
  EXPECT_EQ(tree.root.children.front().kind, ValueKind::kOpaque);
}

// Cut at any length and with any byte changed: an error or values, never more than the bytes have room for.
TEST(ValueReader, SurvivesDamage) {
  const Tree tree("vector<Derived>");
  const auto whole = bytesOf(kMemberWise);
  for (uint32_t leaf = 0; leaf < tree.root.endLeaf; ++leaf) {
    for (size_t length = 1; length < whole.size(); ++length) {
      ValueReader reader(tree.root, leaf);
      EXPECT_FALSE(reader.readEntry(std::span(whole).first(length)).ok()) << length;
    }
    for (size_t i = 0; i < whole.size() * 8; ++i) {
      auto damaged = whole;
      damaged[i / 8] ^= static_cast<std::byte>(1U << (i % 8));
      ValueReader reader(tree.root, leaf);
      if (!reader.readEntry(damaged).ok()) continue;
      EXPECT_LE(reader.take().values->size(), whole.size() * 2);
    }
  }
}

TEST(ValueReader, ReadsClonesArrays) {
  Tree tree("TClonesArray");
  EXPECT_EQ(tree.root.children.back().kind, ValueKind::kTail);
  tree.planner.setClones(tree.root, "Two;2");
  finishTree(tree.root);
  const auto memberWise = bytesOf(
      "4000002b 0004 0001 00000000 00001000 00 0554776f3b32 00000002 00000000"
      "3f800000 40000000 00000001 00000002");
  EXPECT_EQ(valuesOf<int32_t>(tree.read("a", memberWise)), (std::vector<int32_t>{1, 2}));
  const auto inTurn = bytesOf(
      "4000002b 0004 0001 00000000 00000000 00 0554776f3b32 00000002 00000000"
      "01 4000000a 0002 3f800000 00000001 00");
  const auto column = tree.read("a", inTurn);
  EXPECT_EQ(valuesOf<int32_t>(column), (std::vector<int32_t>{1}));
  EXPECT_EQ(offsetsOf(column, 0), (std::vector<int64_t>{0, 1}));
  const auto others = bytesOf(
      "4000002b 0004 0001 00000000 00001000 00 0554776e3b32 00000002 00000000"
      "3f800000 40000000 00000001 00000002");
  EXPECT_EQ(tree.read("a", others).error().code(), ErrorCode::kUnsupported);
}

TEST(ValueReader, AddsEntriesThatWereNeverWritten) {
  const Tree lists("vector<string>");
  ValueReader strings(lists.root, 0);
  ASSERT_TRUE(strings.addMissing(2).ok());
  const Column empty = strings.take();
  EXPECT_EQ(empty.length, 2);
  EXPECT_EQ(offsetsOf(empty, 0), (std::vector<int64_t>{0, 0, 0}));
  const Tree object("Two");
  ValueReader numbers(object.root, object.leaf("a"));
  ASSERT_TRUE(numbers.addMissing(2).ok());
  EXPECT_EQ(valuesOf<int32_t>(numbers.take()), (std::vector<int32_t>{0, 0}));
}

// A header that is longer than its own byte count: nothing behind its end may be read.
TEST(ValueReader, RefusesHeadersLongerThanTheirByteCount) {
  const Tree lists("vector<Derived>");
  EXPECT_FALSE(lists.read("d1", bytesOf("40000002 400a 0000dbe034d5 00000001 00000000 00000000")).ok());
  const Tree objects("vector<pair<int,float> >");
  EXPECT_FALSE(objects.read("first", bytesOf("40000014 0009 00000001 40000002 0000 00000000 00000001")).ok());
}

TEST(ValueReader, SaysThatBytesAreNotAsDescribed) {
  Tree object("Two");
  object.root.hasHeader = false;
  const auto tooMany = object.read("a", bytesOf("00000001 00000002 00000003"));
  ASSERT_FALSE(tooMany.ok());
  EXPECT_EQ(tooMany.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(std::string_view(tooMany.error().what()).find("class Two"), std::string_view::npos);
  EXPECT_EQ(object.read("a", bytesOf("0000")).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(Tree("vector<float>").read("", bytesOf("40000006 000a 00000002")).error().code(), ErrorCode::kCorrupt);
}

TEST(ValueReader, ReadsPointedLists) {
  Tree tree("vector<bool>");
  tree.root.isPointer = true;
  const auto object = bytesOf("40000017 ffffffff 766563746f723c626f6f6c3e00 00000002 0100");
  EXPECT_EQ(offsetsOf(tree.read("", object), 0), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(offsetsOf(tree.read("", bytesOf("00000000")), 0), (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(offsetsOf(tree.read("", bytesOf("40000007 000a 00000001 01")), 0), (std::vector<int64_t>{0, 1}));
  EXPECT_FALSE(tree.read("", bytesOf("40000002 ffffffff 00000002 0100")).ok());
}

TEST(ValueReader, RefusesCountsWithoutBytes) {
  const Tree tree("vector<vector<vector<float> > >");
  const auto column = tree.read("", bytesOf("4000000e 000a 00000001 7fffffff 00000000"));
  ASSERT_FALSE(column.ok());
  EXPECT_EQ(column.error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::root
