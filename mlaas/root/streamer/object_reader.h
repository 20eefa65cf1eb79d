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

#include <unordered_map>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/streamer/class_registry.h"
#include "mlaas/root/streamer/object.h"

namespace mlaas::root {

class ObjectReader {
 public:
  // `keyBytes` is the length of the key before the record's object: references count from the key's start.
  ObjectReader(std::span<const std::byte> bytes, size_t keyBytes, const ClassRegistry& registry, ObjectArena& arena)
      : cursor_(bytes), keyBytes_(keyBytes), registry_(registry), arena_(arena) {}

  // Reads the record's object.
  Result<const Object*> read(const std::string& className);

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

  // An object with its header: a member, an element of a list.
  const Object* readObject(const std::string& className);
  // A pointer: null, a reference to an object read before, or an object with its class.
  const Object* readPointer();
  const Object* readReferenced(uint32_t tag, size_t end);

  // The members of `className`, appended to `object`; reads the class's header itself.
  void readClass(Object& object, const std::string& className, bool isBase);
  bool readBuiltin(Object& object, const std::string& className);
  void readDescribed(Object& object, const ClassDescription& description);
  void readMember(Object& object, const ClassMember& member);
  Value readScalar(const ClassMember& member);
  Value readNumbers(int32_t type, uint64_t count);
  Value readCounted(const Object& object, const ClassMember& member);
  Value readOldPlaces(const Object& branch);
  Value readObjects(const ClassMember& member, bool pointers);

  void readTObject(Object& object);
  void readObjArray(Object& object);
  void readList(Object& object);
  void readArray(Object& object, int32_t type);
  void readBasket(Object& object);
  void readTreeIndex(Object& object);

  ByteCursor cursor_;
  const size_t keyBytes_;
  const ClassRegistry& registry_;
  ObjectArena& arena_;
  // What tags refer to: places of objects and of class names.
  std::unordered_map<uint32_t, const Object*> objects_;
  std::unordered_map<uint32_t, std::string> classNames_;
  std::string reason_;  // of the first failure
  bool unsupported_ = false;
  int depth_ = 0;
};

}  // namespace mlaas::root
