#include "mlaas/serve/files/allowed_paths.h"

#include <algorithm>
#include <filesystem>

namespace mlaas::serve {

namespace {

namespace fs = std::filesystem;

bool isUrl(const std::string& path) { return path.find("://") != std::string::npos; }

bool isPlain(const std::string& path) {
  return !path.empty() && path.size() <= 4096 &&
         std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Error outside(const std::string& path) {
  return {ErrorCode::kForbidden, "'" + path + "' is not below a folder that this server lets requests use"};
}

// Whether a URL has a segment that some server might take for the way up.
bool climbs(const std::string& url) {
  return url.find("/..") != std::string::npos || url.find('%') != std::string::npos ||
         url.find('\\') != std::string::npos;
}

}  // namespace

Result<AllowedPaths> AllowedPaths::make(const std::vector<std::string>& roots) {
  AllowedPaths allowed;
  for (const auto& root : roots) {
    if (isUrl(root)) {
      allowed.urls_.push_back(root.ends_with('/') ? root : root + '/');
      continue;
    }
    std::error_code error;
    const fs::path folder = fs::canonical(root, error);
    if (error || !fs::is_directory(folder, error)) {
      return Error(ErrorCode::kNotFound, "folder '" + root + "' is not there; name a folder that is, or a URL");
    }
    allowed.folders_.push_back(folder.string());
  }
  return allowed;
}

bool AllowedPaths::contains(const std::string& resolved) const {
  return std::ranges::any_of(
      folders_, [&](const std::string& folder) { return folder == "/" || resolved.starts_with(folder + '/'); });
}

Result<std::string> AllowedPaths::existing(const std::string& path) const {
  if (!isPlain(path)) return Error(ErrorCode::kInvalidArgument, "a file has no name, or one with control characters");
  if (isUrl(path)) {
    const bool allowed = std::ranges::any_of(urls_, [&](const std::string& url) { return path.starts_with(url); });
    if (!allowed || climbs(path)) return outside(path);
    return path;
  }
  std::error_code error;
  if (fs::path(path).is_absolute()) {
    // What lies outside is not looked at, so that answers do not tell what is there.
    if (!contains(fs::path(path).lexically_normal().string())) return outside(path);
    const std::string resolved = fs::canonical(path, error).string();
    if (error) return Error(ErrorCode::kNotFound, "there is no file '" + path + "'");
    if (!contains(resolved)) return outside(path);
    return resolved;
  }
  bool leadsOut = false;
  for (const auto& folder : folders_) {
    const fs::path candidate = fs::path(folder) / path;
    if (!contains(candidate.lexically_normal().string())) {
      leadsOut = true;
      continue;
    }
    const std::string resolved = fs::canonical(candidate, error).string();
    if (error) continue;
    if (contains(resolved)) return resolved;
    leadsOut = true;
  }
  if (leadsOut || folders_.empty()) return outside(path);
  return Error(ErrorCode::kNotFound, "there is no file '" + path + "'");
}

Result<std::string> AllowedPaths::absent(const std::string& path) const {
  if (!isPlain(path) || isUrl(path)) {
    return Error(ErrorCode::kInvalidArgument, "'" + path + "' is no name for a file to write");
  }
  const fs::path name = fs::path(path).filename();
  if (name.empty() || name == "." || name == "..") {
    return Error(ErrorCode::kInvalidArgument, "'" + path + "' names a folder, expected a file to write");
  }
  for (const auto& folder : folders_) {
    const fs::path candidate = fs::path(path).is_absolute() ? fs::path(path) : fs::path(folder) / path;
    if (!contains(candidate.lexically_normal().string())) continue;
    std::error_code error;
    const fs::path parent = fs::canonical(candidate.parent_path(), error);
    if (error) return Error(ErrorCode::kNotFound, "the folder of '" + path + "' is not there; make it first");
    const std::string resolved = (parent / name).string();
    if (!contains(resolved)) return outside(path);
    if (fs::symlink_status(resolved, error).type() != fs::file_type::not_found) {
      return Error(ErrorCode::kInvalidArgument, "'" + path + "' is there already; choose another name");
    }
    return resolved;
  }
  return outside(path);
}

}  // namespace mlaas::serve
