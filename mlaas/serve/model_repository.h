// The models that a server answers for: every bundle of a folder, loaded when the server starts.
// A bundle that cannot be loaded is kept with the reason and does not stop the others.
// Threads: any. A model that is replaced or removed lives on until its last request is answered.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor_engine.h"
#include "mlaas/model/bundle.h"
#include "mlaas/serve/metrics.h"

namespace mlaas::serve {

// How requests for a model are put together.
struct BatchSettings {
  int64_t maxRows = 1024;                     // of one run; a larger request is run by itself, in one piece
  std::chrono::microseconds maxDelay{0};      // how long a batch that is not full may wait for more
  int64_t maxWaitingRequests = 4096;          // more are refused at once
  int64_t maxWaitingRows = int64_t{1} << 22;  // so are requests when those that wait have more rows
  std::chrono::milliseconds timeout{0};       // of waiting, where the request names none; 0: none
};

// One version of a model.
class ServedModel {
 public:
  // An engine for as long as this lives; empty where none was free.
  class EngineLease {
   public:
    EngineLease() = default;
    EngineLease(EngineLease&& other) noexcept : busy_(std::exchange(other.busy_, nullptr)), engine_(other.engine_) {}
    EngineLease& operator=(EngineLease&& other) noexcept {
      std::swap(busy_, other.busy_);
      std::swap(engine_, other.engine_);
      return *this;
    }
    ~EngineLease() {
      if (busy_ != nullptr) busy_->store(false, std::memory_order_release);
    }
    explicit operator bool() const { return busy_ != nullptr; }
    infer::TensorEngine& operator*() const { return *engine_; }
    infer::TensorEngine* operator->() const { return engine_; }

   private:
    friend class ServedModel;
    EngineLease(std::atomic<bool>* busy, infer::TensorEngine* engine) : busy_(busy), engine_(engine) {}
    std::atomic<bool>* busy_ = nullptr;
    infer::TensorEngine* engine_ = nullptr;
  };

  // How a model is known to clients and how its requests are put together.
  struct Identity {
    std::string name;
    std::string version = "1";
    std::string params = {};               // the text of params.json
    std::vector<std::string> labels = {};  // of classes, where the model's folder names them
    std::filesystem::path folder = {};     // where it lies; empty where it was not read from one
    BatchSettings batching = {};
  };
  // A loaded model with at least one engine: as many runs at a time as it has engines.
  static std::shared_ptr<ServedModel> make(infer::LoadedModel loaded, Identity identity,
                                           std::shared_ptr<ModelMetrics> metrics);

  const std::string& name() const { return identity_.name; }
  const std::string& version() const { return identity_.version; }
  // params.json, as it stands in the file.
  const std::string& params() const { return identity_.params; }
  const std::vector<std::string>& labels() const { return identity_.labels; }
  const std::filesystem::path& folder() const { return identity_.folder; }
  const BatchSettings& batching() const { return identity_.batching; }
  const infer::Signature& signature() const { return loaded_.signature; }
  const std::string& platform() const { return loaded_.platform; }
  // Null where the model is not one of our bundles.
  const model::Bundle* bundle() const { return loaded_.bundle.get(); }
  // Of bundles: FeatureSpec::flatNames() and where each name stands in it.
  const std::vector<std::string>& flatNames() const { return flatNames_; }
  const std::unordered_map<std::string_view, size_t>& flatIndex() const { return flatIndex_; }

  size_t numEngines() const { return loaded_.engines.size(); }
  // A free engine, of number `preferred` where that one is free.
  EngineLease tryAcquire(size_t preferred) const;
  ModelMetrics& metrics() const { return *metrics_; }

 private:
  ServedModel() = default;
  Identity identity_;
  infer::LoadedModel loaded_;
  std::vector<std::string> flatNames_;
  std::unordered_map<std::string_view, size_t> flatIndex_;  // views into flatNames_
  mutable std::unique_ptr<std::atomic<bool>[]> busy_;       // by engine
  std::shared_ptr<ModelMetrics> metrics_;
};

using ModelPointer = std::shared_ptr<const ServedModel>;

// A bundle that could not be loaded.
struct BrokenModel {
  std::string name;    // of its folder
  std::string reason;  // for the client: without the host's paths
};

class ModelRepository {
 public:
  // `directory` is one bundle or a folder of bundles (folders without bundle.json are passed over). kNotFound where
  // there is no such folder; a folder without any bundle is served, empty. `metrics` must outlive this object.
  static Result<std::unique_ptr<ModelRepository>> load(const std::string& directory, size_t numEngines,
                                                       Metrics& metrics);

  // The model called `name`; the default one where `name` is empty. `version` empty: the one that is served by
  // default. kNotFound offers the nearest names.
  Result<ModelPointer> find(std::string_view name, std::string_view version = {}) const;
  std::vector<ModelPointer> models() const { return catalogue()->models; }  // by name
  std::vector<BrokenModel> broken() const { return catalogue()->broken; }

  // The model for requests that name none: the only one, or what setDefault chose; empty where there is none.
  std::string defaultName() const;
  // kNotFound where there is no such model.
  Result<void> setDefault(std::string_view name);

  // An empty folder beside the models, to put a new one into; removed by `install`, or by the caller.
  Result<std::filesystem::path> stage() const;
  // Loads the model in `staged` and puts it in the place of the model `name`, in the folder and in what is served, at
  // once: no request fails. What cannot be loaded replaces nothing. kInvalidArgument: not a name for a folder;
  // kUnsupported: one bundle is served, not a folder of them.
  Result<ModelPointer> install(const std::string& name, const std::filesystem::path& staged);
  // Serves the model no longer and removes its folder; without effect where there is none.
  Result<void> remove(const std::string& name);

 private:
  // What is served; never changed once it is there.
  struct Catalogue {
    std::vector<ModelPointer> models;  // by name
    std::vector<BrokenModel> broken;
  };
  ModelRepository(std::string directory, size_t numEngines, Metrics& metrics)
      : directory_(std::move(directory)), numEngines_(numEngines), metrics_(metrics) {}
  std::shared_ptr<const Catalogue> catalogue() const;
  void publish(std::shared_ptr<const Catalogue> next);
  // The model in the folder `path`; named `name`, or as it names itself where that is empty.
  // It will lie in `folder` once it is served.
  Result<ModelPointer> loadFrom(const std::filesystem::path& path, const std::string& name,
                                const std::filesystem::path& folder) const;
  void add(const std::filesystem::path& path, Catalogue& to) const;

  const std::string directory_;
  const size_t numEngines_;
  Metrics& metrics_;
  bool single_ = false;  // directory_ is one bundle
  std::mutex changing_;  // held while folder and catalogue change
  mutable std::mutex mutex_;
  std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();  // under mutex_
  std::string defaultName_;                                                     // under mutex_
};

}  // namespace mlaas::serve
