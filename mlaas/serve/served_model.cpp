#include "mlaas/serve/served_model.h"

#include <nlohmann/json.hpp>

namespace mlaas::serve {

namespace {

std::string mainOutputOf(const infer::Signature& signature, const std::string& params) {
  const auto json = nlohmann::json::parse(params, nullptr, false);
  for (const char* key : {"output_name", "output_node", "outputNode"}) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string()) continue;
    const auto name = json[key].get<std::string>();
    // TensorFlow's names of tensors have the number of the operation's output behind a colon.
    for (const auto& candidate : {name, name.substr(0, name.rfind(':'))}) {
      if (signature.findOutput(candidate) != nullptr) return candidate;
    }
  }
  return signature.outputs.empty() ? std::string() : signature.outputs.front().name;
}

}  // namespace

std::shared_ptr<ServedModel> ServedModel::make(infer::LoadedModel loaded, Identity identity,
                                               std::shared_ptr<ModelMetrics> metrics) {
  std::shared_ptr<ServedModel> served(new ServedModel());
  served->loaded_ = std::move(loaded);
  served->identity_ = std::move(identity);
  served->metrics_ = std::move(metrics);
  served->busy_ = std::make_unique<std::atomic<bool>[]>(served->loaded_.engines.size());
  served->mainOutput_ = mainOutputOf(served->signature(), served->params());
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

}  // namespace mlaas::serve
