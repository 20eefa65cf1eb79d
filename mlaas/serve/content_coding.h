// The codings of bodies that HTTP has for them: gzip and deflate.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mlaas/base/error.h"

namespace mlaas::serve {

enum class ContentCoding : uint8_t { kIdentity, kGzip, kDeflate };

// "gzip", "deflate", "identity" or nothing; kUnsupported for any other, and for several in a row.
Result<ContentCoding> contentCodingFrom(std::string_view header);
std::string_view contentCodingName(ContentCoding coding);

// The best of what the Accept-Encoding header takes: gzip, then deflate; kIdentity where it takes neither.
ContentCoding acceptedCoding(std::string_view header);

// The body before it was encoded. kInvalidArgument where it is damaged, has bytes behind its end, or is larger than
// `maxBytes`, without ever holding more.
Result<std::string> decodeContent(std::string_view body, ContentCoding coding, size_t maxBytes);
// Quick rather than small.
Result<std::string> encodeContent(std::string_view body, ContentCoding coding);

}  // namespace mlaas::serve
