#include "mlaas/infer/tensor_engine.h"

#include <algorithm>
#include <cstring>

#include "mlaas/infer/engine.h"
#include "mlaas/infer/model_file.h"
#include "mlaas/infer/openvino/graph_engine.h"
#include "mlaas/infer/trees/pipeline_file.h"
#include "mlaas/infer/trees/tree_file.h"

namespace mlaas::infer {

namespace {

// A bundle's engine behind named tensors.
class BundleEngine final : public TensorEngine {
 public:
  BundleEngine(std::shared_ptr<const model::Bundle> bundle, std::unique_ptr<Engine> engine)
      : bundle_(std::move(bundle)), engine_(std::move(engine)) {
    const auto& features = bundle_->features;
    input_.numScalars = static_cast<int64_t>(features.scalars.size());
    for (const auto& group : features.groups) {
      input_.groups.push_back({group.length, static_cast<int64_t>(group.columns.size()), {}, {}});
    }
  }

  Result<void> run(std::span<const Tensor> inputs, std::vector<Tensor>& outputs) override {
    input_.rows = inputs.front().shape.front();
    size_t next = 0;
    if (input_.numScalars > 0) copy(inputs[next++], input_.scalars);
    for (auto& group : input_.groups) {
      copy(inputs[next++], group.values);
      const Tensor& counts = inputs[next++];
      copy(counts, group.count);
      MLAAS_CHECK(checkCounts(counts.name, group));
    }
    MLAAS_CHECK(engine_->run(input_, scores_));
    outputs.resize(1);
    outputs[0].name = "scores";
    outputs[0].type = DataType::kFp32;
    outputs[0].shape = {input_.rows, engine_->numOutputs()};
    outputs[0].bytes.assign(reinterpret_cast<const char*>(scores_.data()), scores_.size() * sizeof(float));
    return {};
  }

 private:
  template <class Value>
  static void copy(const Tensor& from, std::vector<Value>& to) {
    to.resize(from.bytes.size() / sizeof(Value));
    std::memcpy(to.data(), from.bytes.data(), to.size() * sizeof(Value));
  }

  static Result<void> checkCounts(const std::string& name, const feature::GroupTensor& group) {
    for (size_t row = 0; row < group.count.size(); ++row) {
      if (group.count[row] >= 0 && group.count[row] <= group.length) continue;
      return Error(ErrorCode::kInvalidArgument, "input '" + name + "': element " + std::to_string(row) + " is " +
                                                    std::to_string(group.count[row]) + ", expected 0 to " +
                                                    std::to_string(group.length));
    }
    return {};
  }

  std::shared_ptr<const model::Bundle> bundle_;
  std::unique_ptr<Engine> engine_;
  feature::Tensors input_;     // kept from call to call
  std::vector<float> scores_;  // kept from call to call
};

}  // namespace

Result<void> runOnZeros(TensorEngine& engine, const Signature& signature) {
  constexpr int64_t kMostElements = int64_t{1} << 24;
  std::vector<Tensor> inputs;
  for (const auto& spec : signature.inputs) {
    Tensor tensor{spec.name, spec.type, spec.dimensions, {}};
    if (signature.batched) tensor.shape.insert(tensor.shape.begin(), 1);
    for (auto& dimension : tensor.shape) dimension = std::max<int64_t>(dimension, 1);
    const auto elements = numElements(tensor.shape);
    if (!elements || *elements > kMostElements) return {};
    const size_t width = spec.type == DataType::kBytes ? sizeof(uint32_t) : elementBytes(spec.type);
    tensor.bytes.assign(static_cast<size_t>(*elements) * width, '\0');
    inputs.push_back(std::move(tensor));
  }
  std::vector<Tensor> outputs;
  return engine.run(inputs, outputs);
}

Signature bundleSignature(const model::Bundle& bundle) {
  Signature signature;
  const auto& features = bundle.features;
  if (!features.scalars.empty()) {
    signature.inputs.push_back({"scalars", DataType::kFp32, {static_cast<int64_t>(features.scalars.size())}});
  }
  for (const auto& group : features.groups) {
    signature.inputs.push_back(
        {group.name, DataType::kFp32, {group.length, static_cast<int64_t>(group.columns.size())}});
    signature.inputs.push_back({group.name + "_count", DataType::kInt32, {}});
  }
  signature.outputs.push_back({"scores", DataType::kFp32, {static_cast<int64_t>(bundle.outputs.size())}});
  // One output a class: their names belong together.
  if (bundle.labels.size() == bundle.outputs.size()) signature.outputs.back().labels = bundle.labels;
  return signature;
}

namespace {

Result<LoadedModel> loadBundle(const std::string& path, size_t numEngines) {
  LoadedModel loaded;
  MLAAS_TRY(auto bundle, model::readBundle(path));
  loaded.bundle = std::make_shared<const model::Bundle>(std::move(bundle));
  if (loaded.bundle->features.flatNames().empty()) {
    return Error(ErrorCode::kCorrupt, "the bundle's signature has no features");
  }
  loaded.signature = bundleSignature(*loaded.bundle);
  loaded.platform = loaded.bundle->engine == model::EngineKind::kOnnx ? "openvino_onnx" : "mlaas_xgboost";
  MLAAS_TRY(auto engines, makeEngines(*loaded.bundle, numEngines));
  for (auto& engine : engines) {
    loaded.engines.push_back(std::make_unique<BundleEngine>(loaded.bundle, std::move(engine)));
  }
  return loaded;
}

}  // namespace

Result<LoadedModel> loadModel(const std::string& path, size_t numEngines) {
  MLAAS_TRY(const ModelFile file, findModelFile(path));
  switch (file.format) {
    case ModelFormat::kBundle:
      return loadBundle(file.path, numEngines);
    case ModelFormat::kXgboostJson:
    case ModelFormat::kXgboostUbj:
    case ModelFormat::kLightgbmText:
      return loadTrees(file, numEngines);
    case ModelFormat::kOnnx: {
      // OpenVINO refuses operators of ai.onnx.ml.
      MLAAS_TRY(auto pipeline, loadPipeline(file, numEngines));
      if (pipeline) return *std::move(pipeline);
      return loadGraph(file, numEngines);
    }
    default:
      return loadGraph(file, numEngines);
  }
}

}  // namespace mlaas::infer
