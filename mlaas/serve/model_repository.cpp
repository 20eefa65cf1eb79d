#include "mlaas/serve/model_repository.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "mlaas/base/log.h"
#include "mlaas/base/nearest_name.h"
#include "mlaas/infer/model_vetting.h"

namespace mlaas::serve {

namespace fs = std::filesystem;

struct ModelRepository::Usage {
  std::atomic<uint64_t> last = 0;
};

namespace {

constexpr size_t kQuoted = 200;

std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

uint64_t nextUse() {
  static std::atomic<uint64_t> count = 0;
  return ++count;
}

// The error's text without the host's folders in it.
std::string withoutFolder(std::string text, const fs::path& directory) {
  const std::string parent = directory.parent_path().string() + "/";
  for (size_t at = text.find(parent); parent.size() > 1 && at != std::string::npos; at = text.find(parent, at)) {
    text.erase(at, parent.size());
  }
  return text;
}

void warmUp(const ServedModel& model) {
  for (size_t i = 0; i < model.numEngines(); ++i) {
    const auto engine = model.tryAcquire(i);
    const auto done = infer::runOnZeros(*engine, model.signature());
    if (!done.ok()) return log::warning("model " + model.name() + " did not run on zeros: " + done.error().what());
  }
}

}  // namespace

Result<std::unique_ptr<ModelRepository>> ModelRepository::load(const std::string& directory,
                                                               const RepositoryOptions& options, Metrics& metrics) {
  std::error_code failed;
  fs::path path = fs::absolute(directory, failed).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::unique_ptr<ModelRepository> repository(new ModelRepository(std::move(path), options, metrics));
  repository->single_ = isSingleModel(repository->directory_);
  MLAAS_TRY(const auto found, repository->scan());
  Catalogue catalogue;
  for (const auto& model : found) catalogue.emplace(model.name, repository->renewed(model, nullptr, true));
  repository->publish(std::move(catalogue));
  if (options.lookAgain.count() > 0) {
    repository->watcher_ = std::jthread([self = repository.get()](const std::stop_token& stop) { self->watch(stop); });
  }
  return repository;
}

ModelRepository::~ModelRepository() {
  watcher_.request_stop();
  if (watcher_.joinable()) watcher_.join();
}

void ModelRepository::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  for (;;) {
    std::unique_lock lock(mutex);
    if (stopped.wait_for(lock, stop, options_.lookAgain, [&] { return stop.stop_requested(); })) return;
    lookAgain();
  }
}

Result<std::vector<FoundModel>> ModelRepository::scan() const {
  if (!single_) return scanModels(directory_);
  // A bundle by itself has the name that it says, wherever it lies.
  FoundModel found = scanModel(directory_, (fs::is_directory(directory_) ? directory_.filename() : directory_.stem()));
  const auto bundle = fs::exists(directory_ / "bundle.json") ? model::readBundle(directory_.string())
                                                             : Result<model::Bundle>(Error(ErrorCode::kNotFound, ""));
  if (bundle.ok()) found.name = bundle->name;
  return std::vector{std::move(found)};
}

Result<ModelPointer> ModelRepository::loadFrom(const fs::path& path, const FoundModel& found,
                                               const std::string& version, const fs::path& place) const {
  const bool isUploaded = path != place && path.parent_path() != place;
  if (!options_.vettingProgram.empty() && infer::needsVetting(path.string(), isUploaded)) {
    MLAAS_CHECK(infer::vetModel(options_.vettingProgram, path.string()));
  }
  MLAAS_TRY(auto model, infer::loadModel(path.string(), options_.numEngines));
  ServedModel::Identity identity{found.name, version};
  MLAAS_TRY(identity.params, readParams(path, found.name));
  identity.labels = readLabels(path, identity.params);
  identity.folder = place;
  identity.batching = found.batching;
  auto served = ServedModel::make(std::move(model), std::move(identity), metrics_.model(found.name, version));
  warmUp(*served);
  return ModelPointer(std::move(served));
}

void ModelRepository::loadVersion(Version& version, const FoundModel& found) const {
  auto loaded = loadFrom(version.found.path, found, version.found.version, found.folder);
  const std::string name = found.name + " version " + version.found.version;
  if (loaded.ok()) {
    version.model = *std::move(loaded);
    version.reason = found.problem;
    log::info("serving model " + name + " from " + version.found.path.string());
    return;
  }
  log::error("model " + name + " in " + version.found.path.string() + " is not served: " + loaded.error().what());
  version.reason = withoutFolder(loaded.error().what(), found.folder);
}

ModelRepository::Entry ModelRepository::renewed(const FoundModel& found, const Entry* before, bool evenIfUnstable) {
  Entry entry;
  entry.found = found;
  entry.found.versions.clear();
  entry.unloaded = before != nullptr && before->unloaded;
  if (!found.problem.empty()) log::error("model " + found.name + ": " + found.problem);
  const bool sameSettings = before != nullptr && before->found.settingsFingerprint == found.settingsFingerprint;
  for (const auto& one : found.versions) {
    Version version{one, {}, {}, std::make_shared<Usage>()};
    const Version* known = nullptr;
    for (size_t i = 0; before != nullptr && i < before->versions.size(); ++i) {
      if (before->versions[i].found.version == one.version) known = &before->versions[i];
    }
    if (known != nullptr) version = *known;
    const bool changed = known == nullptr || known->found.fingerprint != one.fingerprint || !sameSettings;
    if (changed && !evenIfUnstable) {
      uint64_t& last = seen_[one.path.string()];
      if (last != one.fingerprint) {
        last = one.fingerprint;
        // It may still be written to: what is served stays, and it is looked at again.
        if (known != nullptr) entry.versions.push_back(std::move(version));
        continue;
      }
    }
    seen_.erase(one.path.string());
    version.found = one;
    const bool wanted = !entry.unloaded && (!lazy() || version.model != nullptr);
    if (changed && wanted) loadVersion(version, found);
    entry.versions.push_back(std::move(version));
  }
  return entry;
}

std::shared_ptr<const ModelRepository::Catalogue> ModelRepository::catalogue() const {
  std::lock_guard lock(mutex_);
  return catalogue_;
}

void ModelRepository::publish(Catalogue next) const {
  auto made = std::make_shared<const Catalogue>(std::move(next));
  std::lock_guard lock(mutex_);
  catalogue_.swap(made);
}

void ModelRepository::lookAgain() {
  std::lock_guard changing(changing_);
  const auto found = scan();
  if (!found.ok()) return log::warning(std::string("models are as they were: ") + found.error().what());
  const auto before = catalogue();
  Catalogue next;
  for (const auto& model : *found) {
    const auto known = before->find(model.name);
    auto entry = renewed(model, known == before->end() ? nullptr : &known->second, false);
    if (!entry.versions.empty()) next.emplace(model.name, std::move(entry));
  }
  for (const auto& [name, entry] : *before) {
    if (!next.contains(name)) log::info("model " + name + " is gone");
  }
  publish(std::move(next));
}

Result<ModelPointer> ModelRepository::find(std::string_view name, std::string_view version) const {
  std::string chosen;
  if (name.empty()) name = chosen = defaultName();
  const size_t at = name.rfind('@');
  const auto served = catalogue();
  auto found = served->find(name);
  if (found == served->end() && version.empty() && at != std::string_view::npos) {
    version = name.substr(at + 1);
    name = name.substr(0, at);
    found = served->find(name);
  }
  if (found == served->end()) return notFound(*served, name, version);
  const Entry& entry = found->second;
  if (const auto alias = entry.found.aliases.find(version); alias != entry.found.aliases.end()) version = alias->second;
  const Version* candidate = nullptr;
  for (const auto& one : entry.versions) {
    const bool fits = version.empty() || version == one.found.version;
    // Without a version: the newest that works, or else the newest.
    if (fits && (one.model || candidate == nullptr || (lazy() && one.reason.empty()))) candidate = &one;
  }
  if (candidate == nullptr || entry.unloaded) return notFound(*served, name, version);
  if (candidate->model) {
    if (lazy()) candidate->usage->last = nextUse();
    return candidate->model;
  }
  if (lazy() && candidate->reason.empty()) return loadLazily(found->first, candidate->found.version);
  return notFound(*served, name, version);
}

Result<ModelPointer> ModelRepository::loadLazily(const std::string& name, const std::string& version) const {
  std::lock_guard changing(changing_);
  Catalogue next = *catalogue();
  const auto found = next.find(name);
  if (found != next.end()) {
    for (auto& one : found->second.versions) {
      if (one.found.version != version) continue;
      if (!one.model) loadVersion(one, found->second.found);
      one.usage->last = nextUse();
      const ModelPointer model = one.model;
      giveUpUnused(next, model);
      const Catalogue published = next;
      publish(std::move(next));
      return model ? Result<ModelPointer>(model) : notFound(published, name, version);
    }
  }
  return notFound(next, name, version);
}

void ModelRepository::giveUpUnused(Catalogue& catalogue, const ModelPointer& keep) const {
  for (;;) {
    size_t loaded = 0;
    uint64_t bytes = 0;
    Version* oldest = nullptr;
    for (auto& [name, entry] : catalogue) {
      for (auto& version : entry.versions) {
        if (!version.model) continue;
        ++loaded;
        bytes += version.found.bytes;
        if (version.model != keep && (oldest == nullptr || version.usage->last < oldest->usage->last))
          oldest = &version;
      }
    }
    const bool over =
        (options_.maxLoaded > 0 && loaded > options_.maxLoaded) || (options_.maxBytes > 0 && bytes > options_.maxBytes);
    if (!over || oldest == nullptr) return;
    log::info("model " + oldest->model->name() + " version " + oldest->model->version() + " is given up for others");
    oldest->model.reset();
  }
}

Error ModelRepository::notFound(const Catalogue& served, std::string_view name, std::string_view version) const {
  std::vector<std::string> names;
  std::string known;
  for (const auto& [one, entry] : served) {
    names.push_back(one);
    known += (known.empty() ? "" : ", ") + one;
  }
  if (name.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the request names no model and there is no default" +
                     (known.empty() ? std::string(", and no model is loaded") : "; there are: " + known));
  }
  const auto found = served.find(name);
  if (found == served.end()) {
    return Error(ErrorCode::kNotFound,
                 "there is no model " + inQuotes(name) +
                     (names.empty() ? "; no model is loaded" : suggestNames(name.substr(0, kQuoted), names)));
  }
  const Entry& entry = found->second;
  if (entry.unloaded) return Error(ErrorCode::kNotFound, "model " + inQuotes(name) + " is unloaded");
  std::string versions;
  for (const auto& one : entry.versions) {
    if (version.empty() || one.found.version == version) {
      return Error(ErrorCode::kNotFound, "model " + inQuotes(name) + " could not be loaded: " + one.reason);
    }
    versions += (versions.empty() ? "" : ", ") + one.found.version;
  }
  for (const auto& [alias, target] : entry.found.aliases) versions += ", " + alias;
  return Error(ErrorCode::kNotFound,
               "model " + inQuotes(name) + " has no version " + inQuotes(version) + "; there are: " + versions);
}

std::vector<ModelPointer> ModelRepository::models() const {
  std::vector<ModelPointer> models;
  for (const auto& [name, entry] : *catalogue()) {
    ModelPointer newest;
    for (const auto& version : entry.versions) newest = version.model ? version.model : newest;
    if (newest) models.push_back(std::move(newest));
  }
  return models;
}

std::vector<ModelPointer> ModelRepository::versions(std::string_view name) const {
  std::vector<ModelPointer> models;
  const auto served = catalogue();
  const auto found = served->find(name);
  if (found == served->end()) return models;
  for (const auto& version : found->second.versions) {
    if (version.model) models.push_back(version.model);
  }
  return models;
}

std::vector<BrokenModel> ModelRepository::broken() const {
  std::vector<BrokenModel> broken;
  for (const auto& state : index()) {
    if (state.state == ModelState::State::kUnavailable) broken.push_back({state.name, state.version, state.reason});
  }
  return broken;
}

std::vector<ModelState> ModelRepository::index() const {
  using State = ModelState::State;
  std::vector<ModelState> states;
  for (const auto& [name, entry] : *catalogue()) {
    for (const auto& version : entry.versions) {
      const bool broken = !version.model && !version.reason.empty();
      ModelState state{name, version.found.version, State::kReady, version.reason};
      if (!version.model) state.state = broken ? State::kUnavailable : State::kNotLoaded;
      if (entry.unloaded) state = {name, version.found.version, State::kUnavailable, "unloaded"};
      states.push_back(std::move(state));
    }
  }
  return states;
}

std::string ModelRepository::defaultName() const {
  std::lock_guard lock(mutex_);
  if (!defaultName_.empty()) return defaultName_;
  // The only one that is served.
  std::string only;
  for (const auto& [name, entry] : *catalogue_) {
    const bool served = std::any_of(entry.versions.begin(), entry.versions.end(),
                                    [&](const Version& one) { return one.model || (lazy() && one.reason.empty()); });
    if (!served || entry.unloaded) continue;
    if (!only.empty()) return {};
    only = name;
  }
  return only;
}

Result<void> ModelRepository::setDefault(std::string_view name) {
  if (name.empty()) return Error(ErrorCode::kInvalidArgument, "the name of the default model is empty");
  MLAAS_TRY(const ModelPointer model, find(name));
  std::lock_guard lock(mutex_);
  defaultName_ = model->name();
  return {};
}

Result<void> ModelRepository::loadModel(const std::string& name) {
  std::lock_guard changing(changing_);
  MLAAS_TRY(const auto found, scan());
  const auto wanted = std::find_if(found.begin(), found.end(), [&](const FoundModel& one) { return one.name == name; });
  Catalogue next = *catalogue();
  if (wanted == found.end()) return notFound(next, name, {});
  Entry before;
  if (const auto known = next.find(name); known != next.end()) before = known->second;
  before.unloaded = false;
  for (auto& version : before.versions) version.found.fingerprint = 0;  // loads it in any case
  Entry entry = renewed(*wanted, &before, true);
  std::string reason;
  for (auto& version : entry.versions) {
    if (lazy() && !version.model) loadVersion(version, *wanted);
    if (!version.reason.empty()) reason = version.reason;
  }
  next.insert_or_assign(name, std::move(entry));
  publish(std::move(next));
  if (reason.empty()) return {};
  return Error(ErrorCode::kCorrupt, "model " + inQuotes(name) + " could not be loaded: " + reason);
}

Result<void> ModelRepository::unloadModel(const std::string& name) {
  std::lock_guard changing(changing_);
  Catalogue next = *catalogue();
  const auto found = next.find(name);
  if (found == next.end()) return notFound(next, name, {});
  found->second.unloaded = true;
  for (auto& version : found->second.versions) version.model.reset();
  publish(std::move(next));
  log::info("model " + name + " is unloaded");
  return {};
}

Result<fs::path> ModelRepository::stage() const {
  if (single_) {
    return Error(ErrorCode::kUnsupported,
                 "the server was started with one model; models can be added where --models is a folder of them");
  }
  std::string pattern = (directory_ / ".upload-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return Error(ErrorCode::kIo,
                 "cannot make a folder in " + directory_.string() + ": " + std::generic_category().message(errno));
  }
  return fs::path(pattern);
}

Result<ModelPointer> ModelRepository::install(const std::string& name, const fs::path& staged) {
  MLAAS_CHECK(checkModelName(name));
  std::lock_guard changing(changing_);
  const fs::path place = directory_ / name;
  FoundModel found = scanModel(staged, name);
  if (found.versions.empty()) {
    return Error(ErrorCode::kInvalidArgument, "model '" + name + "' has no file of a format that is served");
  }
  found.folder = place;
  Entry entry;
  for (auto& one : found.versions) {
    auto loaded = loadFrom(one.path, found, one.version, place);
    if (!loaded.ok()) {
      return Error(loaded.error().code(), withoutFolder(loaded.error().what(), staged)).within("model '" + name + "'");
    }
    entry.versions.push_back({one, *std::move(loaded), found.problem, std::make_shared<Usage>()});
  }
  MLAAS_CHECK(putInPlace(staged, place));
  // The same files at their new place.
  const FoundModel placed = scanModel(place, name);
  for (size_t i = 0; i < entry.versions.size() && i < placed.versions.size(); ++i) {
    entry.versions[i].found = placed.versions[i];
  }
  entry.found = placed;
  entry.found.versions.clear();
  const ModelPointer newest = entry.versions.back().model;
  entry.versions.back().usage->last = nextUse();
  Catalogue next = *catalogue();
  next.insert_or_assign(name, std::move(entry));
  if (lazy()) giveUpUnused(next, newest);
  publish(std::move(next));
  log::info("serving model " + name + ", which was uploaded");
  return newest;
}

Result<void> ModelRepository::remove(const std::string& name) {
  MLAAS_CHECK(checkModelName(name));
  std::lock_guard changing(changing_);
  Catalogue next = *catalogue();
  const auto found = next.find(name);
  if (found == next.end()) return {};
  MLAAS_TRY(const fs::path trash, stage());
  const fs::path folder = found->second.found.folder;
  next.erase(found);
  publish(std::move(next));
  std::error_code failed;
  // Under another name first: what remains of a removal that was interrupted is not taken for a model.
  fs::rename(folder, trash / folder.filename(), failed);
  if (failed == std::errc::no_such_file_or_directory) failed.clear();
  if (failed) return Error(ErrorCode::kIo, "cannot remove the folder of model '" + name + "': " + failed.message());
  fs::remove_all(trash, failed);
  log::info("model " + name + " was removed");
  return {};
}

}  // namespace mlaas::serve
