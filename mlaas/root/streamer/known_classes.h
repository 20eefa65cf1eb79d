// The classes that are known without asking a file: those that streamer info itself consists of, and the TTree family
// of ROOT 6 for files that carry no description of it. The writer takes its own streamer info from here.
// Threads: the list is made once and immutable.
// Source:  the streamer info of ROOT 6.40, as TClass::GetStreamerInfo() gives it.
#pragma once

#include <span>
#include <string_view>

#include "mlaas/root/streamer/class_description.h"

namespace mlaas::root {

// TObject, TNamed, TAtt*, ROOT::TIOFeatures, TTree 20, TNtuple, TBranch 13 and its subclasses, TLeaf 2 and its
// subclasses, TStreamerInfo and its elements.
std::span<const ClassDescription> knownClasses();

// The known description of a class; nullptr for others.
const ClassDescription* findKnownClass(std::string_view name);

}  // namespace mlaas::root
