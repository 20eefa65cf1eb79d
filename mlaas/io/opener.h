// Opens byte sources by URL: the scheme chooses the opener; a plain path is a local file.
// Threads: any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/io/byte_source.h"

namespace mlaas::io {

using Opener = std::function<Result<std::shared_ptr<ByteSource>>(const std::string& url)>;

// Makes `opener` responsible for URLs "scheme://..."; replaces an earlier one.
void registerScheme(std::string scheme, Opener opener);

// Opens a path, file://path or a URL of a registered scheme. kNotFound, kIo, kUnsupported for an unknown scheme (names
// the known ones).
Result<std::shared_ptr<ByteSource>> open(const std::string& url);

// The files that a pattern with * ? [] names, sorted; a pattern without these is returned as it is. kNotFound where a
// pattern matches nothing.
Result<std::vector<std::string>> expandPattern(const std::string& pattern);

}  // namespace mlaas::io
