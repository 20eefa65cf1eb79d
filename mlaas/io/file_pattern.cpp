#include <glob.h>

#include <algorithm>

#include "mlaas/io/opener.h"

namespace mlaas::io {

namespace {

struct GlobResult {
  glob_t matches{};
  GlobResult() = default;
  GlobResult(const GlobResult&) = delete;
  GlobResult& operator=(const GlobResult&) = delete;
  ~GlobResult() { ::globfree(&matches); }
};

}  // namespace

Result<std::vector<std::string>> expandPattern(const std::string& pattern) {
  const bool isFileUrl = pattern.rfind("file://", 0) == 0;
  const bool isUrl = pattern.find("://") != std::string::npos;
  // Remote sources list their own folders; "?" starts the query of a URL.
  if ((isUrl && !isFileUrl) || pattern.find_first_of("*?[") == std::string::npos) {
    return std::vector<std::string>{pattern};
  }
  const std::string path = isFileUrl ? pattern.substr(7) : pattern;
  GlobResult found;
  const int status = ::glob(path.c_str(), 0, nullptr, &found.matches);
  if (status == GLOB_NOMATCH) return Error(ErrorCode::kNotFound, pattern + ": no file matches this pattern");
  if (status != 0) return Error(ErrorCode::kIo, pattern + ": the folders of this pattern cannot be listed");
  std::vector<std::string> files(found.matches.gl_pathv, found.matches.gl_pathv + found.matches.gl_pathc);
  std::sort(files.begin(), files.end());  // by bytes: glob sorts by the locale
  return files;
}

}  // namespace mlaas::io
