#include "mlaas/model/trees/ubjson.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>

namespace mlaas::model {

namespace {

constexpr int kMostLevels = 32;
constexpr size_t kMostText = size_t{1} << 32;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Result<std::string> run() {
    MLAAS_TRY(const char type, take());
    MLAAS_CHECK(value(type, 0));
    if (at_ != bytes_.size()) return corrupt("has more behind its end");
    return std::move(text_);
  }

 private:
  Error corrupt(const std::string& what) const {
    return {ErrorCode::kCorrupt, "UBJSON " + what + " (byte " + std::to_string(at_) + ")"};
  }

  Result<char> take() {
    if (at_ >= bytes_.size()) return corrupt("ends too early: the file was cut");
    return bytes_[at_++];
  }

  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  // A big-endian number.
  template <class Bits>
  Result<Bits> number() {
    if (bytes_.size() - at_ < sizeof(Bits)) return corrupt("ends within a number: the file was cut");
    Bits bits = 0;
    for (size_t i = 0; i < sizeof(Bits); ++i) {
      bits = static_cast<Bits>((uint64_t{bits} << 8U) | static_cast<uint8_t>(bytes_[at_ + i]));
    }
    at_ += sizeof(Bits);
    return bits;
  }

  Result<int64_t> integer(char type) {
    switch (type) {
      case 'i': {
        MLAAS_TRY(const uint8_t bits, number<uint8_t>());
        return static_cast<int8_t>(bits);
      }
      case 'U': {
        MLAAS_TRY(const uint8_t bits, number<uint8_t>());
        return bits;
      }
      case 'I': {
        MLAAS_TRY(const uint16_t bits, number<uint16_t>());
        return static_cast<int16_t>(bits);
      }
      case 'l': {
        MLAAS_TRY(const uint32_t bits, number<uint32_t>());
        return static_cast<int32_t>(bits);
      }
      case 'L': {
        MLAAS_TRY(const uint64_t bits, number<uint64_t>());
        return static_cast<int64_t>(bits);
      }
      default:
        return corrupt("has a type where a whole number is expected");
    }
  }

  Result<size_t> count() {
    MLAAS_TRY(const char type, take());
    MLAAS_TRY(const int64_t found, integer(type));
    if (found < 0) return corrupt("has a negative count");
    return static_cast<size_t>(found);
  }

  template <class Number>
  void append(Number number) {
    if constexpr (std::is_floating_point_v<Number>) {
      if (!std::isfinite(number)) {
        text_ += std::isnan(number) ? "NaN" : (number < 0 ? "-Infinity" : "Infinity");
        return;
      }
    }
    std::array<char, 64> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text_.append(digits.data(), end);
  }

  Result<void> string() {
    MLAAS_TRY(const size_t length, count());
    if (bytes_.size() - at_ < length) return corrupt("ends within a text: the file was cut");
    text_ += '"';
    for (const char c : bytes_.substr(at_, length)) {
      constexpr const char* kHex = "0123456789abcdef";
      const auto code = static_cast<uint8_t>(c);
      if (c == '"' || c == '\\') text_ += '\\';
      if (code >= 0x20) {
        text_ += c;
      } else {
        text_ += std::string("\\u00") + kHex[code / 16] + kHex[code % 16];
      }
    }
    text_ += '"';
    at_ += length;
    return {};
  }

  Result<void> value(char type, int level) {
    if (text_.size() > kMostText) return Error(ErrorCode::kUnsupported, "UBJSON of more than 4 GiB as JSON");
    switch (type) {
      case 'Z':
        text_ += "null";
        return {};
      case 'T':
        text_ += "true";
        return {};
      case 'F':
        text_ += "false";
        return {};
      case 'd': {
        MLAAS_TRY(const uint32_t bits, number<uint32_t>());
        append(std::bit_cast<float>(bits));
        return {};
      }
      case 'D': {
        MLAAS_TRY(const uint64_t bits, number<uint64_t>());
        append(std::bit_cast<double>(bits));
        return {};
      }
      case 'S':
        return string();
      case '[':
      case '{':
        if (level >= kMostLevels) return corrupt("is nested deeper than " + std::to_string(kMostLevels) + " levels");
        return container(type == '{', level + 1);
      default:
        MLAAS_TRY(const int64_t whole, integer(type));
        append(whole);
        return {};
    }
  }

  // Each element takes a byte at least, but for null and flags in a list of one type; so a count is bounded by the file.
  Result<void> container(bool isObject, int level) {
    const char end = isObject ? '}' : ']';
    char type = '\0';
    if (peek() == '$') {
      ++at_;
      MLAAS_TRY(type, take());
      if (std::string_view("ZTFN").find(type) != std::string_view::npos) return corrupt("has a list of constants");
      if (peek() != '#') return corrupt("has a list of one type without a count");
    }
    std::optional<size_t> length;
    if (peek() == '#') {
      ++at_;
      MLAAS_TRY(length, count());
      if (*length > bytes_.size() - at_) {
        return corrupt("has a list of " + std::to_string(*length) + " elements, which the file cannot hold");
      }
    }
    text_ += isObject ? '{' : '[';
    for (size_t i = 0; length ? i < *length : peek() != end; ++i) {
      if (i > 0) text_ += ',';
      if (isObject) {
        MLAAS_CHECK(string());
        text_ += ':';
      }
      char own = type;
      if (own == '\0') {
        MLAAS_TRY(own, take());
      }
      MLAAS_CHECK(value(own, level));
    }
    if (!length) ++at_;
    text_ += end;
    return {};
  }

  std::string_view bytes_;
  size_t at_ = 0;
  std::string text_;
};

}  // namespace

Result<std::string> ubjsonToJson(std::string_view bytes) { return Reader(bytes).run(); }

}  // namespace mlaas::model
