#include "mlaas/dataset/workflow.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "mlaas/base/nearest_name.h"
#include "mlaas/dataset/workflow_dataset.h"
#include "mlaas/dataset/workflow_environment.h"
#include "mlaas/dataset/workflow_fields.h"
#include "mlaas/dataset/workflow_include.h"
#include "mlaas/dataset/workflow_settings.h"
#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

namespace {

const std::vector<std::string> kWorkflowKeys = {"name",       "dataset", "model",  "training",
                                                "evaluation", "compare", "output", kIncludeKey};
const std::vector<std::string> kModelKinds = {"mlp", "deepsets", "particle_transformer", "autoencoder", "trees"};

void collectPlaces(const YamlNode& node, const std::string& path, std::map<std::string, std::string>& places) {
  if (!path.empty()) places[path] = node.where();
  const std::string prefix = path.empty() ? "" : path + ".";
  for (size_t i = 0; i < node.keys.size(); ++i) collectPlaces(node.items[i], prefix + node.keys[i].text, places);
}

// The name becomes a folder, a URL's part and a file's name.
Result<std::string> parseName(const WorkflowFields& fields) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  constexpr size_t kLongest = 100;
  MLAAS_TRY(auto name, fields.text("name"));
  if (name.find_first_not_of(kAllowed) != std::string::npos || name.front() == '.' || name.front() == '-' ||
      name.size() > kLongest) {
    return fields.error("name", "use up to 100 letters, digits, _ . and -, not . or - first; found '" + name + "'");
  }
  return name;
}

Result<ModelConfig> parseModel(const WorkflowFields& fields) {
  MLAAS_TRY(const YamlNode* node, fields.required("model"));
  MLAAS_TRY(const auto model, WorkflowFields::make(*node, "model", {}));
  ModelConfig config;
  config.where = node->where();
  MLAAS_TRY(config.kind, model.text("kind"));
  if (std::find(kModelKinds.begin(), kModelKinds.end(), config.kind) == kModelKinds.end()) {
    return model.error("kind", "unknown kind '" + config.kind + "'" + suggestNames(config.kind, kModelKinds));
  }
  MLAAS_TRY(config.options, yamlToJson(*node));
  config.options.erase("kind");
  return config;
}

Result<void> parseTraining(const WorkflowFields& fields, Workflow& workflow) {
  const YamlNode* node = fields.find("training");
  workflow.training = nlohmann::ordered_json::object();
  workflow.trainingWhere = fields.node().where();
  if (node == nullptr) return {};
  MLAAS_TRY(const auto training, WorkflowFields::make(*node, "training", {}));
  workflow.trainingWhere = node->where();
  MLAAS_TRY(workflow.training, yamlToJson(*node));
  return {};
}

// How the model is judged and what it is compared with.
Result<void> parseEvaluation(const WorkflowFields& fields, Workflow& workflow) {
  workflow.evaluation = nlohmann::ordered_json::object();
  if (const YamlNode* node = fields.find("evaluation"); node != nullptr) {
    MLAAS_TRY(const auto evaluation, WorkflowFields::make(*node, "evaluation", {}));
    MLAAS_TRY(workflow.evaluation, yamlToJson(*node));
  }
  if (const YamlNode* node = fields.find("compare"); node != nullptr) {
    MLAAS_TRY(workflow.compare, yamlToJson(*node));
  }
  return {};
}

std::string canonicalText(const Workflow& workflow) {
  nlohmann::ordered_json json;
  json["name"] = workflow.name;
  json["dataset"] = datasetConfigToJson(workflow.dataset);
  json["model"] = {{"kind", workflow.model.kind}};
  json["model"].update(workflow.model.options);
  if (!workflow.training.empty()) json["training"] = workflow.training;
  if (!workflow.evaluation.empty()) json["evaluation"] = workflow.evaluation;
  if (!workflow.compare.empty()) json["compare"] = workflow.compare;
  json["output"] = workflow.output;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Workflow> parseTree(YamlNode root, const std::string& file, const std::vector<std::string>& settings) {
  for (const auto& setting : settings) MLAAS_CHECK(applySetting(root, setting));
  if (const YamlNode* include = root.find(kIncludeKey); include != nullptr) {
    return yamlError(*include, "include: only files include others, and not by --set");
  }
  MLAAS_TRY(const auto fields, WorkflowFields::make(root, "", kWorkflowKeys));
  Workflow workflow;
  workflow.file = file;
  MLAAS_TRY(workflow.name, parseName(fields));
  MLAAS_TRY(const YamlNode* dataset, fields.required("dataset"));
  MLAAS_TRY(workflow.dataset, parseDatasetConfig(*dataset));
  MLAAS_TRY(workflow.model, parseModel(fields));
  MLAAS_CHECK(parseTraining(fields, workflow));
  MLAAS_CHECK(parseEvaluation(fields, workflow));
  workflow.output = "models/" + workflow.name;
  if (fields.find("output") != nullptr) {
    MLAAS_TRY(workflow.output, fields.text("output"));
  }
  collectPlaces(root, "", workflow.places);
  workflow.text = canonicalText(workflow);
  return workflow;
}

}  // namespace

const std::string& Sample::whereIs(const std::string& key) const {
  const auto found = places.find(key);
  return found == places.end() ? where : found->second;
}

std::string DatasetConfig::whereIs(const std::string& place) const {
  const auto found = places.find(place);
  return found == places.end() ? std::string() : found->second;
}

bool hasEventLabels(const DatasetConfig& config) {
  return std::any_of(config.samples.begin(), config.samples.end(),
                     [](const Sample& sample) { return !sample.labelExpression.empty(); });
}

int64_t numClasses(const DatasetConfig& config) {
  if (!config.classes.empty()) return static_cast<int64_t>(config.classes.size());
  int64_t highest = -1;
  for (const auto& sample : config.samples) highest = std::max(highest, sample.label);
  return highest + 1;
}

std::vector<std::string> classNames(const DatasetConfig& config) {
  if (!config.classes.empty()) return config.classes;
  std::vector<std::string> names(static_cast<size_t>(numClasses(config)));
  for (const Sample& sample : config.samples) {
    auto& name = names[static_cast<size_t>(sample.label)];
    name += (name.empty() ? "" : "+") + sample.name;
  }
  return names;
}

std::string Workflow::where(std::string_view path) const {
  std::string key(path);
  while (true) {
    if (auto place = places.find(key); place != places.end()) return place->second;
    const size_t dot = key.rfind('.');
    if (dot == std::string::npos) return file;
    key.resize(dot);
  }
}

Result<Workflow> parseWorkflow(const std::string& text, const std::string& nameForMessages,
                               const std::vector<std::string>& settings) {
  MLAAS_TRY(YamlNode root, parseYaml(text, nameForMessages));
  if (!root.source) root.source = std::make_shared<const std::string>(nameForMessages);
  MLAAS_CHECK(expandEnvironment(root, environmentValue));
  return parseTree(std::move(root), nameForMessages, settings);
}

Result<Workflow> readWorkflow(const std::string& path, const std::vector<std::string>& settings) {
  MLAAS_TRY(YamlNode root, readWorkflowTree(path, environmentValue));
  return parseTree(std::move(root), path, settings);
}

}  // namespace mlaas::dataset
