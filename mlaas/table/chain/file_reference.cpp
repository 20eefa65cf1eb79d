#include "mlaas/table/chain/file_reference.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "mlaas/io/opener.h"

namespace mlaas::table {

namespace {

constexpr std::string_view kSuffix = ".root";
constexpr std::string_view kFragment = "?#";

// Where the path of a URL begins; 0 for a plain path.
size_t pathStart(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return 0;
  const size_t path = text.find('/', scheme + 3);
  return path == std::string_view::npos ? text.size() : path;
}

// Whether `name` ends as a ROOT file does: ".root", ".root.1".
bool endsAsFile(std::string_view name) {
  if (name.ends_with(kSuffix)) return true;
  const size_t dot = name.find_last_not_of("0123456789");
  return dot != std::string_view::npos && dot + 1 < name.size() && name[dot] == '.' &&
         name.substr(0, dot).ends_with(kSuffix);
}

// The colon between file and tree, or npos.
size_t findSeparator(std::string_view text) {
  const size_t start = pathStart(text);
  for (size_t colon = text.rfind(':'); colon != std::string_view::npos && colon > start;
       colon = text.rfind(':', colon - 1)) {
    if (endsAsFile(text.substr(start, colon - start))) return colon;
  }
  return std::string_view::npos;
}

// "//dir//tree/" as "dir/tree".
std::string normalTree(std::string_view text) {
  std::string tree;
  for (const char c : text) {
    if (c == '/' && (tree.empty() || tree.back() == '/')) continue;
    tree += c;
  }
  if (tree.ends_with('/')) tree.pop_back();
  return tree;
}

Result<FileReference> split(const std::string& text, size_t at, size_t length) {
  FileReference reference{text.substr(0, at), normalTree(std::string_view(text).substr(at + length))};
  if (!reference.url.empty() && !reference.tree.empty()) return reference;
  return Error(ErrorCode::kInvalidArgument,
               "'" + text + "' names no " + (reference.url.empty() ? "file" : "tree") +
                   "; expected FILE.root or FILE.root:TREE, for example events.root:dir/Events");
}

}  // namespace

std::string FileReference::text() const {
  if (tree.empty()) return url;
  const bool usual = endsAsFile(std::string_view(url).substr(pathStart(url)));
  return url + (usual ? std::string_view(":") : kFragment).data() + tree;
}

Result<FileReference> parseFileReference(const std::string& text) {
  std::error_code ignored;
  if (text.empty()) return Error(ErrorCode::kInvalidArgument, "an empty text names no file");
  const size_t fragment = text.rfind(kFragment);
  const size_t colon = findSeparator(text);
  if ((fragment == std::string::npos && colon == std::string::npos) || std::filesystem::exists(text, ignored)) {
    return FileReference{text, {}};
  }
  if (fragment != std::string::npos) return split(text, fragment, kFragment.size());
  return split(text, colon, 1);
}

Result<std::vector<FileReference>> expandFileReferences(std::span<const std::string> patterns,
                                                        const std::string& tree) {
  std::vector<FileReference> references;
  for (const std::string& pattern : patterns) {
    MLAAS_TRY(const FileReference parsed, parseFileReference(pattern));
    MLAAS_TRY(auto urls, io::expandPattern(parsed.url));
    for (std::string& url : urls) {
      references.push_back({std::move(url), parsed.tree.empty() ? normalTree(tree) : parsed.tree});
    }
  }
  return references;
}

}  // namespace mlaas::table
