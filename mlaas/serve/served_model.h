// A model that is loaded: what it takes and gives, its engines, and how its requests are put together.
// Threads: any; an engine is lent to one thread at a time. It lives until its last request is answered.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
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
  // The output for clients that take one: that which params.json names (output_name, output_node or outputNode), where
  // there is such a one, else the first.
  const std::string& mainOutput() const { return mainOutput_; }
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
  std::string mainOutput_;
  std::vector<std::string> flatNames_;
  std::unordered_map<std::string_view, size_t> flatIndex_;  // views into flatNames_
  mutable std::unique_ptr<std::atomic<bool>[]> busy_;       // by engine
  std::shared_ptr<ModelMetrics> metrics_;
};

using ModelPointer = std::shared_ptr<const ServedModel>;

}  // namespace mlaas::serve
