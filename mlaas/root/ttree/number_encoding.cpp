#include "mlaas/root/ttree/number_encoding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/root/big_endian.h"
#include "mlaas/root/streamer/class_description.h"

namespace mlaas::root {

namespace {

namespace type = element_type;

constexpr size_t kTruncatedBytes = 3;
constexpr int32_t kFloat16Bits = 12;        // of a Float16_t without brackets
constexpr int32_t kMostTruncatedBits = 14;  // more than these are not truncated
constexpr int32_t kMostBits = 32;

struct NumberRow {
  int32_t code;
  DType dtype;
  std::string_view name;
};

// A counter is an Int_t that is never negative; uproot has it unsigned, and so have we, that columns agree.
constexpr NumberRow kCodes[] = {
    {type::kChar, DType::kInt8, "Char_t"},         {type::kShort, DType::kInt16, "Short_t"},
    {type::kInt, DType::kInt32, "Int_t"},          {type::kCounter, DType::kUInt32, "Int_t"},
    {type::kLong, DType::kInt64, "Long_t"},        {type::kFloat, DType::kFloat32, "Float_t"},
    {type::kDouble, DType::kFloat64, "Double_t"},  {type::kLegacyChar, DType::kInt8, "Char_t"},
    {type::kUChar, DType::kUInt8, "UChar_t"},      {type::kUShort, DType::kUInt16, "UShort_t"},
    {type::kUInt, DType::kUInt32, "UInt_t"},       {type::kBits, DType::kUInt32, "UInt_t"},
    {type::kULong, DType::kUInt64, "ULong_t"},     {type::kLong64, DType::kInt64, "Long64_t"},
    {type::kULong64, DType::kUInt64, "ULong64_t"}, {type::kBool, DType::kBool, "Bool_t"}};

struct LeafRow {
  std::string_view leafClass;
  int32_t code;
  int32_t unsignedCode;
};

constexpr LeafRow kLeaves[] = {
    {"TLeafO", type::kBool, type::kBool},         {"TLeafB", type::kChar, type::kUChar},
    {"TLeafS", type::kShort, type::kUShort},      {"TLeafI", type::kInt, type::kUInt},
    {"TLeafL", type::kLong64, type::kULong64},    {"TLeafG", type::kLong, type::kULong},
    {"TLeafF", type::kFloat, type::kFloat},       {"TLeafD", type::kDouble, type::kDouble},
    {"TLeafF16", type::kFloat16, type::kFloat16}, {"TLeafD32", type::kDouble32, type::kDouble32}};

struct NameRow {
  std::string_view name;
  int32_t code;
};

constexpr NameRow kNames[] = {{"bool", type::kBool},         {"Bool_t", type::kBool},
                              {"char", type::kChar},         {"Char_t", type::kChar},
                              {"Byte_t", type::kUChar},      {"signed char", type::kChar},
                              {"int8_t", type::kChar},       {"unsigned char", type::kUChar},
                              {"UChar_t", type::kUChar},     {"uint8_t", type::kUChar},
                              {"short", type::kShort},       {"Short_t", type::kShort},
                              {"int16_t", type::kShort},     {"unsigned short", type::kUShort},
                              {"UShort_t", type::kUShort},   {"uint16_t", type::kUShort},
                              {"int", type::kInt},           {"Int_t", type::kInt},
                              {"int32_t", type::kInt},       {"unsigned", type::kUInt},
                              {"unsigned int", type::kUInt}, {"UInt_t", type::kUInt},
                              {"uint32_t", type::kUInt},     {"long", type::kLong},
                              {"Long_t", type::kLong},       {"unsigned long", type::kULong},
                              {"ULong_t", type::kULong},     {"size_t", type::kULong},
                              {"long long", type::kLong64},  {"Long64_t", type::kLong64},
                              {"int64_t", type::kLong64},    {"unsigned long long", type::kULong64},
                              {"ULong64_t", type::kULong64}, {"uint64_t", type::kULong64},
                              {"float", type::kFloat},       {"Float_t", type::kFloat},
                              {"double", type::kDouble},     {"Double_t", type::kDouble},
                              {"Float16_t", type::kFloat16}, {"Double32_t", type::kDouble32}};

// What stands in the brackets of a title.
struct Range {
  double low = 0;
  double high = 0;
  int32_t bits = kMostBits;
  bool isFirst = true;  // no dimensions before it
};

// Lower case too.
std::string withoutBlanks(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ') kept += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return kept;
}

// The number at the front of `text`; 0 where there is none.
double numberAt(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A bound as ROOT reads it: the number at its front, or one of the words for fractions and multiples of pi.
double boundOf(std::string_view text) {
  const std::string bound = withoutBlanks(text);
  if (bound.find("pi") == std::string::npos) return numberAt(bound);
  constexpr std::array<std::pair<std::string_view, double>, 5> kMultiples = {
      {{"2pi", 2}, {"2*pi", 2}, {"twopi", 2}, {"pi/2", 0.5}, {"pi/4", 0.25}}};
  double value = std::numbers::pi;
  for (const auto& [word, factor] : kMultiples) {
    if (bound.find(word) == std::string::npos) continue;
    value *= factor;
    break;
  }
  return bound.find('-') == std::string::npos ? value : -value;
}

// The brackets of a title that hold a comma: "[low,high]" or "[low,high,bits]". ROOT looks at the first brackets and, where
// those are a dimension, at the next ones; further dimensions are allowed here.
std::optional<Range> rangeIn(std::string_view title) {
  Range range;
  size_t open = title.find('[');
  for (; open != std::string_view::npos; open = title.find('[', open + 1)) {
    const size_t close = title.find(']', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view text = title.substr(open + 1, close - open - 1);
    const size_t comma = text.find(',');
    if (comma == std::string_view::npos) {
      range.isFirst = false;
      continue;
    }
    const size_t second = text.find(',', comma + 1);
    range.low = boundOf(text.substr(0, comma));
    range.high = boundOf(text.substr(comma + 1, second == std::string_view::npos ? second : second - comma - 1));
    if (second != std::string_view::npos) {
      const double bits = numberAt(withoutBlanks(text.substr(second + 1)));
      if (bits >= 2 && bits <= kMostBits) range.bits = static_cast<int32_t>(bits);
    }
    return range;
  }
  return std::nullopt;
}

NumberEncoding packedEncoding(bool isFloat16, std::string_view title) {
  NumberEncoding encoding;
  encoding.dtype = isFloat16 ? DType::kFloat32 : DType::kFloat64;
  encoding.name = isFloat16 ? "Float16_t" : "Double32_t";
  const auto range = rangeIn(title);
  if (range && range->low < range->high) {
    const double width = range->high - range->low;
    encoding.low = range->low;
    encoding.form = range->isFirst ? NumberForm::kRange : NumberForm::kRangeRoot;
    const double rootSteps = range->bits == kMostBits ? 4294967295.0 : std::ldexp(1.0, range->bits);
    encoding.scale = range->isFirst ? width / std::ldexp(1.0, range->bits) : rootSteps / width;
    return encoding;
  }
  const bool hasBits = range && range->bits <= kMostTruncatedBits;
  encoding.form = isFloat16 || hasBits ? NumberForm::kTruncated : NumberForm::kFloat32;
  encoding.bits = hasBits ? range->bits : kFloat16Bits;
  return encoding;
}

template <class T>
void store(std::byte* to, size_t index, T value) {
  std::memcpy(to + index * sizeof(T), &value, sizeof(T));
}

// The arithmetic is in T: uproot's is.
template <class T>
void decodeRange(const NumberEncoding& encoding, const std::byte* from, size_t count, std::byte* to) {
  const T step = static_cast<T>(encoding.scale);
  const T low = static_cast<T>(encoding.low);
  for (size_t i = 0; i < count; ++i) {
    store(to, i, static_cast<T>(static_cast<T>(loadNumber<uint32_t, std::endian::big>(from + 4 * i)) * step + low));
  }
}

template <class T>
void decodeRangeRoot(const NumberEncoding& encoding, const std::byte* from, size_t count, std::byte* to) {
  for (size_t i = 0; i < count; ++i) {
    const double steps = loadNumber<uint32_t, std::endian::big>(from + 4 * i);
    store(to, i, static_cast<T>(steps / encoding.scale + encoding.low));
  }
}

template <class T>
void decodeTruncated(const NumberEncoding& encoding, const std::byte* from, size_t count, std::byte* to) {
  const uint32_t mask = (1U << (encoding.bits + 1)) - 1;
  const uint32_t sign = 1U << (encoding.bits + 1);
  for (size_t i = 0; i < count; ++i) {
    const auto exponent = std::to_integer<uint32_t>(from[kTruncatedBytes * i]);
    const auto mantissa = loadNumber<uint16_t, std::endian::big>(from + kTruncatedBytes * i + 1);
    const uint32_t bits = exponent << 23 | (mantissa & mask) << (23 - encoding.bits);
    const double magnitude = std::bit_cast<float>(bits);
    store(to, i, static_cast<T>(magnitude * ((mantissa & sign) != 0 ? -1.0 : 1.0)));
  }
}

template <class T>
void decodePacked(const NumberEncoding& encoding, const std::byte* from, size_t count, std::byte* to) {
  switch (encoding.form) {
    case NumberForm::kRange:
      return decodeRange<T>(encoding, from, count, to);
    case NumberForm::kRangeRoot:
      return decodeRangeRoot<T>(encoding, from, count, to);
    case NumberForm::kTruncated:
      return decodeTruncated<T>(encoding, from, count, to);
    default:
      for (size_t i = 0; i < count; ++i) {
        store(to, i, static_cast<T>(loadNumber<float, std::endian::big>(from + 4 * i)));
      }
  }
}

}  // namespace

size_t NumberEncoding::storedBytes() const {
  if (form == NumberForm::kPlain) return dtypeBytes(dtype);
  return form == NumberForm::kTruncated ? kTruncatedBytes : 4;
}

std::optional<NumberEncoding> encodingOfCode(int32_t code, std::string_view title) {
  if (code == type::kDouble32 || code == type::kFloat16) return packedEncoding(code == type::kFloat16, title);
  for (const NumberRow& row : kCodes) {
    if (row.code != code) continue;
    NumberEncoding encoding;
    encoding.dtype = row.dtype;
    encoding.name = row.name;
    return encoding;
  }
  return std::nullopt;
}

std::optional<NumberEncoding> encodingOfLeaf(std::string_view leafClass, bool isUnsigned, std::string_view title) {
  for (const LeafRow& row : kLeaves) {
    if (row.leafClass == leafClass) return encodingOfCode(isUnsigned ? row.unsignedCode : row.code, title);
  }
  return std::nullopt;
}

std::optional<NumberEncoding> encodingOfName(std::string_view name) {
  if (name.starts_with("std::")) name.remove_prefix(5);
  for (const NameRow& row : kNames) {
    if (row.name == name) return encodingOfCode(row.code, {});
  }
  return std::nullopt;
}

void decodeNumbers(const NumberEncoding& encoding, const std::byte* from, size_t count, std::byte* to) {
  if (encoding.isPlain()) return copyFromBigEndian(from, count, dtypeBytes(encoding.dtype), to);
  if (encoding.dtype == DType::kFloat32) return decodePacked<float>(encoding, from, count, to);
  decodePacked<double>(encoding, from, count, to);
}

}  // namespace mlaas::root
