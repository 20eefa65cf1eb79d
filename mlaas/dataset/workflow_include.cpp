#include "mlaas/dataset/workflow_include.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

namespace mlaas::dataset {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxLevels = 8;
constexpr size_t kMaxFiles = 64;

Result<std::string> readText(const std::string& path) {
  std::error_code failure;
  const bool isFolder = fs::is_directory(path, failure);
  std::ifstream file(path, std::ios::binary);
  if (!file || isFolder) {
    return Error(ErrorCode::kNotFound, path + ": the workflow file cannot be opened; is the path right?");
  }
  std::string text(kMaxYamlBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Error(ErrorCode::kIo, path + ": the workflow file cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

size_t countNodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += countNodes(item);
  return count;
}

// Puts `over` over `base`, which is of no use afterwards.
YamlNode merged(YamlNode base, YamlNode over) {
  if (base.kind != YamlNode::Kind::kMap || over.kind != YamlNode::Kind::kMap) return over;
  for (size_t i = 0; i < over.keys.size(); ++i) {
    const auto found = std::find_if(base.keys.begin(), base.keys.end(),
                                    [&](const YamlNode& key) { return key.text == over.keys[i].text; });
    if (found == base.keys.end()) {
      base.keys.push_back(std::move(over.keys[i]));
      base.items.push_back(std::move(over.items[i]));
      continue;
    }
    YamlNode& item = base.items[static_cast<size_t>(found - base.keys.begin())];
    item = merged(std::move(item), std::move(over.items[i]));
    *found = std::move(over.keys[i]);
  }
  base.source = over.source;
  base.line = over.line;
  base.column = over.column;
  return base;
}

class IncludeReader {
 public:
  explicit IncludeReader(const EnvironmentLookup& lookup) : lookup_(lookup) {}

  Result<YamlNode> read(const std::string& path) {
    MLAAS_TRY(const auto text, readText(path));
    MLAAS_TRY(YamlNode root, parseYaml(text, path));
    if (!root.source) root.source = std::make_shared<const std::string>(path);
    MLAAS_CHECK(expandEnvironment(root, lookup_));
    numNodes_ += countNodes(root);
    if (numNodes_ > kMaxYamlNodes) {
      return yamlError(root, "more than " + std::to_string(kMaxYamlNodes) + " values, included files counted");
    }
    YamlNode include;
    if (!takeInclude(root, include)) return root;
    const bool single = include.kind == YamlNode::Kind::kScalar;
    if (!single && include.kind != YamlNode::Kind::kList) {
      return yamlError(include, "include: expected a file or a list of files, found " + include.describe());
    }
    chain_.push_back(identityOf(path));
    YamlNode base;
    for (const YamlNode& item : single ? std::span(&include, 1) : std::span<const YamlNode>(include.items)) {
      MLAAS_TRY(YamlNode one, readIncluded(item, path));
      base = base.kind == YamlNode::Kind::kNull ? std::move(one) : merged(std::move(base), std::move(one));
    }
    chain_.pop_back();
    return base.kind == YamlNode::Kind::kNull ? std::move(root) : merged(std::move(base), std::move(root));
  }

 private:
  static fs::path identityOf(const std::string& path) {
    std::error_code failure;
    fs::path canonical = fs::weakly_canonical(path, failure);
    return failure ? fs::path(path) : canonical;
  }

  // Takes the key `include` out of a map; false where there is none.
  static bool takeInclude(YamlNode& root, YamlNode& include) {
    for (size_t i = 0; i < root.keys.size(); ++i) {
      if (root.keys[i].text != kIncludeKey) continue;
      include = std::move(root.items[i]);
      root.keys.erase(root.keys.begin() + static_cast<std::ptrdiff_t>(i));
      root.items.erase(root.items.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    return false;
  }

  Result<YamlNode> readIncluded(const YamlNode& item, const std::string& from) {
    if (item.kind != YamlNode::Kind::kScalar || item.text.empty()) {
      return yamlError(item, "include: expected a file, found " + item.describe());
    }
    const std::string path = (fs::path(from).parent_path() / item.text).lexically_normal().string();
    if (std::find(chain_.begin(), chain_.end(), identityOf(path)) != chain_.end()) {
      return yamlError(item, "include: '" + item.text + "' includes itself, by way of " + from);
    }
    if (chain_.size() > kMaxLevels) {
      return yamlError(item, "include: files are included more than " + std::to_string(kMaxLevels) + " levels deep");
    }
    if (++numFiles_ > kMaxFiles) {
      return yamlError(item, "include: more than " + std::to_string(kMaxFiles) + " files are included");
    }
    auto root = read(path);
    if (!root.ok() && root.error().code() == ErrorCode::kNotFound) {
      return Error(ErrorCode::kNotFound, item.where() + ": include: " + root.error().message());
    }
    if (root.ok() && root->kind != YamlNode::Kind::kMap) {
      return yamlError(*root, "an included file holds a map (key: value), found " + root->describe());
    }
    return root;
  }

  const EnvironmentLookup& lookup_;
  std::vector<fs::path> chain_;  // files that are being read, the first one first
  size_t numFiles_ = 0;
  size_t numNodes_ = 0;
};

}  // namespace

Result<YamlNode> readWorkflowTree(const std::string& path, const EnvironmentLookup& lookup) {
  return IncludeReader(lookup).read(path);
}

}  // namespace mlaas::dataset
