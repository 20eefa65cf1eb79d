#include "mlaas/dataset/workflow_weights.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "mlaas/base/nearest_name.h"

namespace mlaas::dataset {

namespace {

const std::vector<std::string> kReweightKeys = {"variables", "to"};
const std::vector<std::string> kMixingKeys = {"samples", "classes", "sampling"};
constexpr double kShareTolerance = 1e-6;
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

// Numbers above 0 that sum to 1.
Result<void> checkShares(const WorkflowFields& fields, std::string_view key, const std::vector<double>& shares) {
  double sum = 0;
  for (const double share : shares) {
    if (!(share > 0 && share < 1)) return fields.error(key, "a share lies between 0 and 1, both excluded");
    sum += share;
  }
  if (std::abs(sum - 1) <= kShareTolerance) return {};
  return fields.error(key, "the shares must sum to 1, found " + std::to_string(sum));
}

Result<std::vector<double>> parseSampleShares(const WorkflowFields& mixing, const std::vector<Sample>& samples) {
  const auto names = namesOf(samples);
  MLAAS_TRY(const auto fields, WorkflowFields::make(*mixing.find("samples"), mixing.pathOf("samples"), names));
  std::vector<double> shares;
  for (const auto& name : names) {
    if (fields.find(name) == nullptr) {
      return mixing.error("samples", "sample '" + name + "' has no share; each sample needs one");
    }
    MLAAS_TRY(const double share, fields.number(name));
    shares.push_back(share);
  }
  MLAAS_CHECK(checkShares(mixing, "samples", shares));
  return shares;
}

Result<std::vector<double>> parseClassShares(const WorkflowFields& mixing, int64_t numClasses) {
  MLAAS_TRY(const auto texts, mixing.texts("classes"));
  std::vector<double> shares;
  for (const auto& text : texts) {
    double share = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), share);
    if (failure != std::errc() || end != text.data() + text.size()) {
      return mixing.error("classes", "expected the shares of labels 0, 1, ..., numbers, found '" + text + "'");
    }
    shares.push_back(share);
  }
  if (static_cast<int64_t>(shares.size()) != numClasses) {
    return mixing.error("classes", "expected a share for each of the " + std::to_string(numClasses) +
                                       " labels, found " + std::to_string(shares.size()));
  }
  MLAAS_CHECK(checkShares(mixing, "classes", shares));
  return shares;
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

Result<void> parseMixing(const WorkflowFields& dataset, DatasetConfig& config) {
  const YamlNode* node = dataset.find("mixing");
  if (node == nullptr) return {};
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.mixing", kMixingKeys));
  Mixing mixing;
  mixing.where = node->where();
  if ((fields.find("samples") == nullptr) == (fields.find("classes") == nullptr)) {
    return dataset.error("mixing", "give the shares of either samples or classes");
  }
  if (fields.find("samples") != nullptr) {
    MLAAS_TRY(mixing.bySample, parseSampleShares(fields, config.samples));
  } else if (hasEventLabels(config)) {
    return fields.error("classes",
                        "events of a sample whose label is an expression are not known by class before they "
                        "are read; give the shares of samples");
  } else {
    MLAAS_TRY(mixing.byClass, parseClassShares(fields, numClasses(config)));
  }
  MLAAS_TRY(const auto sampling, fields.text("sampling"));
  if (sampling != "undersample" && sampling != "oversample") {
    return fields.error("sampling", "expected undersample or oversample, found '" + sampling + "'");
  }
  if (sampling == "oversample") mixing.sampling = Mixing::Sampling::kOver;
  config.mixing = std::move(mixing);
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
  for (size_t i = 0; i < config.samples.size(); ++i) {
    for (const auto& name : config.samples[i].variations.value_or(std::vector<std::string>{})) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      const YamlNode& where = *dataset.find("samples")->items[i].find("variations");
      return yamlError(where, "dataset.samples." + config.samples[i].name +
                                  ".variations: expected none, or names of dataset.variations, found '" + name + "'" +
                                  suggestNames(name, names));
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
  if (config.mixing) {
    auto& mixing = json["mixing"];
    for (size_t i = 0; i < config.mixing->bySample.size(); ++i) {
      mixing["samples"][config.samples[i].name] = config.mixing->bySample[i];
    }
    if (!config.mixing->byClass.empty()) mixing["classes"] = config.mixing->byClass;
    mixing["sampling"] = config.mixing->sampling == Mixing::Sampling::kOver ? "oversample" : "undersample";
  }
  for (const auto& variation : config.variations) {
    auto& replacements = json["variations"][variation.name];
    for (const auto& [column, by] : variation.replacements) replacements[column] = by;
  }
  if (!config.variation.empty()) json["variation"] = config.variation;
}

}  // namespace mlaas::dataset
