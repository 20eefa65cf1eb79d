#include "mlaas/io/opener.h"

#include <map>
#include <mutex>

#include "mlaas/io/local_file.h"

namespace mlaas::io {

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, Opener, std::less<>> openers;  // under mutex
};

Registry& registry() {
  static Registry made;
  return made;
}

// The text before "://", or empty for a path.
std::string_view schemeOf(std::string_view url) {
  const size_t end = url.find("://");
  if (end == std::string_view::npos || end == 0) return {};
  for (char c : url.substr(0, end)) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!allowed) return {};
  }
  return url.substr(0, end);
}

// The opener of `scheme`, or an empty one; `known` gets the names of all.
Opener findOpener(std::string_view scheme, std::string& known) {
  Registry& all = registry();
  std::lock_guard lock(all.mutex);
  auto found = all.openers.find(scheme);
  if (found != all.openers.end()) return found->second;
  for (const auto& [name, opener] : all.openers) known += ", " + name;
  return {};
}

}  // namespace

void registerScheme(std::string scheme, Opener opener) {
  Registry& all = registry();
  std::lock_guard lock(all.mutex);
  all.openers.insert_or_assign(std::move(scheme), std::move(opener));
}

Result<std::shared_ptr<ByteSource>> open(const std::string& url) {
  const std::string_view scheme = schemeOf(url);
  if (scheme.empty()) return openLocalFile(url);
  std::string known = "file";
  if (Opener opener = findOpener(scheme, known)) return opener(url);
  if (scheme == "file") return openLocalFile(url.substr(scheme.size() + 3));
  return Error(ErrorCode::kUnsupported,
               url + ": no reader for '" + std::string(scheme) + "://'; known are a plain path and " + known);
}

}  // namespace mlaas::io
