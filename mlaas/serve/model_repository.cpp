#include "mlaas/serve/model_repository.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mlaas/base/log.h"
#include "mlaas/base/nearest_name.h"
#include "mlaas/serve/json_text.h"

namespace mlaas::serve {

namespace fs = std::filesystem;

namespace {

bool isBundle(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / "bundle.json", ignored);
}

Result<std::string> readParams(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) return Error(ErrorCode::kIo, file.string() + " cannot be read");
  if (!nlohmann::json::accept(text.str())) return Error(ErrorCode::kCorrupt, file.string() + " is not JSON");
  return std::move(text).str();
}

// Folders whose name starts with a dot are bundles being written.
Result<std::vector<fs::path>> listFolders(const std::string& directory) {
  std::vector<fs::path> folders;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code ignored;
    if (at->is_directory(ignored) && at->path().filename().string().front() != '.') folders.push_back(at->path());
  }
  if (failed) {
    const bool absent = failed == std::errc::no_such_file_or_directory || failed == std::errc::not_a_directory;
    return Error(absent ? ErrorCode::kNotFound : ErrorCode::kIo,
                 "the folder of models '" + directory + "' cannot be read: " + failed.message() +
                     "; --models takes a bundle or a folder of bundles, as `mlaas train` writes them");
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

// The error's text without the host's folders in it.
std::string withoutFolder(std::string text, const fs::path& directory) {
  const std::string parent = directory.parent_path().string() + "/";
  for (size_t at = text.find(parent); parent.size() > 1 && at != std::string::npos; at = text.find(parent, at)) {
    text.erase(at, parent.size());
  }
  return text;
}

}  // namespace

std::shared_ptr<ServedModel> ServedModel::make(infer::LoadedModel loaded, Identity identity,
                                               std::shared_ptr<ModelMetrics> metrics) {
  std::shared_ptr<ServedModel> served(new ServedModel());
  served->loaded_ = std::move(loaded);
  served->identity_ = std::move(identity);
  served->metrics_ = std::move(metrics);
  served->busy_ = std::make_unique<std::atomic<bool>[]>(served->loaded_.engines.size());
  if (served->bundle() != nullptr) served->flatNames_ = served->bundle()->features.flatNames();
  for (size_t i = 0; i < served->flatNames_.size(); ++i) served->flatIndex_.emplace(served->flatNames_[i], i);
  return served;
}

ServedModel::EngineLease ServedModel::tryAcquire(size_t preferred) const {
  const size_t count = loaded_.engines.size();
  for (size_t i = 0; i < count; ++i) {
    const size_t at = (preferred + i) % count;
    if (busy_[at].load(std::memory_order_relaxed) || busy_[at].exchange(true, std::memory_order_acquire)) continue;
    return {&busy_[at], loaded_.engines[at].get()};
  }
  return {};
}

Result<std::unique_ptr<ModelRepository>> ModelRepository::load(const std::string& directory, size_t numEngines,
                                                               Metrics& metrics) {
  std::unique_ptr<ModelRepository> repository(new ModelRepository());
  if (isBundle(directory)) {
    repository->add(fs::path(directory).lexically_normal().string(), numEngines, metrics);
  } else {
    MLAAS_TRY(const auto folders, listFolders(directory));
    for (const auto& folder : folders) {
      if (isBundle(folder)) repository->add(folder.string(), numEngines, metrics);
    }
  }
  auto& models = repository->models_;
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  if (models.size() == 1) repository->defaultName_ = models.front()->name();
  return repository;
}

void ModelRepository::add(const std::string& directory, size_t numEngines, Metrics& metrics) {
  fs::path path(directory);
  if (!path.has_filename()) path = path.parent_path();
  auto loaded = [&]() -> Result<ModelPointer> {
    MLAAS_TRY(auto model, infer::loadModel(path.string(), numEngines));
    ServedModel::Identity identity{model.bundle->name};
    MLAAS_TRY(identity.params, readParams(path / "params.json"));
    const auto same = std::find_if(models_.begin(), models_.end(),
                                   [&](const ModelPointer& other) { return other->name() == identity.name; });
    if (same != models_.end()) {
      return Error(ErrorCode::kInvalidArgument, "another bundle has the name '" + identity.name + "'");
    }
    auto series = metrics.model(identity.name, identity.version);
    return ModelPointer(ServedModel::make(std::move(model), std::move(identity), std::move(series)));
  }();
  if (loaded.ok()) {
    log::info("serving model " + (*loaded)->name() + " from " + path.string());
    models_.push_back(*std::move(loaded));
    return;
  }
  log::error("model " + path.string() + " is not served: " + loaded.error().what());
  broken_.push_back({path.filename().string(), withoutFolder(loaded.error().what(), path)});
}

std::vector<std::string> ModelRepository::names() const {
  std::vector<std::string> names;
  for (const auto& model : models_) names.push_back(model->name());
  return names;
}

Result<ModelPointer> ModelRepository::find(std::string_view name, std::string_view version) const {
  std::string wanted(name);
  if (wanted.empty()) wanted = defaultName();
  if (wanted.empty()) {
    std::string known;
    for (const auto& model : names()) known += (known.empty() ? "" : ", ") + model;
    return Error(ErrorCode::kInvalidArgument,
                 "the request names no model and there is no default" +
                     (known.empty() ? std::string(", and no model is loaded") : "; there are: " + known));
  }
  const auto found =
      std::find_if(models_.begin(), models_.end(), [&](const ModelPointer& model) { return model->name() == wanted; });
  if (found != models_.end()) {
    if (version.empty() || version == (*found)->version()) return *found;
    return Error(ErrorCode::kNotFound, "model '" + wanted + "' has no version '" + std::string(version.substr(0, 200)) +
                                           "'; there is " + (*found)->version());
  }
  for (const auto& broken : broken_) {
    if (broken.name == wanted) {
      return Error(ErrorCode::kNotFound, "model '" + wanted + "' could not be loaded: " + broken.reason);
    }
  }
  return Error(ErrorCode::kNotFound, "there is no model '" + wanted.substr(0, 200) + "'" +
                                         (models_.empty() ? "; no model is loaded" : suggestNames(wanted, names())));
}

std::string ModelRepository::defaultName() const {
  std::lock_guard lock(mutex_);
  return defaultName_;
}

Result<void> ModelRepository::setDefault(std::string_view name) {
  if (name.empty()) return Error(ErrorCode::kInvalidArgument, "the name of the default model is empty");
  MLAAS_TRY(const ModelPointer model, find(name));
  std::lock_guard lock(mutex_);
  defaultName_ = model->name();
  return {};
}

}  // namespace mlaas::serve
