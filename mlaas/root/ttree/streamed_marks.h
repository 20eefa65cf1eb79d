// Bits and tags in the bytes of streamed objects.
// Source:  docs/formats/tfile.md, "Objects"; docs/formats/ttree.md, "Objects and collections".
#pragma once

#include <cstdint>

namespace mlaas::root {

inline constexpr uint32_t kByteCountMask = 0x40000000;  // the word is a byte count
inline constexpr uint32_t kClassMask = 0x80000000;      // the word is a class's tag
inline constexpr uint32_t kNewClassTag = 0xFFFFFFFF;    // the class's name follows
inline constexpr uint16_t kMemberWise = 0x4000;         // bit of a collection's version
inline constexpr uint32_t kIsReferenced = 1U << 4;      // of TObject::fBits: two more bytes follow
inline constexpr uint32_t kBypassStreamer = 1U << 12;   // of TClonesArray's: its objects stand member by member
inline constexpr uint8_t kLongLength = 255;             // before a string: its length is in the next four bytes

}  // namespace mlaas::root
