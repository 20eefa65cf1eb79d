// What the Open Inference Protocol offers, whatever carries it: models, inference, statistics, repository, settings.
// Threads: any; infer() from the serving thread that it names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/inference.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/serve/oip/message.h"
#include "mlaas/serve/shared_memory.h"

namespace mlaas::serve {

// A setting as Triton shows it: a text, a list of texts, a number or a flag.
struct OipSetting {
  std::string name;
  std::variant<bool, uint32_t, std::string, std::vector<std::string>> value;
};

class OipService {
 public:
  // All must outlive this object.
  OipService(ModelRepository& models, Inference& inference, bool sharedMemory)
      : models_(models), inference_(inference), memory_(sharedMemory) {}

  static std::string_view serverName() { return "mlaas"; }
  static std::string_view serverVersion();
  // The names of the extensions that requests may use, as Triton calls them.
  std::vector<std::string> extensions() const;

  const ModelRepository& models() const { return models_; }
  SharedMemory& memory() { return memory_; }
  const SharedMemory& memory() const { return memory_; }

  // kNotFound where the name is empty, too: a path that names no model asks for none.
  Result<ModelPointer> findModel(std::string_view name, std::string_view version) const;
  // The versions of the model that can be asked for.
  std::vector<std::string> versionsOf(std::string_view name) const;
  // Those whose statistics are asked for: all where `name` is empty.
  Result<std::vector<ModelPointer>> modelsFor(std::string_view name, std::string_view version) const;
  std::vector<ModelState> index(bool readyOnly) const;
  // Reads the model's folder anew, and serves it no longer. Both may take long.
  Result<void> load(const std::string& name) { return models_.loadModel(name); }
  Result<void> unload(const std::string& name) { return models_.unloadModel(name); }

  using Done = std::function<void(Result<std::vector<OipOutput>>)>;
  // Joins the batch of the serving thread `worker`; `done` is called once, as Inference says.
  void infer(size_t worker, std::shared_ptr<const OipInference> inference, InferenceRequest request, Done done);
  // The same from a thread that serves no turn: by the model's queue.
  void inferQueued(std::shared_ptr<const OipInference> inference, InferenceRequest request, Done done);

  // What is traced and logged. Both are chosen when the server starts.
  static std::vector<OipSetting> traceSettings();
  static std::vector<OipSetting> logSettings();

 private:
  Completion completion(std::shared_ptr<const OipInference> inference, ModelPointer model, Done done) const;

  ModelRepository& models_;
  Inference& inference_;
  SharedMemory memory_;
};

// "READY" or "UNAVAILABLE"; empty where the model just is not loaded, as Triton leaves it out.
std::string_view stateName(const ModelState& state);

}  // namespace mlaas::serve
