#include "mlaas/dataset/workflow_weights.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "mlaas/base/nearest_name.h"

namespace mlaas::dataset {

namespace {

const std::vector<std::string> kReweightKeys = {"variables", "to"};
constexpr std::string_view kFlat = "flat";
constexpr size_t kMostVariables = 2;
constexpr size_t kMostEdges = 1001;

Result<std::vector<double>> parseEdges(const WorkflowFields& fields, std::string_view key) {
  MLAAS_TRY(const auto texts, fields.texts(key));
  std::vector<double> edges;
  for (const auto& text : texts) {
    double edge = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), edge);
    if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(edge)) {
      return fields.error(key, "expected the edges of bins, ascending numbers, found '" + text + "'");
    }
    if (!edges.empty() && !(edge > edges.back())) {
      return fields.error(key, "the edges of bins ascend, but '" + text + "' is not above the one before");
    }
    edges.push_back(edge);
  }
  if (edges.size() < 2 || edges.size() > kMostEdges) {
    return fields.error(
        key, "expected 2 to " + std::to_string(kMostEdges) + " edges of bins, found " + std::to_string(edges.size()));
  }
  return edges;
}

std::vector<std::string> namesOf(const std::vector<Sample>& samples) {
  std::vector<std::string> names;
  for (const Sample& sample : samples) names.push_back(sample.name);
  return names;
}

Result<Variation> parseVariation(const YamlNode& key, const YamlNode& node) {
  MLAAS_TRY(const auto fields, WorkflowFields::make(node, "dataset.variations." + key.text, {}));
  Variation variation{key.text, {}, key.where()};
  for (const YamlNode& column : node.keys) {
    MLAAS_TRY(auto by, fields.text(column.text));
    variation.replacements.push_back({column.text, std::move(by)});
  }
  if (!variation.replacements.empty()) return variation;
  return yamlError(key, "dataset.variations." + key.text +
                            ": no column is replaced; give COLUMN: OTHER, as in Jet_pt: Jet_pt_jesUp");
}

}  // namespace

Result<void> parseReweighting(const WorkflowFields& dataset, DatasetConfig& config) {
  const YamlNode* node = dataset.find("reweight");
  if (node == nullptr) return {};
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.reweight", kReweightKeys));
  Reweighting reweighting;
  reweighting.where = node->where();
  MLAAS_TRY(const YamlNode* variables, fields.required("variables"));
  MLAAS_TRY(const auto edges, WorkflowFields::make(*variables, "dataset.reweight.variables", {}));
  if (variables->keys.empty() || variables->keys.size() > kMostVariables) {
    return fields.error("variables", "expected one or two variables with the edges of their bins, found " +
                                         std::to_string(variables->keys.size()));
  }
  for (const YamlNode& name : variables->keys) {
    MLAAS_TRY(auto found, parseEdges(edges, name.text));
    reweighting.variables.push_back({name.text, std::move(found)});
  }
  MLAAS_TRY(const auto to, fields.text("to"));
  if (to != kFlat) {
    const auto names = namesOf(config.samples);
    if (std::find(names.begin(), names.end(), to) == names.end()) {
      return fields.error("to", "expected flat or the name of a sample, found '" + to + "'" + suggestNames(to, names));
    }
    reweighting.reference = to;
  }
  config.reweighting = std::move(reweighting);
  return {};
}

Result<void> parseVariations(const WorkflowFields& dataset, DatasetConfig& config) {
  std::vector<std::string> names;
  if (const YamlNode* node = dataset.find("variations"); node != nullptr) {
    MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.variations", {}));
    for (size_t i = 0; i < node->keys.size(); ++i) {
      MLAAS_TRY(auto variation, parseVariation(fields.node().keys[i], fields.node().items[i]));
      names.push_back(variation.name);
      config.variations.push_back(std::move(variation));
    }
  }
  if (dataset.find("variation") == nullptr) return {};
  MLAAS_TRY(config.variation, dataset.text("variation"));
  if (std::find(names.begin(), names.end(), config.variation) != names.end()) return {};
  return dataset.error("variation", "no variation of dataset.variations is named '" + config.variation + "'" +
                                        suggestNames(config.variation, names));
}

void addWeightsJson(const DatasetConfig& config, nlohmann::ordered_json& json) {
  if (config.reweighting) {
    auto variables = nlohmann::ordered_json::object();
    for (const auto& variable : config.reweighting->variables) variables[variable.name] = variable.edges;
    const std::string& reference = config.reweighting->reference;
    json["reweight"] = {{"variables", std::move(variables)},
                        {"to", reference.empty() ? std::string(kFlat) : reference}};
  }
  for (const auto& variation : config.variations) {
    auto& replacements = json["variations"][variation.name];
    for (const auto& [column, by] : variation.replacements) replacements[column] = by;
  }
  if (!config.variation.empty()) json["variation"] = config.variation;
}

}  // namespace mlaas::dataset
