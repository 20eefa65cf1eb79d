#include "mlaas/train/neural/torch_script_file.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>

namespace mlaas::train {

namespace {

using model::ScriptTensor;

Error torchError(const std::string& text) {
  return {ErrorCode::kInternal, "libtorch, TorchScript: " + text.substr(0, text.find('\n'))};
}

at::Tensor tensorOf(const ScriptTensor& tensor) {
  const at::Tensor values =
      at::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape, at::TensorOptions().dtype(at::kFloat));
  return tensor.kind == ScriptTensor::Kind::kIndex ? values.to(at::kLong) : values.clone();
}

at::Tensor tensorOf(const std::vector<float>& values, std::vector<int64_t> shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::TensorOptions().dtype(at::kFloat));
}

}  // namespace

Result<std::string> torchScriptFile(const model::TorchScript& script) {
  try {
    torch::jit::Module module("__torch__.Network");
    module.register_attribute("training", c10::BoolType::get(), false);
    for (const ScriptTensor& tensor : script.tensors) {
      module.register_parameter(tensor.name, tensorOf(tensor), tensor.kind != ScriptTensor::Kind::kWeight);
    }
    module.define(script.source);
    std::ostringstream stream;
    module.save(stream);
    return std::move(stream).str();
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

Result<void> runTorchScript(const std::string& bytes, const feature::Tensors& features, std::vector<float>& scores) {
  try {
    const at::NoGradGuard noGradients;
    std::istringstream stream(bytes);
    torch::jit::Module module = torch::jit::load(stream);
    std::vector<c10::IValue> inputs;
    if (features.numScalars > 0) inputs.emplace_back(tensorOf(features.scalars, {features.rows, features.numScalars}));
    for (const feature::GroupTensor& group : features.groups) {
      const int64_t length = group.length;
      inputs.emplace_back(tensorOf(group.values, {features.rows, length, group.numColumns}));
      inputs.emplace_back(at::from_blob(const_cast<int32_t*>(group.count.data()), {features.rows},
                                        at::TensorOptions().dtype(at::kInt)));
    }
    const at::Tensor result = module.forward(std::move(inputs)).toTensor().contiguous();
    scores.assign(result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
    return {};
  } catch (const std::exception& exception) {
    return torchError(exception.what());
  }
}

}  // namespace mlaas::train
