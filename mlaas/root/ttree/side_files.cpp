#include "mlaas/root/ttree/side_files.h"

#include "mlaas/io/opener.h"

namespace mlaas::root {

namespace {

constexpr size_t kMostFiles = 64;

bool hasScheme(const std::string& url) { return url.find("://") != std::string::npos; }

Error refused(const std::string& name, const std::string& why) {
  return Error(ErrorCode::kUnsupported, "its values are stored in another file, '" + name + "', " + why);
}

}  // namespace

Result<std::string> SideFiles::urlOf(const std::string& name) const {
  if (hasScheme(name)) return refused(name, "and URLs are not followed");
  const bool isLocal = !hasScheme(url_) || url_.starts_with("file://");
  if (!name.starts_with('/')) return url_.substr(0, url_.rfind('/') + 1) + name;
  if (!isLocal) return refused(name, "an absolute path, which only local files may name");
  return name;
}

Result<std::shared_ptr<const File>> SideFiles::open(const std::string& name) {
  MLAAS_TRY(const std::string url, urlOf(name));
  auto [found, isNew] = files_.try_emplace(url);
  if (!isNew && found->second) return found->second;
  if (!isNew) return refused(name, "which cannot be opened");
  if (files_.size() > kMostFiles) return refused(name, "one of more than " + std::to_string(kMostFiles));
  MLAAS_TRY(auto source, io::open(url));
  MLAAS_TRY(found->second, File::open(std::move(source)));
  return found->second;
}

}  // namespace mlaas::root
