#include "mlaas/table/expression/diagnostic.h"

#include <algorithm>

namespace mlaas::table::expression {

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string shown;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      shown += c;
    } else {
      shown += "\\x";
      shown += kHex[byte >> 4];
      shown += kHex[byte & 15];
    }
  }
  return shown;
}

Error complaint(std::string_view text, size_t offset, std::string_view problem, std::string_view hint, ErrorCode code) {
  constexpr size_t kShown = 160;
  std::string excerpt;
  if (text.size() <= kShown) {
    excerpt = printable(text);
  } else {
    const size_t first = std::min(offset > kShown / 2 ? offset - kShown / 2 : 0, text.size() - kShown);
    excerpt = (first > 0 ? "..." : "") + printable(text.substr(first, kShown));
    if (first + kShown < text.size()) excerpt += "...";
  }
  return {code, std::string(problem) + " at position " + std::to_string(offset + 1) + " of '" + excerpt + "'" +
                    std::string(hint)};
}

}  // namespace mlaas::table::expression
