// The style of a report page: light and dark, wide and narrow, on screen and paper. Threads: a constant.
#pragma once

#include <string_view>

namespace mlaas::train {

std::string_view reportStyle();

}  // namespace mlaas::train
