#include "mlaas/dataset/compat/compat_parameters.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "mlaas/base/nearest_name.h"
#include "mlaas/dataset/compat/compat_inputs.h"
#include "mlaas/dataset/workflow_fields.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

namespace {

constexpr int64_t kMost = 1'000'000'000'000;

// Keys that only say how MLaaS4HEP prints and pads: padding is masked here, whatever stands for it.
constexpr std::array<std::string_view, 6> kWithoutMeaning = {"verbose", "hist", "hists", "nan", "split", "test"};
const std::vector<std::string> kKnown = {"branch",     "identifier", "selected_branches", "exclude_branches",
                                         "redirector", "epochs",     "batch_size",        "chunk_size",
                                         "nevts",      "shuffle"};

// A list, a text with commas or the name of a file with one entry a line; an empty text is no entry.
Result<std::vector<std::string>> listOf(const WorkflowFields& fields, const std::string& key) {
  const YamlNode* node = fields.find(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return std::vector<std::string>{};
  if (node->kind == YamlNode::Kind::kScalar) {
    if (node->text.empty()) return std::vector<std::string>{};
    return readCompatList(node->where() + ": " + key, node->text);
  }
  if (node->kind == YamlNode::Kind::kList && node->items.empty()) return std::vector<std::string>{};
  return fields.texts(key);
}

Result<void> readNumber(const WorkflowFields& fields, const std::string& key, int64_t least, int64_t& value) {
  if (fields.find(key) == nullptr) return {};
  MLAAS_TRY(value, fields.integer(key, least, kMost));
  return {};
}

Result<void> noteOthers(const WorkflowFields& fields, CompatParameters& parameters) {
  int64_t numEvents = -1;
  MLAAS_CHECK(readNumber(fields, "nevts", -1, numEvents));
  if (numEvents > 0) {
    parameters.notes.push_back(fields.find("nevts")->where() + ": nevts " + std::to_string(numEvents) +
                               " is left out: all events are taken");
  }
  if (const YamlNode* shuffle = fields.find("shuffle"); shuffle != nullptr && shuffle->text == "false") {
    parameters.notes.push_back(shuffle->where() +
                               ": shuffle false is left out: training always takes a shuffled order");
  }
  for (const auto& key : fields.node().keys) {
    if (std::ranges::find(kKnown, key.text) != kKnown.end()) continue;
    if (std::ranges::find(kWithoutMeaning, key.text) != kWithoutMeaning.end()) continue;
    parameters.notes.push_back(key.where() + ": the parameter '" + key.text + "' is unknown and left out" +
                               suggestNames(key.text, kKnown));
  }
  return {};
}

}  // namespace

Result<CompatParameters> parseCompatParameters(const std::string& text, const std::string& source) {
  CompatParameters parameters;
  MLAAS_TRY(const YamlNode root, parseYaml(text, source));
  if (root.kind == YamlNode::Kind::kNull) return parameters;
  MLAAS_TRY(const auto fields, WorkflowFields::make(root, "", {}));
  if (fields.find("branch") != nullptr) {
    MLAAS_TRY(parameters.tree, fields.text("branch"));
  }
  MLAAS_TRY(auto identifier, listOf(fields, "identifier"));
  if (!identifier.empty()) parameters.identifier = std::move(identifier);
  MLAAS_TRY(parameters.selected, listOf(fields, "selected_branches"));
  MLAAS_TRY(parameters.excluded, listOf(fields, "exclude_branches"));
  if (const YamlNode* redirector = fields.find("redirector"); redirector != nullptr) {
    if (redirector->kind != YamlNode::Kind::kScalar) return fields.error("redirector", "expected a text");
    parameters.redirector = redirector->text;
  }
  MLAAS_CHECK(readNumber(fields, "epochs", 1, parameters.epochs));
  MLAAS_CHECK(readNumber(fields, "batch_size", 1, parameters.batchSize));
  MLAAS_CHECK(readNumber(fields, "chunk_size", -1, parameters.chunkSize));
  if (parameters.chunkSize == 0)
    return fields.error("chunk_size", "expected a number of events, or -1 for all; found 0");
  if (parameters.chunkSize < 0) parameters.chunkSize = kMost;
  MLAAS_CHECK(noteOthers(fields, parameters));
  return parameters;
}

}  // namespace mlaas::dataset
