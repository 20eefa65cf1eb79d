#include "mlaas/train/report/html_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mlaas::train {

std::string escapeHtml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string formatNumber(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string formatCount(int64_t value) {
  std::string text = std::to_string(value);
  const size_t first = value < 0 ? 1 : 0;
  for (size_t i = text.size(); i > first + 3;) text.insert(i -= 3, ",");
  return text;
}

std::string formatWithError(double value, double error) {
  char text[96];
  const int places = error > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(error))), 0, 12) : 4;
  std::snprintf(text, sizeof text, "%.*f ± %.*f", places, value, places, error);
  return text;
}

}  // namespace mlaas::train
