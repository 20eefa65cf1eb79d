// Earlier versions of the TTree family and its bases, for files that carry no description of them: a file of ROOT 5.22 or
// later that was cut short before its streamer info.
// Threads: the list is made once and immutable.
// Source:  the streamer info in files of ROOT 5.23, 5.25, 5.34 and 6.04.
#pragma once

#include <string_view>

#include "mlaas/root/streamer/class_description.h"

namespace mlaas::root {

// TTree 16 to 19, TBranch 11 and 12, TBranchElement 9, TAttLine 1, TAttFill 1, TAttMarker 1 and 2; nullptr for others.
const ClassDescription* findOlderClass(std::string_view name, int32_t version);

}  // namespace mlaas::root
