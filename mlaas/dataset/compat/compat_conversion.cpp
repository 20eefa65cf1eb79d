#include "mlaas/dataset/compat/compat_conversion.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

#include "mlaas/base/memory_budget.h"
#include "mlaas/base/nearest_name.h"
#include "mlaas/dataset/compat/compat_inputs.h"
#include "mlaas/dataset/compat/compat_parameters.h"
#include "mlaas/dataset/compat/compat_preprocessing.h"
#include "mlaas/dataset/feature_resolution.h"
#include "mlaas/dataset/statistics_scan.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_yaml.h"
#include "mlaas/dataset/yaml_tree.h"
#include "mlaas/table/chain/table_pool.h"
#include "mlaas/table/named_columns.h"

namespace mlaas::dataset {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kScanBytes = size_t{1} << 30;
constexpr int64_t kMostElements = 10'000;  // of a group in a workflow
constexpr size_t kMostSamples = 1'000;
constexpr double kTrainFraction = 0.64;
constexpr int64_t kMostChunkEvents = 10'000'000;  // of a workflow

struct InputFile {
  std::string location;
  int64_t label = 0;
  std::vector<ScannedTable> tables;  // one, or those of a pattern
};

bool isFlatNumber(const ColumnType& type) { return type.isFlat() && !type.isString && type.shape.empty(); }
bool isJaggedNumber(const ColumnType& type) { return type.jaggedDepth == 1 && !type.isString && type.shape.empty(); }

std::string joined(const std::vector<std::string>& names, size_t most = 8) {
  std::string text;
  for (size_t i = 0; i < std::min(most, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

// Letters, digits and _ only, and not yet in `taken`.
std::string identifierOf(const std::string& name, std::set<std::string>& taken) {
  std::string text;
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    text += fits ? c : '_';
  }
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) text.insert(0, "_");
  std::string unique = text;
  for (int i = 2; !taken.insert(unique).second; ++i) unique = text + "_" + std::to_string(i);
  return unique;
}

std::string baseName(const std::string& file) {
  std::string name = std::filesystem::path(file).filename().string();
  if (name.ends_with(".root")) name.resize(name.size() - 5);
  return name.empty() ? "sample" : name;
}

class Converter {
 public:
  Converter(const CompatCommand& command, TaskPool& pool, const std::stop_token& stop)
      : command_(command), pool_(pool), stop_(stop) {}

  Result<CompatConversion> convert() {
    MLAAS_CHECK(readInputs());
    MLAAS_CHECK(openFiles());
    MLAAS_CHECK(chooseColumns());
    if (command_.specs.empty()) {
      MLAAS_CHECK(scan());
    } else {
      MLAAS_CHECK(readSpecs());
    }
    MLAAS_CHECK(assemble());
    MLAAS_CHECK(parseWorkflow(toYaml(result_.workflow), "the converted workflow", {}));
    return std::move(result_);
  }

 private:
  Result<void> readInputs() {
    if (!command_.dataType.empty() && command_.dataType != "root") {
      return Error(ErrorCode::kUnsupported, "--dtype " + command_.dataType + ": ROOT files are read; leave it out");
    }
    MLAAS_TRY(const auto files, readCompatList("--files", command_.files));
    MLAAS_TRY(auto labels, readCompatLabels(command_.labels, files.size()));
    label_ = std::move(labels.branch);
    if (!command_.parameters.empty()) {
      MLAAS_TRY(const auto text, readCompatText("--params", command_.parameters));
      MLAAS_TRY(parameters_, parseCompatParameters(text, command_.parameters));
    }
    if (!command_.preprocessing.empty()) {
      MLAAS_TRY(const auto text, readCompatText("--preproc", command_.preprocessing));
      MLAAS_TRY(preprocessing_, parseCompatPreprocessing(text, command_.preprocessing));
    }
    result_.notes = parameters_.notes;
    for (size_t i = 0; i < files.size(); ++i) {
      const int64_t label = label_.empty() ? labels.ofFiles[i] : 0;
      files_.push_back({compatLocation(files[i], parameters_.redirector), label, {}});
    }
    return {};
  }

  Result<void> openFiles() {
    const auto tables = table::TablePool::make();
    for (InputFile& file : files_) {
      MLAAS_TRY(const auto references, table::expandFileReferences(std::vector{file.location}, parameters_.tree));
      for (const auto& reference : references) {
        if (stop_.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while opening files");
        MLAAS_TRY(const auto opened, tables->open(reference));
        file.tables.push_back({opened.pooled});
      }
    }
    return {};
  }

  // What can be a feature, by the names and types of the first file.
  Result<void> chooseColumns() {
    const table::Table& first = *files_.front().tables.front().table;
    auto named = table::nameColumns(first);
    MLAAS_CHECK(compileExpressions(named.readable));
    std::map<std::string, ColumnType> types;
    for (const auto& [name, type] : named.readable) types[name] = type;
    MLAAS_CHECK(checkNames(types, named.unreadable));
    std::set<std::string> wanted(parameters_.selected.begin(), parameters_.selected.end());
    std::set<std::string> out;
    if (wanted.empty()) out.insert(parameters_.excluded.begin(), parameters_.excluded.end());
    out.insert(parameters_.identifier.begin(), parameters_.identifier.end());
    out.insert(preprocessing_.removed.begin(), preprocessing_.removed.end());
    if (!label_.empty()) {
      MLAAS_CHECK(checkLabel(types));
      out.insert(label_);
    }
    std::vector<std::string> odd;
    std::vector<std::string> truth;
    for (const auto& [name, type] : named.readable) {
      const bool isDefine = preprocessing_.isJagged.contains(name);
      if (out.contains(name) || (!wanted.empty() && !wanted.contains(name) && !isDefine)) continue;
      const bool fits = isFlatNumber(type) || isJaggedNumber(type);
      (fits ? columns_ : odd).push_back(name);
      if (fits && isTruthName(name)) truth.push_back(name);
    }
    for (const auto& [name, reason] : named.unreadable) {
      if (!out.contains(name) && wanted.empty()) odd.push_back(name);
    }
    if (!odd.empty()) {
      result_.notes.push_back("neither one number an event nor a list of numbers, so no features: " + joined(odd));
    }
    if (!truth.empty()) {
      result_.notes.push_back("features by MLaaS4HEP's rule, though their names say that they are simulation truth: " +
                              joined(truth));
    }
    if (columns_.empty()) {
      return Error(ErrorCode::kInvalidArgument, first.url() + ": " + first.name() +
                                                    ": no branch is left as a feature; look at selected_branches, "
                                                    "exclude_branches and remove");
    }
    return {};
  }

  Result<void> compileExpressions(std::vector<table::NamedType>& names) {
    for (const auto& define : preprocessing_.defines) {
      const std::string where = preprocessing_.where.at(define.name) + ": new_branch." + define.name + ": ";
      auto compiled = table::Expression::compile(define.expression, names);
      if (!compiled.ok()) return Error(compiled.error().code(), where + compiled.error().what());
      const bool isJagged = preprocessing_.isJagged.at(define.name);
      const bool fits = isJagged ? isJaggedNumber(compiled->type()) : isFlatNumber(compiled->type());
      if (!fits) {
        return Error(ErrorCode::kInvalidArgument, where + "its type is \"" + (isJagged ? "jagged" : "flat") +
                                                      "\", but '" + define.expression + "' is " +
                                                      compiled->type().name());
      }
      names.push_back({define.name, compiled->type()});
    }
    for (const auto& cut : preprocessing_.cuts) {
      const auto compiled = table::Expression::compile(cut.expression, names);
      if (!compiled.ok()) return Error(compiled.error().code(), cut.where + ": " + compiled.error().what());
    }
    return {};
  }

  Result<void> checkLabel(const std::map<std::string, ColumnType>& types) const {
    const auto found = types.find(label_);
    const std::string& url = files_.front().tables.front().table->url();
    if (found == types.end()) {
      std::vector<std::string> known;
      for (const auto& [name, type] : types) known.push_back(name);
      return Error(ErrorCode::kNotFound, "--labels: '" + label_ + "' is no integer, and " + url +
                                             " has no branch of that name" + suggestNames(label_, known));
    }
    if (isFlatNumber(found->second)) return {};
    return Error(ErrorCode::kInvalidArgument, "--labels: branch '" + label_ + "' of " + url + " is " +
                                                  found->second.name() + ", expected one number an event");
  }

  // Names in the parameters must be branches; identifiers that are not there are left out.
  Result<void> checkNames(const std::map<std::string, ColumnType>& types,
                          const std::map<std::string, std::string>& unreadable) {
    const table::Table& first = *files_.front().tables.front().table;
    std::vector<std::string> known;
    for (const auto& [name, type] : types) known.push_back(name);
    const auto check = [&](const std::string& what, const std::string& name) -> Result<void> {
      if (types.contains(name)) return {};
      if (const auto reason = unreadable.find(name); reason != unreadable.end()) {
        return Error(ErrorCode::kUnsupported, what + ": branch '" + name + "' cannot be read: " + reason->second);
      }
      return Error(ErrorCode::kNotFound,
                   what + ": " + first.url() + " has no branch '" + name + "'" + suggestNames(name, known));
    };
    for (const auto& name : parameters_.selected) MLAAS_CHECK(check(command_.parameters + ": selected_branches", name));
    for (const auto& name : preprocessing_.used) MLAAS_CHECK(check(command_.preprocessing, name));
    for (const auto& name : parameters_.identifier) {
      const auto found = types.find(name);
      if (found == types.end()) continue;
      const ColumnType& type = found->second;
      if (isFlatNumber(type) && !isFloating(type.dtype) && type.dtype != DType::kBool) identity_.push_back(name);
    }
    if (identity_.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   first.url() + " has none of the integer branches " + joined(parameters_.identifier) +
                       "; name those that identify an event as 'identifier' in params.json: they decide which events "
                       "train and which test");
    }
    return {};
  }

  std::string selection() const {
    if (preprocessing_.cuts.size() == 1) return preprocessing_.cuts.front().expression;
    std::string text;
    for (const auto& cut : preprocessing_.cuts) text += (text.empty() ? "(" : " && (") + cut.expression + ")";
    return text;
  }

  // Every file is a sample of the scan, so that each has its own specs. The column of labels comes last, where there is
  // one, and is taken off.
  Result<ScanResult> scanColumns(const std::vector<std::string>& columns) {
    ScanRequest request;
    request.defines = preprocessing_.defines;
    request.select = selection();
    request.columns = columns;
    if (!label_.empty()) request.columns.push_back(label_);
    request.mostCorrelated = 0;
    for (const InputFile& file : files_) request.samples.push_back({file.location, {}, file.tables});
    MemoryBudget budget(kScanBytes);
    MLAAS_TRY(auto found, scanStatistics(request, pool_, budget, stop_, [](int64_t) {}));
    if (label_.empty()) return found;
    MLAAS_CHECK(countClasses(found.columns.back().values()));
    found.columns.pop_back();
    for (SampleScan& sample : found.samples) sample.columns.pop_back();
    return found;
  }

  Result<void> countClasses(const NumberStatistics& labels) {
    const Moments& moments = labels.moments();
    constexpr double kMostClasses = 1'000;
    if (moments.count == labels.count() && moments.minimum >= 0 && moments.maximum >= 1 &&
        moments.maximum < kMostClasses) {
      numClasses_ = static_cast<int64_t>(moments.maximum) + 1;
      return {};
    }
    const auto text = [](double value) { return Json(value).dump(); };
    std::string found = text(moments.minimum) + " to " + text(moments.maximum);
    if (moments.count < labels.count()) found = "NaN or infinite values";
    if (labels.count() == 0) found = "no selected event";
    return Error(ErrorCode::kInvalidArgument, "--labels: branch '" + label_ +
                                                  "' must count classes, 0, 1, ... with at least two and at most 1000 "
                                                  "of them; found " +
                                                  found + ". Give a label that does as new_branch of preproc.json");
  }

  Result<void> scan() {
    MLAAS_TRY(const auto found, scanColumns(columns_));
    int64_t numEvents = 0;
    for (size_t i = 0; i < files_.size(); ++i) {
      const SampleScan& sample = found.samples[i];
      result_.files.push_back({baseName(files_[i].location), makeCompatSpecs(sample.columns, sample.numSelected)});
      numEvents += sample.numSelected;
    }
    specs_ = makeCompatSpecs(found.columns, numEvents);
    result_.specs = specs_;
    std::vector<std::string> empty;
    for (const auto& column : found.columns) {
      if (!column.lengths().empty() && column.values().count() == 0) empty.push_back(column.name());
    }
    if (!empty.empty())
      result_.notes.push_back("lists without an element in any event, so no features: " + joined(empty));
    for (const auto& [name, count] : specs_.numNotFinite) {
      result_.notes.push_back("'" + name + "' has " + std::to_string(count) +
                              " values that are NaN or infinite: they are taken as 0, as MLaaS4HEP does; "
                              "dataset.fill says so");
    }
    return {};
  }

  Result<void> readSpecs() {
    MLAAS_TRY(const auto text, readCompatText("--specs", command_.specs));
    MLAAS_TRY(specs_, parseCompatSpecs(text, command_.specs));
    const std::set<std::string> known(columns_.begin(), columns_.end());
    for (const auto* keys : {&specs_.flatKeys, &specs_.jaggedKeys}) {
      for (const auto& key : *keys) {
        if (std::ranges::find(identity_, key) != identity_.end()) continue;
        if (known.contains(key)) continue;
        return Error(ErrorCode::kInvalidArgument, command_.specs + ": '" + key +
                                                      "' is no feature of these files and parameters" +
                                                      suggestNames(key, columns_) + " Make the specs file again");
      }
    }
    std::erase_if(specs_.flatKeys,
                  [&](const std::string& key) { return std::ranges::find(identity_, key) != identity_.end(); });
    if (!label_.empty()) MLAAS_CHECK(scanColumns({}));
    return {};
  }

  Json labelOf(const InputFile& file) const { return label_.empty() ? Json(file.label) : Json(label_); }

  Json samples() const {
    Json samples = Json::object();
    if (files_.size() > kMostSamples) {
      for (const InputFile& file : files_) {
        Json& sample = samples[label_.empty() ? "label_" + std::to_string(file.label) : "all"];
        sample["label"] = labelOf(file);
        sample["files"].push_back(file.location);
      }
      return samples;
    }
    for (const InputFile& file : files_) {
      const std::string base = baseName(file.location);
      std::string name = base;
      for (int i = 2; samples.contains(name); ++i) name = base + "_" + std::to_string(i);
      samples[name] = {{"label", labelOf(file)}, {"files", file.location}};
    }
    return samples;
  }

  Result<Json> features() {
    Json features = Json::object();
    if (!specs_.flatKeys.empty()) features["scalars"] = specs_.flatKeys;
    std::set<std::string> taken = {"scalars"};
    for (const auto& key : specs_.jaggedKeys) {
      int64_t length = specs_.dimensions.at(key);
      if (length > kMostElements) {
        result_.notes.push_back("'" + key + "' has lists of up to " + std::to_string(length) + " elements; the first " +
                                std::to_string(kMostElements) + " are taken");
        length = kMostElements;
      }
      features[identifierOf(key, taken)] = {{"columns", key}, {"length", length}};
    }
    return features;
  }

  Result<Json> model() {
    if (command_.model.empty() || command_.model == "mlp") {
      return Json{{"kind", "mlp"}, {"layers", {128, 64}}, {"dropout", 0.5}, {"scaling", "minmax"}};
    }
    if (command_.model == "trees") return Json{{"kind", "trees"}};
    if (command_.model.ends_with(".py")) {
      return Error(
          ErrorCode::kUnsupported,
          "--model " + command_.model +
              ": Python models are not run; give mlp (n-128-64-1 with dropout, MLaaS4HEP's example), trees, or a "
              "YAML file with the workflow's model, such as {kind: mlp, layers: [128, 64], dropout: 0.5}");
    }
    MLAAS_TRY(const auto text, readCompatText("--model", command_.model));
    MLAAS_TRY(const auto tree, parseYaml(text, command_.model));
    if (tree.kind != YamlNode::Kind::kMap || tree.find("kind") == nullptr) {
      return yamlError(tree, "--model: expected a map with kind and its options, found " + tree.describe());
    }
    return yamlToJson(tree);
  }

  Result<void> assemble() {
    Json dataset = {{"tree", parameters_.tree}, {"samples", samples()}, {"identity", identity_}};
    for (int64_t i = 0; i < numClasses_; ++i) dataset["classes"].push_back(label_ + "_" + std::to_string(i));
    if (!preprocessing_.cuts.empty()) dataset["select"] = selection();
    for (const auto& define : preprocessing_.defines) dataset["define"][define.name] = define.expression;
    MLAAS_TRY(dataset["features"], features());
    dataset["fill"] = {{"*", {{"with", 0}, {"infinite", true}}}};
    dataset["split"] = {{"train", kTrainFraction}, {"validation", 0.16}, {"test", 0.2}, {"seed", 1}};
    Json& workflow = result_.workflow;
    workflow["name"] = command_.name;
    workflow["dataset"] = std::move(dataset);
    MLAAS_TRY(workflow["model"], model());
    if (workflow["model"]["kind"] != "trees") {
      // A chunk is cut into the parts, and passed over `epochs` times.
      const int64_t events = std::clamp<int64_t>(
          std::llround(kTrainFraction * static_cast<double>(parameters_.chunkSize)), 1, kMostChunkEvents);
      workflow["training"] = {{"epochs", 1},
                              {"batch_size", parameters_.batchSize},
                              {"chunks", {{"events", events}, {"passes", parameters_.epochs}}}};
    }
    workflow["training"]["early_stopping"] = false;
    workflow["output"] = command_.output.empty() ? "models/" + command_.name : command_.output;
    return {};
  }

  const CompatCommand& command_;
  TaskPool& pool_;
  const std::stop_token& stop_;
  CompatParameters parameters_;
  CompatPreprocessing preprocessing_;
  std::vector<InputFile> files_;
  std::string label_;       // the branch that holds the label of each event; empty: files have labels
  int64_t numClasses_ = 0;  // with label_
  std::vector<std::string> identity_;
  std::vector<std::string> columns_;  // features, in the order of the first file and then of the defines
  CompatSpecs specs_;
  CompatConversion result_;
};

}  // namespace

std::string CompatConversion::text() const {
  std::string text = "# Made by mlaas convert from the files of MLaaS4HEP.\n";
  for (const auto& note : notes) text += "# - " + note + "\n";
  return text + toYaml(workflow);
}

nlohmann::ordered_json CompatConversion::globalSpecs() const {
  Json json = specs ? specs->toJson() : Json::object();
  Json events = {{"total", specs ? specs->numEvents : 0}};
  for (const auto& file : files) events[file.name] = file.specs.numEvents;
  json["events"] = std::move(events);
  return json;
}

Result<CompatConversion> convertCompat(const CompatCommand& command, TaskPool& pool, const std::stop_token& stop) {
  return Converter(command, pool, stop).convert();
}

}  // namespace mlaas::dataset
