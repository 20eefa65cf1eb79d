// The entries of a basket that are collections of plain numbers, placed in one pass: the usual case, without anything
// that could slow it down.
// Threads: pure function.
// Source:  docs/formats/ttree.md, "Entries".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mlaas::root {

// `offsets` (one more than entries, rising) tells where entries begin in `data`: a header of 10 bytes and then numbers of
// `width` bytes. Fills ends[1 ...], counted on from ends[0], and `to`, which has room for `data`. Returns the bytes placed,
// or nothing where an entry is not of this kind; what was filled then means nothing.
std::optional<size_t> placeCollections(std::span<const std::byte> data, std::span<const int64_t> offsets, size_t width,
                                       int64_t* ends, std::byte* to);

}  // namespace mlaas::root
