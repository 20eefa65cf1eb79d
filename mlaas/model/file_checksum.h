// The checksum of a file, as bundles record it: XXH3 with 64 bits. It finds damage, it does not prove origin.
#pragma once

#include <string>

#include "mlaas/base/error.h"

namespace mlaas::model {

// "xxh3:" and 16 hexadecimal digits; reads the file in pieces. kNotFound, kIo.
Result<std::string> fileChecksum(const std::string& path);

}  // namespace mlaas::model
