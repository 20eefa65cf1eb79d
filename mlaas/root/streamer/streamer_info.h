// Reads the class descriptions that a file carries.
#pragma once

#include <memory>

#include "mlaas/root/file.h"
#include "mlaas/root/streamer/class_registry.h"

namespace mlaas::root {

// The file's class descriptions; an empty registry (with the known classes) where it carries none. kCorrupt where they
// cannot be read.
Result<std::shared_ptr<const ClassRegistry>> readStreamerInfo(const File& file);

}  // namespace mlaas::root
