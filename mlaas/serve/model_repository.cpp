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

Result<std::shared_ptr<ServedModel>> ServedModel::load(const std::string& directory, size_t workers) {
  std::shared_ptr<ServedModel> served(new ServedModel());
  MLAAS_TRY(served->bundle_, model::readBundle(directory));
  served->flatNames_ = served->bundle_.features.flatNames();
  if (served->flatNames_.empty()) return Error(ErrorCode::kCorrupt, "the bundle's signature has no features");
  for (size_t i = 0; i < served->flatNames_.size(); ++i) served->flatIndex_.emplace(served->flatNames_[i], i);
  MLAAS_TRY(served->params_, readParams(fs::path(directory) / "params.json"));
  MLAAS_TRY(served->engines_, infer::makeEngines(served->bundle_, workers));
  return served;
}

Result<void> ServedModel::run(size_t worker, const feature::Tensors& input, std::vector<float>& scores) const {
  auto done = engines_.at(worker)->run(input, scores);
  if (!done.ok()) return std::move(done).error().within("model " + name());
  if (!allFinite(scores)) {
    return Error(ErrorCode::kInternal, "model " + name() + " gave a score that is not a finite number");
  }
  return {};
}

Result<std::unique_ptr<ModelRepository>> ModelRepository::load(const std::string& directory, size_t workers) {
  std::unique_ptr<ModelRepository> repository(new ModelRepository());
  if (isBundle(directory)) {
    repository->add(fs::path(directory).lexically_normal().string(), workers);
  } else {
    MLAAS_TRY(const auto folders, listFolders(directory));
    for (const auto& folder : folders) {
      if (isBundle(folder)) repository->add(folder.string(), workers);
    }
  }
  auto& models = repository->models_;
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  if (models.size() == 1) repository->defaultName_ = models.front()->name();
  return repository;
}

void ModelRepository::add(const std::string& directory, size_t workers) {
  fs::path path(directory);
  if (!path.has_filename()) path = path.parent_path();
  auto loaded = ServedModel::load(path.string(), workers);
  if (loaded.ok()) {
    const auto same = std::find_if(models_.begin(), models_.end(),
                                   [&](const ModelPointer& model) { return model->name() == (*loaded)->name(); });
    if (same != models_.end()) {
      loaded = Error(ErrorCode::kInvalidArgument, "another bundle has the name '" + (*loaded)->name() + "'");
    }
  }
  if (loaded.ok()) {
    (*loaded)->index_ = models_.size();
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

Result<ModelPointer> ModelRepository::find(std::string_view name) const {
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
  if (found != models_.end()) return *found;
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
