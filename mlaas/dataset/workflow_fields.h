// Typed access to the maps of a workflow file: known keys only, right types only, errors with their place.
// Errors: kInvalidArgument "file:line:column: path: expected ..., found ...".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

// One map of the file, say "dataset.split". Lives no longer than its node.
class WorkflowFields {
 public:
  // `path` is what messages call the map; every key must be in `known` (any key where it is empty).
  static Result<WorkflowFields> make(const YamlNode& node, std::string path, std::span<const std::string> known);

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }

  // The value of a key, or null where it is absent.
  const YamlNode* find(std::string_view key) const { return node_->find(key); }
  // The value of a key that must be there.
  Result<const YamlNode*> required(std::string_view key) const;
  // "dataset.split.train".
  std::string pathOf(std::string_view key) const;

  // An error at the value of `key`, or at the map where it is absent.
  Error error(std::string_view key, std::string_view message) const;

  // Each reads a key that is there; see required().
  Result<std::string> text(std::string_view key) const;  // any scalar as it is written, not empty
  Result<int64_t> integer(std::string_view key, int64_t least, int64_t most) const;
  Result<double> number(std::string_view key) const;                   // an integer will do
  Result<std::vector<std::string>> texts(std::string_view key) const;  // a list of scalars, or one scalar

 private:
  WorkflowFields(const YamlNode& node, std::string path) : node_(&node), path_(std::move(path)) {}
  Error expected(std::string_view key, const YamlNode& found, std::string_view what) const;

  const YamlNode* node_;
  std::string path_;
};

}  // namespace mlaas::dataset
