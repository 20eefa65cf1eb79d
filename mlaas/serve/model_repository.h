// The models that a server answers for: those of a folder, which is looked at again and again.
// A model that cannot be loaded is kept with the reason, stops no other, and never replaces one that works. Versions of
// a model are served side by side; requests that name none get the newest that works.
// With a limit on models or memory they are loaded when they are first asked for, and the one that was not used for
// longest is given up.
// Threads: any. A model that is replaced or removed lives on until its last request is answered. Requests do not wait
//          for loading, unless they ask for a model that is not loaded.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/metrics.h"
#include "mlaas/serve/model_folder.h"
#include "mlaas/serve/served_model.h"

namespace mlaas::serve {

// A version of a model that could not be loaded.
struct BrokenModel {
  std::string name;
  std::string version;
  std::string reason;  // for the client: without the host's paths
};

// A version of a model, as Triton's repository index shows it.
struct ModelState {
  std::string name;
  std::string version;
  enum class State { kReady, kUnavailable, kNotLoaded } state = State::kReady;
  std::string reason;  // why it is not ready, or why what lies in the folder now was not taken
};

struct RepositoryOptions {
  size_t numEngines = 1;                   // runs of a model at a time
  size_t maxLoaded = 0;                    // models; 0: no limit, all are loaded at the start
  uint64_t maxBytes = 0;                   // of loaded models' files; 0: no limit
  std::chrono::milliseconds lookAgain{0};  // how often the folder is looked at; 0: never
  // What tries models in a process of its own before they are loaded (infer/model_vetting.h); empty: they are not tried.
  std::string vettingProgram = {};
};

class ModelRepository {
 public:
  // `directory` is one model or a folder of models. kNotFound where there is no such folder; a folder without any model
  // is served, empty. `metrics` must outlive this object.
  static Result<std::unique_ptr<ModelRepository>> load(const std::string& directory, const RepositoryOptions& options,
                                                       Metrics& metrics);
  ~ModelRepository();
  ModelRepository(const ModelRepository&) = delete;
  ModelRepository& operator=(const ModelRepository&) = delete;

  // The model called `name`, or NAME@VERSION; the default one where `name` is empty. `version` is a number or an alias;
  // empty: the newest that works. kNotFound offers the nearest names.
  Result<ModelPointer> find(std::string_view name, std::string_view version = {}) const;
  // Of each model the newest version that is loaded, by name.
  std::vector<ModelPointer> models() const;
  // All loaded versions of a model, oldest first.
  std::vector<ModelPointer> versions(std::string_view name) const;
  std::vector<BrokenModel> broken() const;
  // All versions of all models, loaded or not.
  std::vector<ModelState> index() const;

  // The model for requests that name none: the only one, or what setDefault chose; empty where there is none.
  std::string defaultName() const;
  // kNotFound where there is no such model.
  Result<void> setDefault(std::string_view name);

  // Reads the folder of the model again, now; also of one that was unloaded. kNotFound; else why it could not be loaded.
  Result<void> loadModel(const std::string& name);
  // Serves the model no longer, until loadModel(). kNotFound.
  Result<void> unloadModel(const std::string& name);
  // Looks at the folder: loads what is new or has changed, drops what is gone. A folder that is still being written,
  // so that it looks different from the time before, waits for the next time.
  void lookAgain();

  // An empty folder beside the models, to put a new one into; removed by `install`, or by the caller.
  Result<std::filesystem::path> stage() const;
  // Loads the model in `staged` and puts it in the place of the model `name`, in the folder and in what is served, at
  // once: no request fails. What cannot be loaded replaces nothing. kInvalidArgument: not a name for a folder;
  // kUnsupported: one model is served, not a folder of them.
  Result<ModelPointer> install(const std::string& name, const std::filesystem::path& staged);
  // Serves the model no longer and removes its folder; without effect where there is none.
  Result<void> remove(const std::string& name);

 private:
  // When a version was last asked for, in the order of all requests.
  struct Usage;
  struct Version {
    FoundVersion found;
    ModelPointer model;  // null where it is not loaded
    std::string reason;  // of the last failure
    std::shared_ptr<Usage> usage;
  };
  struct Entry {
    FoundModel found;               // without its versions
    std::vector<Version> versions;  // oldest first
    bool unloaded = false;          // by request
  };
  // What is served; never changed once it is there.
  using Catalogue = std::map<std::string, Entry, std::less<>>;

  ModelRepository(std::filesystem::path directory, const RepositoryOptions& options, Metrics& metrics)
      : directory_(std::move(directory)), options_(options), metrics_(metrics) {}
  bool lazy() const { return options_.maxLoaded > 0 || options_.maxBytes > 0; }
  std::shared_ptr<const Catalogue> catalogue() const;
  void publish(Catalogue next) const;
  Result<std::vector<FoundModel>> scan() const;
  Result<ModelPointer> loadFrom(const std::filesystem::path& path, const FoundModel& found, const std::string& version,
                                const std::filesystem::path& place) const;
  // The entry for what was found, with what `before` has loaded of it.
  Entry renewed(const FoundModel& found, const Entry* before, bool evenIfUnstable);
  void loadVersion(Version& version, const FoundModel& found) const;
  Result<ModelPointer> loadLazily(const std::string& name, const std::string& version) const;
  void giveUpUnused(Catalogue& catalogue, const ModelPointer& keep) const;
  Error notFound(const Catalogue& catalogue, std::string_view name, std::string_view version) const;
  void watch(const std::stop_token& stop);

  const std::filesystem::path directory_;
  const RepositoryOptions options_;
  Metrics& metrics_;
  bool single_ = false;                   // directory_ is one model
  mutable std::mutex changing_;           // held while folder and catalogue change
  std::map<std::string, uint64_t> seen_;  // under changing_: fingerprints of versions that were not stable yet
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();  // under mutex_
  std::string defaultName_;                                                             // under mutex_
  std::jthread watcher_;                                                                // ends first
};

}  // namespace mlaas::serve
