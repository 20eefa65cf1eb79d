#include "mlaas/dataset/workflow_samples.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <span>

#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/expression.h"

namespace mlaas::dataset {

namespace {

const std::vector<std::string> kSampleKeys = {
    "label",         "tree",      "files",     "weight", "friends", "xsec", "generator_weight",
    "generator_sum", "subsample", "variations"};
const std::vector<std::string> kFileKeys = {"file", "tree"};
const std::vector<std::string> kFriendKeys = {"files", "tree", "alias", "index", "missing"};
constexpr std::string_view kByEntry = "none";
constexpr std::string_view kNoVariation = "none";

constexpr int64_t kMaxClasses = 1000;

// One or several nodes: a list's items, or the node itself.
std::span<const YamlNode> itemsOf(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kList ? std::span<const YamlNode>(node.items) : std::span(&node, 1);
}

// One of `files`: a text that may name a tree, or a map {file, tree}; as a FileReference is spelled.
Result<std::string> parseFile(const YamlNode& node, const std::string& path) {
  if (node.kind != YamlNode::Kind::kMap) {
    if (node.kind != YamlNode::Kind::kScalar || node.text.empty()) {
      return yamlError(node, path + ": expected a text or a map {file: F, tree: T}, found " + node.describe());
    }
    const auto reference = table::parseFileReference(node.text);
    if (!reference.ok()) return yamlError(node, path + ": " + reference.error().message());
    return node.text;
  }
  MLAAS_TRY(const auto fields, WorkflowFields::make(node, path, kFileKeys));
  MLAAS_TRY(const auto file, fields.text("file"));
  MLAAS_TRY(const auto tree, fields.text("tree"));
  const auto reference = table::parseFileReference(file);
  if (!reference.ok()) return fields.error("file", reference.error().message());
  if (!reference->tree.empty()) {
    return fields.error("file", "'" + file + "' names tree '" + reference->tree + "' already; leave `tree` out");
  }
  return table::FileReference{reference->url, tree}.text();
}

Result<std::vector<std::string>> parseFiles(const WorkflowFields& fields) {
  MLAAS_TRY(const YamlNode* node, fields.required("files"));
  std::vector<std::string> files;
  for (const YamlNode& item : itemsOf(*node)) {
    MLAAS_TRY(auto file, parseFile(item, fields.pathOf("files")));
    files.push_back(std::move(file));
  }
  if (files.empty()) return fields.error("files", "expected at least one file, found an empty list");
  return files;
}

Result<SampleFriend> parseFriend(const YamlNode& node, const std::string& path) {
  MLAAS_TRY(const auto fields, WorkflowFields::make(node, path, kFriendKeys));
  SampleFriend parsed;
  parsed.where = node.where();
  table::FriendOptions& options = parsed.options;
  MLAAS_TRY(options.files, parseFiles(fields));
  if (fields.find("tree") != nullptr) {
    MLAAS_TRY(options.tree, fields.text("tree"));
  }
  if (fields.find("alias") != nullptr) {
    MLAAS_TRY(options.alias, fields.text("alias"));
    if (!table::isAlias(options.alias)) {
      return fields.error(
          "alias", "'" + options.alias + "' cannot name a friend; use letters, digits and _, not a " + "digit first");
    }
  }
  if (fields.find("index") != nullptr) {
    MLAAS_TRY(options.index, fields.texts("index"));
    if (options.index->front() == kByEntry && options.index->size() == 1) options.index->clear();
    if (options.index->size() > table::kMostKeyColumns) {
      return fields.error("index", "expected one or two columns, major and minor, or none; found " +
                                       std::to_string(options.index->size()));
    }
  }
  if (fields.find("missing") != nullptr) {
    MLAAS_TRY(const auto text, fields.text("missing"));
    const auto missing = table::parseMissing(text.starts_with('.') && text.ends_with("nan") ? "nan" : text);
    if (!missing.ok()) return fields.error("missing", missing.error().message());
    options.missing = *missing;
    if (options.index && options.index->empty()) {
      return fields.error("missing", "a friend by entry has an entry for each; leave it out, or give an index");
    }
  }
  return parsed;
}

Result<std::vector<SampleFriend>> parseFriends(const WorkflowFields& fields) {
  std::vector<SampleFriend> friends;
  const YamlNode* node = fields.find("friends");
  if (node == nullptr) return friends;
  for (const YamlNode& item : itemsOf(*node)) {
    MLAAS_TRY(auto parsed, parseFriend(item, fields.pathOf("friends")));
    friends.push_back(std::move(parsed));
  }
  return friends;
}

// "831.76", "0.83 nb", "59.7 /fb": the number in the first unit of the list.
struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 5> kCrossSectionUnits = {{{"pb", 1}, {"fb", 1e-3}, {"nb", 1e3}, {"ub", 1e6}, {"mb", 1e9}}};
constexpr std::array<Unit, 4> kLuminosityUnits = {{{"/pb", 1}, {"/fb", 1e3}, {"/nb", 1e-3}, {"/ab", 1e6}}};

Result<double> parseQuantity(const WorkflowFields& fields, std::string_view key, std::span<const Unit> units) {
  MLAAS_TRY(const auto text, fields.text(key));
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  if (failure == std::errc() && std::isfinite(value) && value > 0) {
    if (unit.empty()) return value;
    for (const Unit& known : units) {
      if (unit == known.name) return value * known.factor;
    }
  }
  std::string names;
  for (const Unit& known : units) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return fields.error(key, "expected a number above 0 in " + std::string(units.front().name) +
                               ", or with a unit of its own (" + names + "), found '" + text + "'");
}

Result<double> parseSubsample(const WorkflowFields& fields) {
  MLAAS_TRY(const double fraction, fields.number("subsample"));
  if (fraction > 0 && fraction <= 1) return fraction;
  return fields.error("subsample", "the fraction of events to use lies between 0, excluded, and 1");
}

Result<void> parseNormalisation(const WorkflowFields& fields, Sample& sample) {
  if (fields.find("subsample") != nullptr) {
    MLAAS_TRY(sample.subsample, parseSubsample(fields));
  }
  const bool hasCrossSection = fields.find("xsec") != nullptr;
  for (const char* key : {"generator_weight", "generator_sum"}) {
    if (fields.find(key) == nullptr || hasCrossSection) continue;
    return fields.error(key, "it belongs to a cross-section; give xsec too, or leave it out");
  }
  if (!hasCrossSection) return {};
  MLAAS_TRY(sample.crossSection, parseQuantity(fields, "xsec", kCrossSectionUnits));
  if (fields.find("generator_weight") != nullptr) {
    MLAAS_TRY(sample.generatorWeight, parseExpression(fields, "generator_weight"));
  }
  if (fields.find("generator_sum") != nullptr) {
    MLAAS_TRY(sample.sumGeneratorWeights, fields.number("generator_sum"));
    if (!(*sample.sumGeneratorWeights > 0)) return fields.error("generator_sum", "the sum must be above 0");
  }
  if (sample.weight.empty() && !sample.generatorWeight.empty()) {
    sample.weight = sample.generatorWeight;
    sample.places["weight"] = sample.places["generator_weight"];
  }
  return {};
}

// An integer, or an expression that gives one for each event.
Result<void> parseLabel(const WorkflowFields& fields, LabelRules rules, Sample& sample) {
  if (rules.hasTargets && fields.find("label") == nullptr) return {};
  const int64_t numClasses = rules.numClasses;
  MLAAS_TRY(const YamlNode* node, fields.required("label"));
  const auto json = node->kind == YamlNode::Kind::kScalar ? yamlToJson(*node) : Result<nlohmann::ordered_json>(nullptr);
  if (!json.ok() || !json->is_string()) {
    MLAAS_TRY(sample.label, fields.integer("label", 0, numClasses > 0 ? numClasses - 1 : kMaxClasses - 1));
    return {};
  }
  if (numClasses == 0) {
    return fields.error("label", "expected an integer from 0 to " + std::to_string(kMaxClasses - 1) + ", found '" +
                                     node->text +
                                     "'; where it is an expression that gives the label of each event, "
                                     "dataset.classes must name the classes");
  }
  sample.label = -1;
  MLAAS_TRY(sample.labelExpression, parseExpression(fields, "label"));
  return {};
}

Result<Sample> parseSample(const YamlNode& key, const YamlNode& node, LabelRules rules) {
  MLAAS_TRY(const auto fields, WorkflowFields::make(node, "dataset.samples." + key.text, kSampleKeys));
  Sample sample;
  sample.name = key.text;
  sample.where = key.where();
  for (const char* name : {"label", "weight", "generator_weight"}) {
    if (const YamlNode* value = fields.find(name); value != nullptr) sample.places[name] = value->where();
  }
  MLAAS_CHECK(parseLabel(fields, rules, sample));
  if (fields.find("tree") != nullptr) {
    MLAAS_TRY(sample.tree, fields.text("tree"));
  }
  MLAAS_TRY(sample.files, parseFiles(fields));
  MLAAS_TRY(sample.friends, parseFriends(fields));
  if (fields.find("weight") != nullptr) {
    MLAAS_TRY(sample.weight, parseExpression(fields, "weight"));
  }
  MLAAS_CHECK(parseNormalisation(fields, sample));
  if (fields.find("variations") != nullptr) {
    MLAAS_TRY(sample.variations, fields.texts("variations"));
    if (sample.variations->size() == 1 && sample.variations->front() == kNoVariation) sample.variations->clear();
  }
  return sample;
}

// Labels without a gap; those that events have are known when they are read.
Result<void> checkLabels(const WorkflowFields& dataset, const std::vector<Sample>& samples, LabelRules rules) {
  const int64_t numClasses = rules.numClasses;
  std::set<int64_t> labels;
  for (const auto& sample : samples) labels.insert(sample.label);
  if (labels.contains(-1)) return {};
  if (labels.size() < 2 && !rules.hasTargets) {
    return dataset.error("samples", "all samples have the label " + std::to_string(*labels.begin()) +
                                        "; a classifier needs samples of at least two labels (0, 1, ...)");
  }
  int64_t expected = 0;
  for (const int64_t label : labels) {
    if (label != expected) {
      return dataset.error("samples", "no sample has the label " + std::to_string(expected) + " but one has " +
                                          std::to_string(*labels.rbegin()) + "; labels count 0, 1, ... without a gap");
    }
    ++expected;
  }
  if (numClasses > expected) {
    return dataset.error("classes", std::to_string(numClasses) + " classes are named, but no sample has the label " +
                                        std::to_string(expected));
  }
  return {};
}

nlohmann::ordered_json friendToJson(const table::FriendOptions& options) {
  nlohmann::ordered_json json = {{"files", options.files}};
  if (!options.tree.empty()) json["tree"] = options.tree;
  if (!options.alias.empty()) json["alias"] = options.alias;
  if (options.index && options.index->empty()) {
    json["index"] = kByEntry;
  } else if (options.index) {
    json["index"] = *options.index;
  }
  // JSON has no NaN.
  if (options.missing && std::isnan(*options.missing)) {
    json["missing"] = "nan";
  } else if (options.missing) {
    json["missing"] = *options.missing;
  }
  return json;
}

}  // namespace

Result<std::string> parseExpression(const WorkflowFields& fields, std::string_view key) {
  MLAAS_TRY(auto text, fields.text(key));
  const auto names = table::namesUsed(text);
  if (!names.ok()) return fields.error(key, names.error().what());
  return text;
}

Result<std::vector<Sample>> parseSamples(const WorkflowFields& dataset, LabelRules rules) {
  MLAAS_TRY(const YamlNode* node, dataset.required("samples"));
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.samples", {}));
  if (node->keys.empty()) return dataset.error("samples", "no sample is listed");
  std::vector<Sample> samples;
  for (size_t i = 0; i < node->keys.size(); ++i) {
    if (node->keys[i].text.empty()) return yamlError(node->keys[i], "dataset.samples: a sample has no name");
    MLAAS_TRY(auto sample, parseSample(node->keys[i], node->items[i], rules));
    samples.push_back(std::move(sample));
  }
  MLAAS_CHECK(checkLabels(dataset, samples, rules));
  return samples;
}

Result<void> parseYield(const WorkflowFields& dataset, DatasetConfig& config) {
  if (dataset.find("subsample") != nullptr) {
    MLAAS_TRY(const double fraction, parseSubsample(dataset));
    for (size_t i = 0; i < config.samples.size(); ++i) {
      const YamlNode* own = dataset.find("samples")->items[i].find("subsample");
      if (own == nullptr) config.samples[i].subsample = fraction;
    }
  }
  const auto scaled = [](const Sample& sample) { return sample.crossSection.has_value(); };
  const bool some = std::any_of(config.samples.begin(), config.samples.end(), scaled);
  if (dataset.find("lumi") != nullptr) {
    if (!some) return dataset.error("lumi", "it scales samples that have a cross-section, xsec; no sample has one");
    MLAAS_TRY(config.luminosity, parseQuantity(dataset, "lumi", kLuminosityUnits));
  }
  const auto unscaled = std::find_if_not(config.samples.begin(), config.samples.end(), scaled);
  if (some && unscaled != config.samples.end()) {
    return dataset.error("samples", "sample '" + unscaled->name + "' has no xsec, but others have: weights of both " +
                                        "kinds cannot be compared; give all samples one, or scale by weight alone");
  }
  return {};
}

nlohmann::ordered_json samplesToJson(const std::vector<Sample>& samples) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& sample : samples) {
    nlohmann::ordered_json entry = {{"label", sample.label}};
    if (!sample.labelExpression.empty()) entry["label"] = sample.labelExpression;
    if (!sample.tree.empty()) entry["tree"] = sample.tree;
    entry["files"] = sample.files;
    for (const auto& one : sample.friends) entry["friends"].push_back(friendToJson(one.options));
    if (!sample.weight.empty()) entry["weight"] = sample.weight;
    if (sample.crossSection) entry["xsec"] = *sample.crossSection;
    if (!sample.generatorWeight.empty()) entry["generator_weight"] = sample.generatorWeight;
    if (sample.sumGeneratorWeights) entry["generator_sum"] = *sample.sumGeneratorWeights;
    if (sample.subsample < 1) entry["subsample"] = sample.subsample;
    if (sample.variations && sample.variations->empty()) {
      entry["variations"] = kNoVariation;
    } else if (sample.variations) {
      entry["variations"] = *sample.variations;
    }
    json[sample.name] = std::move(entry);
  }
  return json;
}

}  // namespace mlaas::dataset
