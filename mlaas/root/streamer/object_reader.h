// Reads objects of any described class from the bytes of one record.
// TObject, TString, TObjArray, TList, TArray* and TBasket have byte layouts of their own and are read by code; every
// other class through its description. An object that cannot be read but has a byte count is stepped over and says so
// in Object::unreadable.
// Errors:  kCorrupt (past the end, nested too deep, counts that cannot be), kUnsupported (a class without description
//          and without byte count).
// Threads: one reader per thread. Owns: nothing; arena, registry and bytes must outlive the reader, and the objects
//          keep spans of the bytes.
// Source:  docs/formats/tfile.md, "Objects".
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/streamer/class_registry.h"
#include "mlaas/root/streamer/object.h"

namespace mlaas::root {

class ObjectReader {
 public:
  // `keyBytes` is the length of the key before the record's object: references count from the key's start.
  ObjectReader(std::span<const std::byte> bytes, size_t keyBytes, const ClassRegistry& registry, ObjectArena& arena)
      : cursor_(bytes), keyBytes_(keyBytes), registry_(registry), arena_(arena) {}

  // Reads the record's object. `className` must live as long as the arena.
  Result<const Object*> read(std::string_view className);

 private:
  // What stands before the members of an object or base class.
  struct Header {
    bool hasCount = false;
    size_t end = 0;  // valid with hasCount
    int32_t version = 0;
    uint32_t checksum = 0;
  };

  Header readHeader();
  void finish(const Header& header, Object& object);
  void fail(std::string reason);

  // Reads what a class of which no description is needed adds to an object.
  using BuiltinReader = void (ObjectReader::*)(Object&, std::string_view className);
  // A class that was met, with the description that was used last.
  struct KnownClass {
    std::string_view name;
    BuiltinReader reader = nullptr;
    std::optional<Header> header;
    const ClassDescription* description = nullptr;
  };
  static BuiltinReader readerOf(std::string_view className);
  KnownClass& knownClass(std::string_view className);
  const ClassDescription* describe(KnownClass& known, const Header& header);

  // Appends a member to the object that is being read; `name` must live as long as the object.
  void add(std::string_view name, const Value& value);
  // An object with its header: a member, an element of a list.
  const Object* readObject(std::string_view className);
  void readInto(Object& object);
  // A pointer: null, a reference to an object read before, or an object with its class.
  const Object* readPointer();
  const Object* readReferenced(uint32_t tag, size_t end);

  // The members of `className`, appended to `object`; reads the class's header itself.
  void readClass(Object& object, std::string_view className, bool isBase);
  void readOfDescribedClass(Object& object, KnownClass& known, bool isBase);
  void readDescribed(Object& object, const ClassDescription& description);
  void readMember(Object& object, const ClassMember& member);
  void stepOver(Object& object, const ClassMember& member);
  void readNumber(const ClassMember& member);
  Value readNumbers(int32_t type, uint64_t count);
  // What a member read before counts; nothing where there is none.
  std::optional<uint64_t> countOf(std::string_view name) const;
  Value readCounted(const ClassMember& member);
  Value readOldPlaces();
  Value readObjects(const ClassMember& member, bool pointers);

  void readTObject(Object& object, std::string_view className);
  void readTString(Object& object, std::string_view className);
  void readObjArray(Object& object, std::string_view className);
  void readList(Object& object, std::string_view className);
  void readArray(Object& object, std::string_view className);
  void readBasket(Object& object, std::string_view className);
  void readTreeIndex(Object& object, std::string_view className);

  ByteCursor cursor_;
  const size_t keyBytes_;
  const ClassRegistry& registry_;
  ObjectArena& arena_;
  // By the place of the name: each name that is met has one of its own in the record or the registry.
  std::unordered_map<const char*, KnownClass> classes_;
  std::vector<Object::Member> open_;  // of the objects that are being read, the innermost last
  size_t firstOpen_ = 0;              // of the innermost
  // What tags refer to: places of objects and of class names.
  std::unordered_map<uint32_t, const Object*> objects_;
  std::unordered_map<uint32_t, std::string_view> classNames_;
  std::string reason_;  // of the first failure
  bool unsupported_ = false;
  int depth_ = 0;
};

}  // namespace mlaas::root
