// The elements of an RNTuple's page as the format has them: little-endian, bits packed, split encodings.
// Threads: pure functions. Source: docs/formats/rntuple-writing.md, "Pages".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mlaas/root/writer/ntuple_schema.h"

namespace mlaas::root {

// `elements` of a column, one after the other in memory's order (bool: a byte each; index: uint64), as the page's bytes.
std::vector<std::byte> encodePage(const NtupleColumn& column, std::span<const std::byte> elements);

}  // namespace mlaas::root
