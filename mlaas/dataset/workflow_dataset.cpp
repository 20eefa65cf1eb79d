#include "mlaas/dataset/workflow_dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "mlaas/base/memory_budget.h"
#include "mlaas/dataset/workflow_fields.h"
#include "mlaas/dataset/workflow_fill.h"
#include "mlaas/dataset/workflow_samples.h"
#include "mlaas/dataset/workflow_weights.h"
#include "mlaas/table/expression.h"

namespace mlaas::dataset {

namespace {

const std::vector<std::string> kDatasetKeys = {
    "tree",      "samples",  "identity",   "select",    "define",  "features", "split",   "memory", "lumi",
    "subsample", "reweight", "variations", "variation", "damaged", "mixing",   "classes", "fill",   "targets"};
const std::vector<std::string> kGroupKeys = {"columns", "length"};
const std::vector<std::string> kDamagedKeys = {"skip"};
const std::vector<std::string> kSplitKeys = {"train", "validation", "test", "seed", "folds", "fold"};

constexpr int64_t kMaxGroupLength = 10'000;
constexpr size_t kMinMemoryBytes = size_t{1} << 20;
constexpr double kFractionTolerance = 1e-6;
constexpr int64_t kMaxFolds = 1000;
constexpr double kValidationBesideFold = 0.2;

bool isIdentifier(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Result<void> checkUnique(const WorkflowFields& fields, std::string_view key, const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const auto& name : names) {
    if (!seen.insert(name).second) return fields.error(key, "'" + name + "' is listed twice");
  }
  return {};
}

Result<std::vector<feature::Define>> parseDefines(const WorkflowFields& dataset) {
  const YamlNode* node = dataset.find("define");
  std::vector<feature::Define> defines;
  if (node == nullptr) return defines;
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.define", {}));
  for (const auto& key : node->keys) {
    if (!isIdentifier(key.text)) {
      return yamlError(
          key, "dataset.define: '" + key.text + "' cannot name a column; use letters, digits and _, not a digit first");
    }
    MLAAS_TRY(auto expression, parseExpression(fields, key.text));
    defines.push_back({key.text, std::move(expression)});
  }
  return defines;
}

Result<feature::JaggedGroup> parseGroup(const YamlNode& key, const YamlNode& node) {
  if (!isIdentifier(key.text)) {
    return yamlError(
        key, "dataset.features: '" + key.text + "' cannot name a group; use letters, digits and _, not a digit first");
  }
  MLAAS_TRY(const auto fields, WorkflowFields::make(node, "dataset.features." + key.text, kGroupKeys));
  feature::JaggedGroup group;
  group.name = key.text;
  MLAAS_TRY(group.columns, fields.texts("columns"));
  MLAAS_CHECK(checkUnique(fields, "columns", group.columns));
  MLAAS_TRY(const YamlNode* length, fields.required("length"));
  if (length->text == "all") {
    group.length = feature::JaggedGroup::kAll;
  } else {
    MLAAS_TRY(group.length, fields.integer("length", 1, kMaxGroupLength));
  }
  return group;
}

Result<void> parseFeatures(const WorkflowFields& dataset, feature::FeatureSpec& spec) {
  MLAAS_TRY(const YamlNode* node, dataset.required("features"));
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.features", {}));
  for (size_t i = 0; i < node->keys.size(); ++i) {
    if (node->keys[i].text == "scalars") {
      MLAAS_TRY(spec.scalars, fields.texts("scalars"));
      MLAAS_CHECK(checkUnique(fields, "scalars", spec.scalars));
      continue;
    }
    MLAAS_TRY(auto group, parseGroup(node->keys[i], node->items[i]));
    spec.groups.push_back(std::move(group));
  }
  if (spec.scalars.empty() && spec.groups.empty()) {
    return dataset.error("features",
                         "no feature is listed; give scalars: [...] or a group {columns: [...], length: N}");
  }
  return {};
}

// Names of the classes by label.
Result<std::vector<std::string>> parseClasses(const WorkflowFields& dataset) {
  constexpr size_t kMostClasses = 1000;
  MLAAS_TRY(auto classes, dataset.texts("classes"));
  MLAAS_CHECK(checkUnique(dataset, "classes", classes));
  if (classes.size() >= 2 && classes.size() <= kMostClasses) return classes;
  return dataset.error("classes", "expected the names of 2 to 1000 classes, found " + std::to_string(classes.size()));
}

// Columns or defines that are predicted.
Result<std::vector<std::string>> parseTargets(const WorkflowFields& dataset) {
  constexpr size_t kMostTargets = 1000;
  MLAAS_TRY(auto targets, dataset.texts("targets"));
  MLAAS_CHECK(checkUnique(dataset, "targets", targets));
  if (targets.size() > kMostTargets) {
    return dataset.error(
        "targets", "expected at most 1000 columns or defines to predict, found " + std::to_string(targets.size()));
  }
  return targets;
}

// A model that sees what its labels are made of, or what it is to predict, learns nothing else.
Result<void> checkLabelIsNoFeature(const WorkflowFields& dataset, const DatasetConfig& config) {
  std::vector<std::string> names = config.features.scalars;
  for (const auto& group : config.features.groups) {
    names.insert(names.end(), group.columns.begin(), group.columns.end());
  }
  for (const auto& target : config.targets) {
    if (std::find(names.begin(), names.end(), target) == names.end()) continue;
    return dataset.error("features", "'" + target + "' is a target and cannot be a feature; leave it out");
  }
  for (const Sample& sample : config.samples) {
    if (sample.labelExpression.empty()) continue;
    MLAAS_TRY(const auto used, table::namesUsed(sample.labelExpression));
    for (const auto& name : used) {
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      return dataset.error("features", "'" + name + "' gives the label of sample '" + sample.name +
                                           "' and cannot be a feature; leave it out");
    }
  }
  return {};
}

// Identity columns are hashed for the split; as features they would let a model learn the split or the sample.
Result<void> checkIdentityIsNoFeature(const WorkflowFields& dataset, const DatasetConfig& config) {
  std::vector<std::string> names = config.features.scalars;
  for (const auto& group : config.features.groups) {
    names.insert(names.end(), group.columns.begin(), group.columns.end());
  }
  for (const auto& name : names) {
    if (std::find(config.identity.begin(), config.identity.end(), name) == config.identity.end()) continue;
    return dataset.error("features", "'" + name + "' is an identity column and cannot be a feature; leave it out");
  }
  return {};
}

// The test part is one fold of several; `split` has the seed.
Result<Split> parseFolds(const WorkflowFields& fields, Split split) {
  for (const char* key : {"train", "test"}) {
    if (fields.find(key) == nullptr) continue;
    return fields.error(key,
                        "with folds the test part is the fold, and the rest is divided by validation; leave it out");
  }
  MLAAS_TRY(split.folds, fields.integer("folds", 2, kMaxFolds));
  MLAAS_TRY(split.fold, fields.integer("fold", 0, split.folds - 1));
  split.validation = kValidationBesideFold;
  if (fields.find("validation") != nullptr) {
    MLAAS_TRY(split.validation, fields.number("validation"));
    if (!(split.validation >= 0 && split.validation < 1)) {
      return fields.error("validation", "the fraction of the events outside the fold lies between 0 and 1, 1 excluded");
    }
  }
  return split;
}

// A fraction that is absent beside others that are given is 0.
Result<Split> parseSplit(const WorkflowFields& dataset) {
  Split split;
  const YamlNode* node = dataset.find("split");
  if (node == nullptr) return split;
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.split", kSplitKeys));
  if (fields.find("seed") != nullptr) {
    MLAAS_TRY(const int64_t seed, fields.integer("seed", 0, INT64_MAX));
    split.seed = static_cast<uint64_t>(seed);
  }
  if (fields.find("folds") != nullptr || fields.find("fold") != nullptr) return parseFolds(fields, split);
  const std::array<std::pair<const char*, double*>, 3> fractions = {
      {{"train", &split.train}, {"validation", &split.validation}, {"test", &split.test}}};
  if (std::none_of(fractions.begin(), fractions.end(), [&](auto& f) { return fields.find(f.first) != nullptr; })) {
    return split;
  }
  for (const auto& [key, fraction] : fractions) {
    *fraction = 0;
    if (fields.find(key) == nullptr) continue;
    MLAAS_TRY(*fraction, fields.number(key));
    if (!(*fraction >= 0 && *fraction <= 1)) return fields.error(key, "a fraction lies between 0 and 1");
  }
  if (split.train <= 0) return fields.error("train", "the fraction for training must be above 0");
  const double sum = split.train + split.validation + split.test;
  if (std::abs(sum - 1) > kFractionTolerance) {
    return dataset.error("split", "train + validation + test must be 1, found " + std::to_string(sum));
  }
  return split;
}

Result<size_t> parseMemory(const WorkflowFields& dataset) {
  MLAAS_TRY(const auto text, dataset.text("memory"));
  auto bytes = parseByteSize(text);
  if (!bytes.ok()) return dataset.error("memory", bytes.error().message());
  if (*bytes < kMinMemoryBytes) return dataset.error("memory", "at least 1 MiB, found '" + text + "'");
  return *bytes;
}

// "stop", or {skip: FRACTION}.
Result<DamagePolicy> parseDamaged(const WorkflowFields& dataset) {
  DamagePolicy policy;
  const YamlNode* node = dataset.find("damaged");
  if (node == nullptr) return policy;
  if (node->kind != YamlNode::Kind::kMap) {
    MLAAS_TRY(const auto text, dataset.text("damaged"));
    if (text == "stop") return policy;
    return dataset.error("damaged", "expected stop or {skip: FRACTION}, found '" + text + "'");
  }
  MLAAS_TRY(const auto fields, WorkflowFields::make(*node, "dataset.damaged", kDamagedKeys));
  MLAAS_TRY(policy.mostSkipped, fields.number("skip"));
  if (policy.mostSkipped > 0 && policy.mostSkipped < 1) return policy;
  return fields.error("skip", "expected a fraction of all entries, above 0 and below 1");
}

// By what errors of the columns call the parts.
std::map<std::string, std::string> placesOf(const WorkflowFields& dataset) {
  std::map<std::string, std::string> places;
  if (const YamlNode* select = dataset.find("select"); select != nullptr) places["select"] = select->where();
  if (const YamlNode* defines = dataset.find("define"); defines != nullptr) {
    for (size_t i = 0; i < defines->keys.size(); ++i) {
      places["define " + defines->keys[i].text] = defines->items[i].where();
    }
  }
  if (const YamlNode* targets = dataset.find("targets"); targets != nullptr) {
    if (targets->kind == YamlNode::Kind::kScalar) places["target " + targets->text] = targets->where();
    for (const auto& item : targets->items) places["target " + item.text] = item.where();
  }
  places["identity"] = dataset.find("identity")->where();
  const YamlNode& features = *dataset.find("features");
  for (size_t i = 0; i < features.keys.size(); ++i) {
    const std::string& name = features.keys[i].text;
    places[name == "scalars" ? name : "group " + name] = features.items[i].where();
  }
  return places;
}

}  // namespace

Result<DatasetConfig> parseDatasetConfig(const YamlNode& node) {
  MLAAS_TRY(const auto fields, WorkflowFields::make(node, "dataset", kDatasetKeys));
  DatasetConfig config;
  if (fields.find("tree") != nullptr) {
    MLAAS_TRY(config.tree, fields.text("tree"));
  }
  if (fields.find("classes") != nullptr) {
    MLAAS_TRY(config.classes, parseClasses(fields));
  }
  if (fields.find("targets") != nullptr) {
    MLAAS_TRY(config.targets, parseTargets(fields));
  }
  const LabelRules labels{static_cast<int64_t>(config.classes.size()), !config.targets.empty()};
  MLAAS_TRY(config.samples, parseSamples(fields, labels));
  MLAAS_TRY(config.identity, fields.texts("identity"));
  MLAAS_CHECK(checkUnique(fields, "identity", config.identity));
  if (fields.find("select") != nullptr) {
    MLAAS_TRY(config.features.select, parseExpression(fields, "select"));
  }
  MLAAS_TRY(config.features.defines, parseDefines(fields));
  MLAAS_CHECK(parseFeatures(fields, config.features));
  MLAAS_CHECK(checkIdentityIsNoFeature(fields, config));
  MLAAS_CHECK(checkLabelIsNoFeature(fields, config));
  config.places = placesOf(fields);
  MLAAS_TRY(config.split, parseSplit(fields));
  MLAAS_CHECK(parseYield(fields, config));
  MLAAS_CHECK(parseReweighting(fields, config));
  MLAAS_CHECK(parseVariations(fields, config));
  MLAAS_CHECK(parseMixing(fields, config));
  if (fields.find("memory") != nullptr) {
    MLAAS_TRY(config.memoryBytes, parseMemory(fields));
  }
  MLAAS_TRY(config.damaged, parseDamaged(fields));
  MLAAS_CHECK(parseFill(fields, config));
  return config;
}

nlohmann::ordered_json lengthJson(const feature::JaggedGroup& group) {
  return group.isRagged() ? nlohmann::ordered_json("all") : nlohmann::ordered_json(group.length);
}

nlohmann::ordered_json datasetConfigToJson(const DatasetConfig& config) {
  auto json = nlohmann::ordered_json::object();
  if (!config.tree.empty()) json["tree"] = config.tree;
  if (!config.classes.empty()) json["classes"] = config.classes;
  json["samples"] = samplesToJson(config.samples);
  if (!config.targets.empty()) json["targets"] = config.targets;
  json["identity"] = config.identity;
  if (!config.features.select.empty()) json["select"] = config.features.select;
  if (!config.features.defines.empty()) {
    auto defines = nlohmann::ordered_json::object();
    for (const auto& define : config.features.defines) defines[define.name] = define.expression;
    json["define"] = std::move(defines);
  }
  auto features = nlohmann::ordered_json::object();
  if (!config.features.scalars.empty()) features["scalars"] = config.features.scalars;
  for (const auto& group : config.features.groups) {
    features[group.name] = {{"columns", group.columns}, {"length", lengthJson(group)}};
  }
  json["features"] = std::move(features);
  if (config.split.folds > 0) {
    json["split"] = {{"folds", config.split.folds}, {"fold", config.split.fold}};
  } else {
    json["split"] = {{"train", config.split.train}, {"test", config.split.test}};
  }
  json["split"]["validation"] = config.split.validation;
  json["split"]["seed"] = config.split.seed;
  if (config.luminosity) json["lumi"] = *config.luminosity;
  addWeightsJson(config, json);
  json["memory"] = config.memoryBytes;
  if (config.damaged.mostSkipped > 0) json["damaged"] = {{"skip", config.damaged.mostSkipped}};
  addFillJson(config, json);
  return json;
}

}  // namespace mlaas::dataset
