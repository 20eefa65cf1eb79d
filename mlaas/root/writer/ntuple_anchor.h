// The anchor of an RNTuple: the one object of it that a ROOT file's directory lists.
// Threads: values. Source: docs/formats/rntuple-writing.md, "Anchor".
#pragma once

#include <cstdint>
#include <vector>

#include "mlaas/root/streamer/class_description.h"
#include "mlaas/root/writer/ntuple_envelope.h"

namespace mlaas::root {

// The format's bound on a record that holds pages or envelopes.
inline constexpr uint64_t kMaxBlobBytes = uint64_t{1} << 30;

struct NtupleAnchor {
  Locator header;
  uint64_t headerBytes = 0;  // without compression
  Locator footer;
  uint64_t footerBytes = 0;
};

// The object with its checksum.
std::vector<std::byte> makeNtupleAnchor(const NtupleAnchor& anchor);

// The class ROOT::RNTuple, version 2, as ROOT 6.40 describes it.
ClassDescription ntupleAnchorClass();

}  // namespace mlaas::root
