#include "mlaas/model/bundle_json.h"

#include <algorithm>
#include <cmath>

namespace mlaas::model {

using nlohmann::ordered_json;

namespace {

constexpr size_t kMostMembers = 1000;
constexpr int64_t kLongestGroup = 1 << 20;

std::string_view engineName(EngineKind kind) { return kind == EngineKind::kOnnx ? "onnx" : "trees"; }

ordered_json inputsToJson(const feature::FeatureSpec& features) {
  ordered_json inputs = ordered_json::array();
  if (!features.scalars.empty()) {
    inputs.push_back({{"name", "scalars"},
                      {"dtype", "float32"},
                      {"shape", {-1, features.scalars.size()}},
                      {"columns", features.scalars}});
  }
  for (const auto& group : features.groups) {
    inputs.push_back({{"name", group.name},
                      {"dtype", "float32"},
                      {"shape", {-1, group.length, group.columns.size()}},
                      {"columns", group.columns}});
    inputs.push_back({{"name", group.name + "_count"}, {"dtype", "int32"}, {"shape", {-1}}});
  }
  return inputs;
}

ordered_json featuresToJson(const feature::FeatureSpec& features) {
  ordered_json define = ordered_json::object();
  for (const auto& entry : features.defines) define[entry.name] = entry.expression;
  ordered_json groups = ordered_json::object();
  for (const auto& group : features.groups) {
    groups[group.name] = {{"columns", group.columns}, {"length", group.length}};
  }
  ordered_json json = {
      {"define", define}, {"select", features.select}, {"scalars", features.scalars}, {"groups", groups}};
  for (const auto& fill : features.fills) {
    json["fill"][fill.column] = {{"value", fill.value}, {"infinite", fill.infinite}};
  }
  return json;
}

feature::FeatureSpec featuresFromJson(const ordered_json& json) {
  feature::FeatureSpec features;
  for (const auto& [name, expression] : json.at("define").items()) {
    features.defines.push_back({name, expression.get<std::string>()});
  }
  features.select = json.at("select").get<std::string>();
  features.scalars = json.at("scalars").get<std::vector<std::string>>();
  for (const auto& [name, group] : json.at("groups").items()) {
    features.groups.push_back(
        {name, group.at("columns").get<std::vector<std::string>>(), group.at("length").get<int64_t>()});
  }
  const auto fills = json.value("fill", ordered_json::object());
  for (const auto& [column, fill] : fills.items()) {
    features.fills.push_back(
        {column, feature::Fill::Kind::kNumber, fill.at("value").get<float>(), fill.at("infinite").get<bool>()});
  }
  return features;
}

// A file's name that stays inside the bundle.
bool isPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

Result<void> checkBundle(const Bundle& bundle) {
  auto wrong = [](const std::string& what) { return Error(ErrorCode::kCorrupt, "bundle.json: " + what); };
  if (bundle.features.scalars.empty() && bundle.features.groups.empty()) return wrong("the model has no features");
  for (const auto& group : bundle.features.groups) {
    if (group.columns.empty() || group.length < 1 || group.length > kLongestGroup) {
      return wrong("group '" + group.name + "' needs columns and a length from 1 to " + std::to_string(kLongestGroup));
    }
  }
  for (const auto& fill : bundle.features.fills) {
    if (!std::isfinite(fill.value)) return wrong("the fill of '" + fill.column + "' is no finite number");
  }
  for (const auto& [name, checksum] : bundle.checksums) {
    if (!isPlainName(name)) return wrong("'" + name + "' in files is not a plain file name");
  }
  for (const auto& file : bundle.members.empty() ? std::vector{bundle.modelFile} : bundle.members) {
    if (!bundle.checksums.contains(file)) return wrong("the model file '" + file + "' has no checksum in files");
  }
  if (bundle.members.size() > kMostMembers) return wrong("more than " + std::to_string(kMostMembers) + " models");
  if (bundle.folds && (bundle.members.size() < 2 || bundle.identity.empty())) {
    return wrong("folds need at least two models and an identity");
  }
  if (bundle.outputs.empty()) return wrong("the model has no outputs");
  if (bundle.calibration && bundle.outputs.size() != 1) {
    return wrong("a calibration is for one output, the model has " + std::to_string(bundle.outputs.size()));
  }
  return {};
}

Bundle readFields(const ordered_json& json) {
  Bundle bundle;
  bundle.name = json.at("name").get<std::string>();
  bundle.description = json.at("description").get<std::string>();
  bundle.created = json.at("created").get<std::string>();
  const auto engine = json.at("engine").at("kind").get<std::string>();
  if (engine != "onnx" && engine != "trees") {
    throw Error(ErrorCode::kUnsupported, "bundle.json: engine '" + engine + "' is unknown; there are: onnx, trees");
  }
  bundle.engine = engine == "onnx" ? EngineKind::kOnnx : EngineKind::kTrees;
  if (json["engine"].contains("files")) {
    bundle.members = json["engine"]["files"].get<std::vector<std::string>>();
    if (bundle.members.empty()) throw Error(ErrorCode::kCorrupt, "bundle.json: engine.files lists no model");
    bundle.modelFile = bundle.members.front();
  } else {
    bundle.modelFile = json.at("engine").at("file").get<std::string>();
  }
  if (json.contains("folds")) bundle.folds = Folds{json["folds"].at("seed").get<uint64_t>()};
  bundle.features = featuresFromJson(json.at("features"));
  bundle.identity = json.at("identity").get<std::vector<std::string>>();
  bundle.labels = json.at("labels").get<std::vector<std::string>>();
  bundle.outputs = json.at("outputs").at(0).at("columns").get<std::vector<std::string>>();
  for (const auto& [name, checksum] : json.at("files").items()) bundle.checksums[name] = checksum.get<std::string>();
  if (json.contains("calibration")) bundle.calibration = ScoreCalibration::fromJson(json.at("calibration")).value();
  bundle.provenance = json.at("provenance");
  return bundle;
}

}  // namespace

ordered_json bundleToJson(const Bundle& bundle) {
  ordered_json outputs = ordered_json::array();
  outputs.push_back(
      {{"name", "scores"}, {"dtype", "float32"}, {"shape", {-1, bundle.outputs.size()}}, {"columns", bundle.outputs}});
  ordered_json json;
  json["format"] = bundle.members.empty() ? (bundle.calibration ? 2 : 1) : 3;
  json["name"] = bundle.name;
  json["description"] = bundle.description;
  json["created"] = bundle.created;
  json["engine"] = {{"kind", engineName(bundle.engine)}};
  if (bundle.members.empty()) {
    json["engine"]["file"] = bundle.modelFile;
  } else {
    json["engine"]["files"] = bundle.members;
  }
  if (bundle.folds) json["folds"] = {{"seed", bundle.folds->seed}};
  json["inputs"] = inputsToJson(bundle.features);
  json["outputs"] = std::move(outputs);
  json["features"] = featuresToJson(bundle.features);
  json["identity"] = bundle.identity;
  json["labels"] = bundle.labels;
  json["files"] = bundle.checksums;
  if (bundle.calibration) json["calibration"] = bundle.calibration->toJson();
  json["provenance"] = bundle.provenance;
  return json;
}

Result<Bundle> bundleFromJson(std::string_view text) {
  try {
    const ordered_json json = ordered_json::parse(text);
    const int format = json.at("format").get<int>();
    if (format < 1 || format > kBundleFormatVersion) {
      return Error(ErrorCode::kUnsupported,
                   "bundle.json: format " + std::to_string(format) + " is not known; this is " +
                       "version " MLAAS_VERSION ", which reads up to format " + std::to_string(kBundleFormatVersion));
    }
    Bundle bundle = readFields(json);
    MLAAS_CHECK(checkBundle(bundle));
    return bundle;
  } catch (const nlohmann::json::exception& error) {
    return Error(ErrorCode::kCorrupt, std::string("bundle.json: ") + error.what());
  } catch (const Error& error) {
    return error;
  }
}

ordered_json paramsToJson(const Bundle& bundle) {
  const bool hasScalars = !bundle.features.scalars.empty();
  ordered_json json;
  json["name"] = bundle.name;
  json["model"] = bundle.modelFile;
  json["labels"] = "labels.txt";
  json["options"] = ordered_json::array();
  json["input_name"] = hasScalars ? "scalars" : bundle.features.groups.front().name;
  json["output_name"] = "scores";
  json["description"] = bundle.description;
  json["features"] = bundle.features.flatNames();
  return json;
}

}  // namespace mlaas::model
