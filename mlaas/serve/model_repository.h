// The models that a server answers for: every bundle of a folder, loaded when the server starts.
// A bundle that cannot be loaded is kept with the reason and does not stop the others.
// Threads: read by all serving threads after load(); the name of the default model may be changed by any of them.
//          run() takes the engine of the calling worker, so that no two threads share one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/infer/engine.h"
#include "mlaas/model/bundle.h"

namespace mlaas::serve {

class ServedModel {
 public:
  // Reads the bundle and makes one engine for each of `workers` threads.
  static Result<std::shared_ptr<ServedModel>> load(const std::string& directory, size_t workers);

  const model::Bundle& bundle() const { return bundle_; }
  const std::string& name() const { return bundle_.name; }
  // Position among all models of the server, for metrics.
  size_t index() const { return index_; }
  // The bundle's params.json, as it stands in the file.
  const std::string& params() const { return params_; }
  // FeatureSpec::flatNames() and where each name stands in it.
  const std::vector<std::string>& flatNames() const { return flatNames_; }
  const std::unordered_map<std::string_view, size_t>& flatIndex() const { return flatIndex_; }

  // Scores [rows, outputs]. `worker` is the number of the calling thread; no other thread may use the same at a time.
  // kInternal where a score is not a finite number.
  Result<void> run(size_t worker, const feature::Tensors& input, std::vector<float>& scores) const;

 private:
  friend class ModelRepository;
  ServedModel() = default;
  model::Bundle bundle_;
  size_t index_ = 0;
  std::string params_;
  std::vector<std::string> flatNames_;
  std::unordered_map<std::string_view, size_t> flatIndex_;  // views into flatNames_
  std::vector<std::unique_ptr<infer::Engine>> engines_;     // one for each worker
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
  // there is no such folder; a folder without any bundle is served, empty.
  static Result<std::unique_ptr<ModelRepository>> load(const std::string& directory, size_t workers);

  // The model called `name`; the default one where `name` is empty. kNotFound offers the nearest names.
  Result<ModelPointer> find(std::string_view name) const;
  const std::vector<ModelPointer>& models() const { return models_; }  // by name
  const std::vector<BrokenModel>& broken() const { return broken_; }

  // The model for requests that name none: the only one, or what setDefault chose; empty where there is none.
  std::string defaultName() const;
  // kNotFound where there is no such model.
  Result<void> setDefault(std::string_view name);

 private:
  ModelRepository() = default;
  void add(const std::string& directory, size_t workers);
  std::vector<std::string> names() const;

  std::vector<ModelPointer> models_;
  std::vector<BrokenModel> broken_;
  mutable std::mutex mutex_;
  std::string defaultName_;  // under mutex_
};

}  // namespace mlaas::serve
