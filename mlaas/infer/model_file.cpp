#include "mlaas/infer/model_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace mlaas::infer {

namespace fs = std::filesystem;

namespace {

constexpr const char* kExpected =
    "expected bundle.json, a SavedModel's saved_model.pb, or one file .onnx, .pb, .tflite, .json or .ubj (XGBoost) or "
    ".txt (LightGBM)";
constexpr size_t kMostEntries = 10'000;

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool isFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Error unsupported(const fs::path& path, const std::string& advice) {
  return {ErrorCode::kUnsupported, "'" + path.filename().string() + "' cannot be run: " + advice};
}

// What to do with a model in a format that is known, and not run.
std::optional<std::string> adviceFor(const std::string& extension) {
  if (extension == ".keras" || extension == ".h5" || extension == ".hdf5") {
    return "it is Keras' own format; export it as a SavedModel: model.export('folder')";
  }
  if (extension == ".pt" || extension == ".pth") {
    return "it is PyTorch's own format; export it as ONNX: torch.onnx.export(model, inputs, 'model.onnx')";
  }
  if (extension == ".bst" || extension == ".model") {
    return "it may be one of several formats of XGBoost; save it by name: booster.save_model('model.json')";
  }
  if (extension == ".pkl" || extension == ".pickle" || extension == ".joblib") {
    return "a pickle is a program; convert it to ONNX, for scikit-learn with skl2onnx";
  }
  return std::nullopt;
}

// Many text files stand beside models; LightGBM's begins with this line.
bool isLightgbmText(const fs::path& path) {
  std::ifstream stream(path);
  std::string start(5, '\0');
  return stream.read(start.data(), static_cast<std::streamsize>(start.size())) &&
         (start == "tree\n" || start == "tree\r");
}

std::optional<ModelFormat> formatOf(const fs::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".onnx") return ModelFormat::kOnnx;
  if (extension == ".pb") return ModelFormat::kFrozenGraph;
  if (extension == ".tflite") return ModelFormat::kTflite;
  if (extension == ".json") return ModelFormat::kXgboostJson;
  if (extension == ".ubj") return ModelFormat::kXgboostUbj;
  if (extension == ".txt" && isLightgbmText(path)) return ModelFormat::kLightgbmText;
  return std::nullopt;
}

// Files that stand beside a model and are none.
bool isCompanion(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.front() == '.' || name == "params.json" || name == "serving.json" || name == "metrics.json" ||
         name == "statistics.json" || name == "config.json" || name == "fingerprint.pb" || name == "keras_metadata.pb";
}

bool looksLikeModel(const fs::path& path) {
  if (isCompanion(path)) return false;
  if (isFolder(path)) return isThere(path / "saved_model.pb") || isThere(path / "bundle.json");
  const std::string extension = path.extension().string();
  return formatOf(path) || adviceFor(extension);
}

// What params.json calls "model", where that is a file or folder beside it.
std::optional<fs::path> namedByParams(const fs::path& folder) {
  std::ifstream stream(folder / "params.json");
  const auto json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_object() || !json.contains("model") || !json["model"].is_string()) return std::nullopt;
  const fs::path name = fs::path(json["model"].get<std::string>()).filename();
  if (name.empty() || !looksLikeModel(folder / name)) return std::nullopt;
  return folder / name;
}

Result<std::vector<fs::path>> modelsWithin(const fs::path& folder) {
  std::vector<fs::path> models;
  std::error_code failed;
  size_t entries = 0;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (++entries > kMostEntries) return Error(ErrorCode::kUnsupported, "the folder has more than 10000 entries");
    if (looksLikeModel(at->path())) models.push_back(at->path());
  }
  if (failed) return Error(ErrorCode::kIo, "the folder cannot be listed: " + failed.message());
  std::sort(models.begin(), models.end());
  return models;
}

Result<fs::path> onlyModelWithin(const fs::path& folder) {
  if (const auto named = namedByParams(folder)) return *named;
  MLAAS_TRY(const auto models, modelsWithin(folder));
  if (models.empty()) return Error(ErrorCode::kNotFound, std::string("there is no model in the folder; ") + kExpected);
  if (models.size() == 1) return models.front();
  const auto called = [](const fs::path& path) { return path.stem() == "model"; };
  if (std::count_if(models.begin(), models.end(), called) == 1) {
    return *std::find_if(models.begin(), models.end(), called);
  }
  std::string names;
  for (const auto& model : models) names += (names.empty() ? "'" : ", '") + model.filename().string() + "'";
  return Error(ErrorCode::kInvalidArgument,
               "the folder has several models (" + names.substr(0, 500) +
                   "); name one of them in its params.json, as {\"model\": FILE}, or keep one");
}

}  // namespace

std::string_view platformName(ModelFormat format) {
  switch (format) {
    case ModelFormat::kBundle:
      return "mlaas_bundle";
    case ModelFormat::kOnnx:
      return "openvino_onnx";
    case ModelFormat::kSavedModel:
      return "openvino_savedmodel";
    case ModelFormat::kFrozenGraph:
      return "openvino_graphdef";
    case ModelFormat::kTflite:
      return "openvino_tflite";
    case ModelFormat::kXgboostJson:
    case ModelFormat::kXgboostUbj:
      return "mlaas_xgboost";
    case ModelFormat::kLightgbmText:
      return "mlaas_lightgbm";
  }
  return "";
}

Result<ModelFile> findModelFile(const std::string& path) {
  const fs::path given(path);
  if (!isThere(given)) return Error(ErrorCode::kNotFound, "'" + path + "' is not there");
  fs::path found = given;
  if (isFolder(found) && !isThere(found / "bundle.json") && !isThere(found / "saved_model.pb")) {
    MLAAS_TRY(found, onlyModelWithin(found));
  }
  if (found.filename() == "saved_model.pb") found = found.parent_path();
  if (isFolder(found)) {
    if (isThere(found / "bundle.json")) return ModelFile{ModelFormat::kBundle, found.string()};
    if (isThere(found / "saved_model.pb")) return ModelFile{ModelFormat::kSavedModel, found.string()};
    return Error(ErrorCode::kNotFound, std::string("there is no model in the folder; ") + kExpected);
  }
  const std::string extension = found.extension().string();
  if (const auto format = formatOf(found)) return ModelFile{*format, found.string()};
  if (const auto advice = adviceFor(extension)) return unsupported(found, *advice);
  return unsupported(found, kExpected);
}

}  // namespace mlaas::infer
