#include "mlaas/infer/trees/pipeline_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "mlaas/model/trees/onnx_pipeline.h"

namespace mlaas::infer {

namespace {

class PipelineEngine final : public TensorEngine {
 public:
  explicit PipelineEngine(std::shared_ptr<const model::OnnxPipeline> pipeline) : pipeline_(std::move(pipeline)) {}

  Result<void> run(std::span<const Tensor> inputs, std::vector<Tensor>& outputs) override {
    const int64_t rows = inputs.front().shape.front();
    matrix_.resize(static_cast<size_t>(rows * pipeline_->numFeatures));
    std::memcpy(matrix_.data(), inputs.front().bytes.data(), matrix_.size() * sizeof(float));
    model::runOnnxPipeline(*pipeline_, matrix_, rows, scores_);
    outputs.resize(pipeline_->outputNames.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      outputs[i] = {pipeline_->outputNames[i], DataType::kFp32, {rows, pipeline_->numOutputs}, {}};
      if (pipeline_->isLabel[i]) {
        fillLabels(rows, outputs[i]);
      } else {
        outputs[i].bytes.assign(reinterpret_cast<const char*>(scores_.data()), scores_.size() * sizeof(float));
      }
    }
    return {};
  }

 private:
  // The class with the highest score, the first of equals.
  void fillLabels(int64_t rows, Tensor& output) const {
    output.shape = {rows};
    output.type = pipeline_->classNames.empty() ? DataType::kInt64 : DataType::kBytes;
    for (int64_t row = 0; row < rows; ++row) {
      const auto first = scores_.begin() + row * pipeline_->numOutputs;
      const auto best = static_cast<size_t>(std::max_element(first, first + pipeline_->numOutputs) - first);
      if (output.type == DataType::kBytes) {
        appendBytesElement(output.bytes, pipeline_->classNames[best]);
      } else {
        output.bytes.append(reinterpret_cast<const char*>(&pipeline_->classNumbers[best]), sizeof(int64_t));
      }
    }
  }

  std::shared_ptr<const model::OnnxPipeline> pipeline_;
  std::vector<float> matrix_;  // kept from call to call; aligned, which bytes need not be
  std::vector<float> scores_;  // kept from call to call
};

Signature signatureOf(const model::OnnxPipeline& pipeline) {
  Signature signature;
  signature.inputs.push_back({pipeline.inputName, DataType::kFp32, {pipeline.numFeatures}});
  const DataType labelType = pipeline.classNames.empty() ? DataType::kInt64 : DataType::kBytes;
  for (size_t i = 0; i < pipeline.outputNames.size(); ++i) {
    TensorSpec spec{pipeline.outputNames[i], labelType, {}};
    if (!pipeline.isLabel[i]) {
      spec = {pipeline.outputNames[i], DataType::kFp32, {pipeline.numOutputs}, pipeline.classNames};
      for (const int64_t number : pipeline.classNumbers) spec.labels.push_back(std::to_string(number));
    }
    signature.outputs.push_back(std::move(spec));
  }
  return signature;
}

}  // namespace

Result<std::optional<LoadedModel>> loadPipeline(const ModelFile& file, size_t numEngines) {
  std::ifstream stream(file.path, std::ios::binary);
  std::ostringstream bytes;
  if (stream) bytes << stream.rdbuf();
  if (!stream) {
    return Error(ErrorCode::kIo, file.path + " cannot be read: " + std::generic_category().message(errno));
  }
  if (!model::usesOnnxMl(bytes.view())) return std::optional<LoadedModel>();
  MLAAS_TRY(model::OnnxPipeline pipeline, model::readOnnxPipeline(bytes.view()));
  const auto shared = std::make_shared<const model::OnnxPipeline>(std::move(pipeline));
  LoadedModel loaded;
  loaded.signature = signatureOf(*shared);
  loaded.platform = "mlaas_onnx_ml";
  for (size_t i = 0; i < numEngines; ++i) loaded.engines.push_back(std::make_unique<PipelineEngine>(shared));
  return std::optional<LoadedModel>(std::move(loaded));
}

}  // namespace mlaas::infer
