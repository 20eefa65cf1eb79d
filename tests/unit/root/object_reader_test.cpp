#include "mlaas/root/streamer/object_reader.h"

#include <gtest/gtest.h>

#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

namespace type = element_type;

BigEndianWriter tobject(uint32_t bits = 0) {
  BigEndianWriter writer;
  writer.number(int16_t{1}).number(uint32_t{7}).number(bits);
  if ((bits & 16) != 0) writer.number(uint16_t{0});
  return writer;
}

BigEndianWriter tnamed(std::string_view name) {
  BigEndianWriter writer;
  return writer.versioned(1, tobject().text(name).text("title"));
}

ClassMember member(std::string name, int32_t code, std::string typeName) {
  ClassMember made;
  made.elementClass = "TStreamerBasicType";
  made.name = std::move(name);
  made.type = code;
  made.typeName = std::move(typeName);
  return made;
}

// A class Node: TNamed base, an int, a counted array and a pointer to another Node.
ClassRegistry nodeRegistry() {
  ClassMember base = member("TNamed", type::kTNamed, "BASE");
  base.elementClass = "TStreamerBase";
  ClassMember counted = member("fValues", type::kCountedArray + type::kFloat, "float*");
  counted.countName = "fN";
  ClassRegistry registry;
  registry.add({"Node",
                2,
                1234,
                {base, member("fN", type::kCounter, "int"), counted, member("fNext", type::kObjectPointer, "Node*")}});
  return registry;
}

BigEndianWriter node(std::string_view name, const std::vector<float>& values, const BigEndianWriter& next) {
  BigEndianWriter body;
  body.append(tnamed(name)).number(static_cast<int32_t>(values.size())).number(uint8_t{1});
  for (const float value : values) body.number(value);
  body.append(next);
  BigEndianWriter writer;
  return writer.versioned(2, body);
}

BigEndianWriter nullPointer() { return BigEndianWriter().number(uint32_t{0}); }

// A pointer to an object of a class that is named here.
BigEndianWriter pointerTo(std::string_view className, const BigEndianWriter& object) {
  BigEndianWriter writer;
  writer.number(static_cast<uint32_t>(0x40000000U | (4 + className.size() + 1 + object.size())));
  writer.number(uint32_t{0xFFFFFFFF}).characters(className).number(uint8_t{0});
  return writer.append(object);
}

Result<const Object*> readNode(const std::vector<std::byte>& bytes, const ClassRegistry& registry, ObjectArena& arena) {
  return ObjectReader(bytes, 0, registry, arena).read("Node");
}

TEST(ObjectReader, ReadsMembersBasesAndArrays) {
  const auto registry = nodeRegistry();
  ObjectArena arena;
  const auto bytes = node("first", {1.5F, -2.0F}, nullPointer());
  const auto object = readNode(bytes.bytes(), registry, arena);
  ASSERT_TRUE(object.ok()) << object.error().what();
  EXPECT_EQ((*object)->version, 2);
  EXPECT_EQ((*object)->text("fName").value(), "first");
  EXPECT_EQ((*object)->integer("fUniqueID").value(), 7);
  EXPECT_EQ((*object)->integer("fN").value(), 2);
  const auto values = std::get<NumberArray>(*(*object)->find("fValues"));
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values.real(0), 1.5);
  EXPECT_EQ(values.real(1), -2.0);
  EXPECT_EQ((*object)->pointer("fNext"), nullptr);
  EXPECT_EQ((*object)->integer("missing").error().code(), ErrorCode::kCorrupt);
}

TEST(ObjectReader, FollowsPointersAndReferencesBack) {
  const auto registry = nodeRegistry();
  // The inner node points to itself: its tag is the place of its own pointer, plus 2.
  const auto head = node("outer", {}, BigEndianWriter());
  const auto place = static_cast<uint32_t>(head.size());
  const auto inner = node("inner", {3.0F}, BigEndianWriter().number(place + 2));
  const auto bytes = node("outer", {}, pointerTo("Node", inner));
  ObjectArena arena;
  const auto object = readNode(bytes.bytes(), registry, arena);
  ASSERT_TRUE(object.ok()) << object.error().what();
  const Object* next = (*object)->pointer("fNext");
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->text("fName").value(), "inner");
  EXPECT_EQ(next->pointer("fNext"), next);
}

TEST(ObjectReader, StepsOverAnUnknownClass) {
  const auto registry = nodeRegistry();
  BigEndianWriter secret;
  secret.versioned(9, BigEndianWriter().number(uint64_t{0}).number(uint64_t{0}));
  const auto bytes = node("outer", {1.0F}, pointerTo("Secret", secret));
  ObjectArena arena;
  const auto object = readNode(bytes.bytes(), registry, arena);
  ASSERT_TRUE(object.ok()) << object.error().what();
  EXPECT_NE((*object)->pointer("fNext")->unreadable.find("Secret version 9"), std::string::npos);
}

// An object whose class writes other bytes than its description says.
TEST(ObjectReader, StepsOverAnObjectThatIsNotAsDescribed) {
  auto registry = nodeRegistry();
  registry.add({"Own", 1, 5, {member("a", type::kDouble, "double"), member("b", type::kDouble, "double")}});
  ObjectArena arena;
  BigEndianWriter own;
  own.versioned(1, BigEndianWriter().number(int32_t{3}));
  const auto object = readNode(node("first", {1}, pointerTo("Own", own)).bytes(), registry, arena);
  ASSERT_TRUE(object.ok()) << object.error().what();
  const Object* next = (*object)->pointer("fNext");
  ASSERT_NE(next, nullptr);
  EXPECT_NE(next->unreadable.find("Own is longer than its record"), std::string::npos) << next->unreadable;
}

TEST(ObjectReader, RefusesAClassThatCannotBeSteppedOver) {
  const ClassRegistry registry;
  ObjectArena arena;
  const auto bytes = BigEndianWriter().number(int16_t{3}).number(uint64_t{0});
  EXPECT_EQ(readNode(bytes.bytes(), registry, arena).error().code(), ErrorCode::kUnsupported);
}

TEST(ObjectReader, FailsCutAtEveryLength) {
  const auto registry = nodeRegistry();
  const auto whole = node("outer", {1.0F, 2.0F}, pointerTo("Node", node("inner", {3.0F}, nullPointer())));
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::vector<std::byte> cut(whole.bytes().begin(),
                                     whole.bytes().begin() + static_cast<std::ptrdiff_t>(length));
    ObjectArena arena;
    EXPECT_FALSE(readNode(cut, registry, arena).ok()) << length;
  }
}

TEST(ObjectReader, NeverReadsPastFlippedBytes) {
  const auto registry = nodeRegistry();
  const auto whole = node("outer", {1.0F, 2.0F}, pointerTo("Node", node("inner", {3.0F}, nullPointer())));
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x40, 0x80, 0xFF}) {
      auto bytes = whole.bytes();
      bytes[i] ^= static_cast<std::byte>(mask);
      ObjectArena arena;
      static_cast<void>(readNode(bytes, registry, arena).ok());
    }
  }
}

// TBranch::Streamer of ROOT 6: up to version 9 the places have eight bytes only behind a flag of 2.
TEST(ObjectReader, ReadsPlacesOfOldBranches) {
  ClassMember places = member("fBasketSeek", type::kCountedArray + type::kLong64, "Long64_t*");
  places.countName = "fMaxBaskets";
  ClassRegistry registry;
  for (const int32_t version : {9, 10}) {
    registry.add({"TBranch", version, 1, {member("fMaxBaskets", type::kCounter, "int"), places}});
  }
  const auto read = [&](int16_t version, const BigEndianWriter& written) {
    BigEndianWriter object;
    object.versioned(version, BigEndianWriter().number(int32_t{1}).append(written));
    ObjectArena arena;
    const auto branch = ObjectReader(object.bytes(), 0, registry, arena).read("TBranch");
    EXPECT_TRUE(branch.ok());
    const auto values = (*branch)->integers("fBasketSeek");
    EXPECT_EQ(values->size(), 1U);
    return values->integer(0);
  };
  EXPECT_EQ(read(9, BigEndianWriter().number(uint8_t{1}).number(int32_t{77})), 77);
  EXPECT_EQ(read(9, BigEndianWriter().number(uint8_t{2}).number(int64_t{78})), 78);
  EXPECT_EQ(read(10, BigEndianWriter().number(uint8_t{1}).number(int64_t{79})), 79);
}

TEST(ObjectReader, LimitsDepth) {
  ClassMember base = member("Loop", type::kBase, "BASE");
  base.elementClass = "TStreamerBase";
  ClassRegistry registry;
  registry.add({"Loop", 1, 0, {base}});
  BigEndianWriter bytes;
  for (int i = 0; i < 1000; ++i) bytes.number(int16_t{1});
  ObjectArena arena;
  const auto result = ObjectReader(bytes.bytes(), 0, registry, arena).read("Loop");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(std::string(result.error().what()).find("too deep"), std::string::npos);
}

TEST(ObjectReader, SkipsTheProcessIdOfReferencedObjects) {
  const ClassRegistry registry;
  ObjectArena arena;
  const auto body = tobject(16).text("name").text("title");
  BigEndianWriter bytes;
  bytes.versioned(1, body);
  const auto object = ObjectReader(bytes.bytes(), 0, registry, arena).read("TNamed");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ((*object)->text("fName").value(), "name");
}

}  // namespace
}  // namespace mlaas::root
