#include "mlaas/serve/model_repository.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

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

// The lines of the file that params.json calls "labels"; none where there is no such file.
std::vector<std::string> readLabels(const fs::path& folder, const std::string& params) {
  const auto json = nlohmann::json::parse(params, nullptr, false);
  const std::string file = json.is_object() && json.contains("labels") && json["labels"].is_string()
                               ? json["labels"].get<std::string>()
                               : "labels.txt";
  std::vector<std::string> labels;
  // The name comes from outside: its folder, if it has one, does not count.
  std::ifstream stream(folder / fs::path(file).filename());
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(std::move(line));
  }
  return labels;
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

void sortByName(std::vector<ModelPointer>& models) {
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
}

const ModelPointer* findIn(const std::vector<ModelPointer>& models, std::string_view name) {
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const ModelPointer& model) { return model->name() == name; });
  return found == models.end() ? nullptr : &*found;
}

// A name becomes a folder: letters, digits and -_.+@ only, at most 128 of them.
Result<void> checkModelName(const std::string& name) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || std::strchr("-_.+@", c) != nullptr; };
  if (!name.empty() && name.size() <= 128 && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed)) {
    return {};
  }
  return Error(ErrorCode::kInvalidArgument, "'" + name.substr(0, 200) +
                                                "' is no name for a model: 1 to 128 letters, digits and -_.+@, not "
                                                "beginning with a dot");
}

Result<void> syncOne(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (done) return {};
  return Error(ErrorCode::kIo,
               "cannot write " + path.string() + " to disk: " + std::generic_category().message(reason));
}

// Everything below `folder` reaches the disk before it is renamed.
Result<void> syncFiles(const fs::path& folder) {
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    MLAAS_CHECK(syncOne(at->path()));
  }
  if (failed) return Error(ErrorCode::kIo, "cannot list " + folder.string() + ": " + failed.message());
  return syncOne(folder);
}

// Puts `staged` at `place`, at once; what was there is removed.
Result<void> exchange(const fs::path& staged, const fs::path& place) {
  std::error_code failed;
  const bool replaces = fs::exists(place, failed);
  const unsigned flags = replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  fs::permissions(staged, fs::perms(0755), failed);
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, place.c_str(), flags) != 0) {
    return Error(ErrorCode::kIo, "cannot rename to " + place.string() + ": " + std::generic_category().message(errno));
  }
  if (replaces) fs::remove_all(staged, failed);
  return syncOne(place.parent_path());
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
  fs::path path = fs::path(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::unique_ptr<ModelRepository> repository(new ModelRepository(path.string(), numEngines, metrics));
  auto catalogue = std::make_shared<Catalogue>();
  repository->single_ = isBundle(path);
  if (repository->single_) {
    repository->add(path, *catalogue);
  } else {
    MLAAS_TRY(const auto folders, listFolders(directory));
    for (const auto& folder : folders) {
      if (isBundle(folder)) repository->add(folder, *catalogue);
    }
  }
  sortByName(catalogue->models);
  repository->publish(std::move(catalogue));
  return repository;
}

Result<ModelPointer> ModelRepository::loadFrom(const fs::path& path, const std::string& name,
                                               const fs::path& folder) const {
  MLAAS_TRY(auto model, infer::loadModel(path.string(), numEngines_));
  ServedModel::Identity identity{name.empty() ? model.bundle->name : name};
  MLAAS_TRY(identity.params, readParams(path / "params.json"));
  identity.labels = readLabels(path, identity.params);
  identity.folder = folder;
  auto series = metrics_.model(identity.name, identity.version);
  return ModelPointer(ServedModel::make(std::move(model), std::move(identity), std::move(series)));
}

void ModelRepository::add(const fs::path& path, Catalogue& to) const {
  auto loaded = loadFrom(path, {}, path);
  if (loaded.ok() && findIn(to.models, (*loaded)->name()) != nullptr) {
    loaded = Error(ErrorCode::kInvalidArgument, "another bundle has the name '" + (*loaded)->name() + "'");
  }
  if (loaded.ok()) {
    log::info("serving model " + (*loaded)->name() + " from " + path.string());
    to.models.push_back(*std::move(loaded));
    return;
  }
  log::error("model " + path.string() + " is not served: " + loaded.error().what());
  to.broken.push_back({path.filename().string(), withoutFolder(loaded.error().what(), path)});
}

std::shared_ptr<const ModelRepository::Catalogue> ModelRepository::catalogue() const {
  std::lock_guard lock(mutex_);
  return catalogue_;
}

void ModelRepository::publish(std::shared_ptr<const Catalogue> next) {
  std::lock_guard lock(mutex_);
  catalogue_.swap(next);
}

Result<ModelPointer> ModelRepository::find(std::string_view name, std::string_view version) const {
  std::string wanted(name);
  if (wanted.empty()) wanted = defaultName();
  const auto served = catalogue();
  const auto names = [&] {
    std::vector<std::string> known;
    for (const auto& model : served->models) known.push_back(model->name());
    for (const auto& broken : served->broken) known.push_back(broken.name);
    return known;
  };
  if (wanted.empty()) {
    std::string known;
    for (const auto& model : names()) known += (known.empty() ? "" : ", ") + model;
    return Error(ErrorCode::kInvalidArgument,
                 "the request names no model and there is no default" +
                     (known.empty() ? std::string(", and no model is loaded") : "; there are: " + known));
  }
  if (const ModelPointer* found = findIn(served->models, wanted); found != nullptr) {
    if (version.empty() || version == (*found)->version()) return *found;
    return Error(ErrorCode::kNotFound, "model '" + wanted + "' has no version '" + std::string(version.substr(0, 200)) +
                                           "'; there is " + (*found)->version());
  }
  for (const auto& broken : served->broken) {
    if (broken.name == wanted) {
      return Error(ErrorCode::kNotFound, "model '" + wanted + "' could not be loaded: " + broken.reason);
    }
  }
  return Error(ErrorCode::kNotFound,
               "there is no model '" + wanted.substr(0, 200) + "'" +
                   (served->models.empty() ? "; no model is loaded" : suggestNames(wanted, names())));
}

std::string ModelRepository::defaultName() const {
  std::lock_guard lock(mutex_);
  if (!defaultName_.empty()) return defaultName_;
  return catalogue_->models.size() == 1 ? catalogue_->models.front()->name() : std::string();
}

Result<void> ModelRepository::setDefault(std::string_view name) {
  if (name.empty()) return Error(ErrorCode::kInvalidArgument, "the name of the default model is empty");
  MLAAS_TRY(const ModelPointer model, find(name));
  std::lock_guard lock(mutex_);
  defaultName_ = model->name();
  return {};
}

Result<fs::path> ModelRepository::stage() const {
  if (single_) {
    return Error(ErrorCode::kUnsupported,
                 "the server was started with one bundle; models can be added where --models is a folder of them");
  }
  std::string pattern = (fs::path(directory_) / ".upload-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return Error(ErrorCode::kIo,
                 "cannot make a folder in " + directory_ + ": " + std::generic_category().message(errno));
  }
  return fs::path(pattern);
}

Result<ModelPointer> ModelRepository::install(const std::string& name, const fs::path& staged) {
  MLAAS_CHECK(checkModelName(name));
  std::lock_guard changing(changing_);
  const fs::path place = fs::path(directory_) / name;
  auto loaded = loadFrom(staged, name, place);
  if (!loaded.ok()) {
    return Error(loaded.error().code(), withoutFolder(loaded.error().what(), staged)).within("model '" + name + "'");
  }
  MLAAS_CHECK(syncFiles(staged));
  MLAAS_CHECK(exchange(staged, place));
  auto next = std::make_shared<Catalogue>(*catalogue());
  std::erase_if(next->models, [&](const ModelPointer& model) { return model->name() == name; });
  std::erase_if(next->broken, [&](const BrokenModel& broken) { return broken.name == name; });
  next->models.push_back(*loaded);
  sortByName(next->models);
  publish(std::move(next));
  log::info("serving model " + name + ", which was uploaded");
  return loaded;
}

Result<void> ModelRepository::remove(const std::string& name) {
  MLAAS_CHECK(checkModelName(name));
  std::lock_guard changing(changing_);
  auto next = std::make_shared<Catalogue>(*catalogue());
  const ModelPointer* served = findIn(next->models, name);
  const fs::path folder = served != nullptr ? (*served)->folder() : fs::path(directory_) / name;
  const auto gone = std::erase_if(next->models, [&](const ModelPointer& model) { return model->name() == name; }) +
                    std::erase_if(next->broken, [&](const BrokenModel& broken) { return broken.name == name; });
  if (gone == 0) return {};
  MLAAS_TRY(const fs::path trash, stage());
  publish(std::move(next));
  std::error_code failed;
  // Under another name first: what remains of a removal that was interrupted is not taken for a model.
  fs::rename(folder, trash / name, failed);
  if (failed == std::errc::no_such_file_or_directory) failed.clear();
  if (failed) return Error(ErrorCode::kIo, "cannot remove the folder of model '" + name + "': " + failed.message());
  fs::remove_all(trash, failed);
  log::info("model " + name + " was removed");
  return {};
}

}  // namespace mlaas::serve
