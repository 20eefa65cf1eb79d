// The loops that turn a page's bytes into numbers, for runs of elements; written so that compilers vectorise them.
// Each takes elements [first, first + count) of a page of `numElements` and fills `to`, which must not overlap the page.
// Threads: pure functions.
// Source:  docs/formats/rntuple.md, "Encodings".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mlaas::root {

// Puts together the bytes of elements of `width` bytes (2, 4 or 8) that lie in `width` planes.
void joinPlanes(const std::byte* page, size_t numElements, size_t width, size_t first, size_t count, std::byte* to);

// Adds up differences that lie in planes: sum += element, to[i] = sum, starting from `sum`; returns the last. Only where
// all of them are below 32, as most lengths of collections are; else it returns nothing and leaves `to` alone.
std::optional<uint64_t> addUpSmall(const std::byte* page, size_t numElements, size_t width, size_t first, size_t count,
                                   uint64_t sum, uint64_t* to);

// Turns zigzag numbers of `width` bytes (2, 4 or 8) into signed ones where they are.
void undoZigzag(std::byte* values, size_t width, size_t count);

// Bits, the lowest of a byte first, as bytes of 0 and 1.
void unpackBits(const std::byte* page, size_t first, size_t count, std::byte* to);

// Unsigned integers of `bits` bits (1 to 32), packed from the lowest bit on; `pageBytes` limits what is read.
void unpackIntegers(const std::byte* page, size_t pageBytes, uint32_t bits, size_t first, size_t count, uint32_t* to);

// Half-precision numbers, little-endian, as float32.
void widenHalfs(const uint16_t* from, size_t count, float* to);

}  // namespace mlaas::root
