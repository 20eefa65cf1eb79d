#include "mlaas/root/writer/ntuple_anchor.h"

#include <xxhash.h>

#include <utility>

#include "mlaas/root/writer/object_writer.h"

namespace mlaas::root {

namespace {

constexpr int16_t kClassVersion = 2;
constexpr uint32_t kClassChecksum = 0x28E632EC;
constexpr uint16_t kEpoch = 1;     // version 1.0.0.0: nothing that is written needs more
constexpr size_t kFrameBytes = 6;  // byte count and class version, which the checksum leaves out

ClassMember member(std::string name, int32_t type, int32_t sizeBytes, std::string typeName) {
  ClassMember made;
  made.elementClass = "TStreamerBasicType";
  made.name = std::move(name);
  made.type = type;
  made.sizeBytes = sizeBytes;
  made.typeName = std::move(typeName);
  return made;
}

}  // namespace

std::vector<std::byte> makeNtupleAnchor(const NtupleAnchor& anchor) {
  ObjectWriter writer(0);  // nothing in it is referred to
  writer.frame(kClassVersion, [&] {
    writer.number(kEpoch);
    for (int i = 0; i < 3; ++i) writer.number(uint16_t{0});  // major, minor, patch
    writer.number(anchor.header.offset);
    writer.number(anchor.header.bytes);
    writer.number(anchor.headerBytes);
    writer.number(anchor.footer.offset);
    writer.number(anchor.footer.bytes);
    writer.number(anchor.footerBytes);
    writer.number(kMaxBlobBytes);
  });
  const auto& bytes = writer.bytes();
  uint64_t checksum = XXH3_64bits(bytes.data() + kFrameBytes, bytes.size() - kFrameBytes);
  writer.number(checksum);
  return writer.bytes();
}

ClassDescription ntupleAnchorClass() {
  ClassDescription description{"ROOT::RNTuple", kClassVersion, kClassChecksum, {}};
  for (const char* name : {"fVersionEpoch", "fVersionMajor", "fVersionMinor", "fVersionPatch"})
    description.members.push_back(member(name, element_type::kUShort, 2, "unsigned short"));
  for (const char* name :
       {"fSeekHeader", "fNBytesHeader", "fLenHeader", "fSeekFooter", "fNBytesFooter", "fLenFooter", "fMaxKeySize"})
    description.members.push_back(member(name, element_type::kULong, 8, "unsigned long"));
  return description;
}

}  // namespace mlaas::root
