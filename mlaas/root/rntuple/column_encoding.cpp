#include "mlaas/root/rntuple/column_encoding.h"

#include <algorithm>
#include <array>

namespace mlaas::root {

namespace {

using enum DType;
using enum ElementKind;

constexpr ColumnEncoding plain(std::string_view name, DType dtype, uint16_t bits) {
  return {name, kNumber, dtype, bits, bits};
}
constexpr ColumnEncoding split(std::string_view name, DType dtype, uint16_t bits, bool isZigzag = false) {
  return {name, kNumber, dtype, bits, bits, true, isZigzag, false};
}
constexpr ColumnEncoding index(std::string_view name, DType dtype, uint16_t bits, bool isSplit) {
  return {name, kIndex, dtype, bits, bits, isSplit, false, isSplit};
}

// By column type, from 0x00 on.
constexpr std::array<ColumnEncoding, 30> kEncodings = {{
    {"Bit", kBit, kBool, 1, 1},
    plain("Byte", kUInt8, 8),
    plain("Char", kUInt8, 8),
    plain("Int8", kInt8, 8),
    plain("UInt8", kUInt8, 8),
    plain("Int16", kInt16, 16),
    plain("UInt16", kUInt16, 16),
    plain("Int32", kInt32, 32),
    plain("UInt32", kUInt32, 32),
    plain("Int64", kInt64, 64),
    plain("UInt64", kUInt64, 64),
    {"Real16", kHalf, kFloat32, 16, 16},
    plain("Real32", kFloat32, 32),
    plain("Real64", kFloat64, 64),
    index("Index32", kInt32, 32, false),
    index("Index64", kInt64, 64, false),
    {"Switch", kSwitch, kInt64, 96, 96},
    split("SplitInt16", kInt16, 16, true),
    split("SplitUInt16", kUInt16, 16),
    split("SplitInt32", kInt32, 32, true),
    split("SplitUInt32", kUInt32, 32),
    split("SplitInt64", kInt64, 64, true),
    split("SplitUInt64", kUInt64, 64),
    {"SplitReal16", kHalf, kFloat32, 16, 16, true},
    split("SplitReal32", kFloat32, 32),
    split("SplitReal64", kFloat64, 64),
    index("SplitIndex32", kInt32, 32, true),
    index("SplitIndex64", kInt64, 64, true),
    {"Real32Trunc", kTruncated, kFloat32, 10, 31},
    {"Real32Quant", kQuantized, kFloat32, 1, 32},
}};

bool isSigned(DType type) { return type == kInt8 || type == kInt16 || type == kInt32 || type == kInt64; }

}  // namespace

const ColumnEncoding* findEncoding(uint16_t type) { return type < kEncodings.size() ? &kEncodings[type] : nullptr; }

DType promoted(DType a, DType b) {
  if (a == b || b == kBool) return a;
  if (a == kBool) return b;
  if (isFloating(a) && isFloating(b)) return kFloat64;
  if (isFloating(a) || isFloating(b)) {
    const DType integer = isFloating(a) ? b : a;
    return (a == kFloat64 || b == kFloat64 || dtypeBytes(integer) > 2) ? kFloat64 : kFloat32;
  }
  if (isSigned(a) == isSigned(b)) return dtypeBytes(a) > dtypeBytes(b) ? a : b;
  const DType ofSigned = isSigned(a) ? a : b;
  const DType ofUnsigned = isSigned(a) ? b : a;
  constexpr std::array<DType, 4> kSigned = {kInt8, kInt16, kInt32, kInt64};
  for (const DType wide : kSigned) {
    if (dtypeBytes(wide) >= dtypeBytes(ofSigned) && dtypeBytes(wide) > dtypeBytes(ofUnsigned)) return wide;
  }
  return kFloat64;
}

}  // namespace mlaas::root
