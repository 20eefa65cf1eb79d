// How the objects of a class lie in a file: the members in the order of their bytes, as ROOT's streamer info tells.
// Threads: values.
// Source:  docs/formats/tfile.md, "Streamer info".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mlaas::root {

// TStreamerElement::fType. Numbers have their own code, + kFixedArray as a fixed array, + kCountedArray as a pointer
// to as many as another member counts.
namespace element_type {
inline constexpr int32_t kBase = 0;
inline constexpr int32_t kChar = 1;
inline constexpr int32_t kShort = 2;
inline constexpr int32_t kInt = 3;
inline constexpr int32_t kLong = 4;  // 8 bytes in the file
inline constexpr int32_t kFloat = 5;
inline constexpr int32_t kCounter = 6;
inline constexpr int32_t kCharStar = 7;
inline constexpr int32_t kDouble = 8;
inline constexpr int32_t kDouble32 = 9;
inline constexpr int32_t kLegacyChar = 10;
inline constexpr int32_t kUChar = 11;
inline constexpr int32_t kUShort = 12;
inline constexpr int32_t kUInt = 13;
inline constexpr int32_t kULong = 14;
inline constexpr int32_t kBits = 15;
inline constexpr int32_t kLong64 = 16;
inline constexpr int32_t kULong64 = 17;
inline constexpr int32_t kBool = 18;
inline constexpr int32_t kFloat16 = 19;
inline constexpr int32_t kFixedArray = 20;
inline constexpr int32_t kCountedArray = 40;
inline constexpr int32_t kObject = 61;
inline constexpr int32_t kAny = 62;
inline constexpr int32_t kObjectInPlace = 63;  // a pointer that is never null, streamed like a member
inline constexpr int32_t kObjectPointer = 64;
inline constexpr int32_t kTString = 65;
inline constexpr int32_t kTObject = 66;
inline constexpr int32_t kTNamed = 67;
inline constexpr int32_t kAnyInPlace = 68;
inline constexpr int32_t kAnyPointer = 69;
inline constexpr int32_t kStl = 300;
inline constexpr int32_t kStlString = 365;
inline constexpr int32_t kStreamer = 500;  // written by a function of the class: nothing but its length is known
inline constexpr int32_t kStreamLoop = 501;
}  // namespace element_type

// One member or base class: a TStreamerElement with what its subclasses add.
struct ClassMember {
  std::string elementClass;  // "TStreamerBase", "TStreamerBasicType", ...
  std::string name;          // of the base class where elementClass is TStreamerBase
  std::string title;
  int32_t type = 0;
  int32_t sizeBytes = 0;    // in memory, of all array elements
  int32_t arrayLength = 0;  // product of the dimensions, 0 for a single value
  int32_t arrayRank = 0;
  std::array<int32_t, 5> dimensions{};  // of a base class: dimensions[1] is its checksum
  std::string typeName;                 // "Long64_t", "TObjArray", "BASE"
  int32_t baseVersion = 0;
  std::string countName;  // the member that counts a counted array
  std::string countClass;
  int32_t countVersion = 0;
  int32_t stlType = 0;
  int32_t stlContained = 0;

  bool isBase() const { return elementClass == "TStreamerBase"; }
};

struct ClassDescription {
  std::string name;
  int32_t version = 0;
  uint32_t checksum = 0;
  std::vector<ClassMember> members;
};

}  // namespace mlaas::root
