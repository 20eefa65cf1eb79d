#include "mlaas/root/ttree/leaf_dimensions.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace mlaas::root {

LeafDimensions dimensionsOf(const Leaf& leaf) {
  LeafDimensions found;
  const std::string_view title = leaf.title;
  size_t open = title.find('[');
  while (open != std::string_view::npos) {
    const size_t close = title.find(']', open);
    if (close == std::string_view::npos) break;
    const std::string_view text = title.substr(open + 1, close - open - 1);
    uint32_t size = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (status == std::errc() && end == text.data() + text.size() && size > 0) {
      found.fixed.push_back(size);
    } else if (!text.empty() && text.find(',') == std::string_view::npos) {  // with a comma: the range of Double32_t
      found.isJagged = true;
    }
    open = title.find('[', close);
  }
  size_t product = 1;
  for (uint32_t size : found.fixed) product = std::min<size_t>(product * size, UINT32_MAX);
  // The leaf's own count decides where the title does not agree.
  const auto length = static_cast<size_t>(std::max(1, leaf.length));
  if (product != length)
    found.fixed = length > 1 ? std::vector{static_cast<uint32_t>(length)} : std::vector<uint32_t>{};
  found.isJagged = found.isJagged || !leaf.counter.empty();
  return found;
}

}  // namespace mlaas::root
