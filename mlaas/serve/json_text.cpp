#include "mlaas/serve/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mlaas::serve {

namespace {

constexpr int kFirstExponentForm = 21;  // 1e21
constexpr int kLastFixedForm = -6;      // 1e-6

// d.ddd * 10^exponent in fixed notation.
void appendFixed(std::string& out, std::string_view digits, int exponent) {
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += digits;
    return;
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out += digits;
    out.append(whole - digits.size(), '0');
    return;
  }
  out += digits.substr(0, whole);
  out += '.';
  out += digits.substr(whole);
}

void appendExponent(std::string& out, std::string_view digits, int exponent) {
  out += digits.front();
  if (digits.size() > 1) {
    out += '.';
    out += digits.substr(1);
  }
  out += 'e';
  out += exponent < 0 ? '-' : '+';
  out += std::to_string(std::abs(exponent));
}

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void appendFloat(std::string& out, float value) {
  if (value == 0) {
    out += std::signbit(value) ? "-0" : "0";
    return;
  }
  if (value < 0) out += '-';
  // d[.ddd]e[+-]dd, the shortest that reads back as the same number
  std::array<char, 32> text;
  const char* end =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::scientific).ptr;
  const char* mark = std::find(static_cast<const char*>(text.data()), end, 'e');
  int exponent = 0;
  std::from_chars(mark + (mark[1] == '+' ? 2 : 1), end, exponent);
  std::array<char, 32> digits;
  char* last =
      std::copy_if(static_cast<const char*>(text.data()), mark, digits.data(), [](char c) { return c != '.'; });
  const std::string_view shortest(digits.data(), static_cast<size_t>(last - digits.data()));
  if (exponent < kLastFixedForm || exponent >= kFirstExponentForm) {
    appendExponent(out, shortest, exponent);
  } else {
    appendFixed(out, shortest, exponent);
  }
}

void appendFloats(std::string& out, std::span<const float> values) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    appendFloat(out, values[i]);
  }
  out += ']';
}

bool allFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace mlaas::serve
