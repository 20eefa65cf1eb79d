#include "mlaas/infer/openvino/openvino_engine.h"

#include <algorithm>
#include <mutex>
#include <openvino/openvino.hpp>
#include <set>

namespace mlaas::infer {

namespace {

// One input of the graph as the bundle's signature wants it; the batch dimension comes first and is free.
struct Port {
  std::string name;
  ov::element::Type type;
  std::vector<size_t> dimensions;  // without the batch
};

std::vector<Port> expectedPorts(const feature::FeatureSpec& features) {
  std::vector<Port> ports;
  if (!features.scalars.empty()) ports.push_back({"scalars", ov::element::f32, {features.scalars.size()}});
  for (const auto& group : features.groups) {
    ports.push_back({group.name, ov::element::f32, {static_cast<size_t>(group.length), group.columns.size()}});
    ports.push_back({group.name + "_count", ov::element::i32, {}});
  }
  return ports;
}

Error mismatch(const std::string& what) {
  return {ErrorCode::kCorrupt, "the graph does not fit the bundle's signature: " + what};
}

Result<void> checkPort(const ov::Output<const ov::Node>& found, const Port& port) {
  ov::PartialShape shape{ov::Dimension::dynamic()};
  for (const size_t dimension : port.dimensions) shape.push_back(static_cast<int64_t>(dimension));
  if (found.get_element_type() != port.type || !found.get_partial_shape().compatible(shape)) {
    return mismatch("'" + port.name + "' is " + found.get_element_type().get_type_name() +
                    found.get_partial_shape().to_string() + ", expected " + port.type.get_type_name() +
                    shape.to_string());
  }
  if (!found.get_partial_shape()[0].is_dynamic()) return mismatch("'" + port.name + "' has a fixed number of rows");
  return {};
}

// Finds the port that has `name`; graphs may give one port several names.
template <class Ports>
const ov::Output<const ov::Node>* findPort(const Ports& ports, const std::string& name) {
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const auto& port) { return port.get_names().contains(name); });
  return found == ports.end() ? nullptr : &*found;
}

Result<void> checkGraph(const ov::CompiledModel& model, const std::vector<Port>& ports, int64_t numOutputs) {
  const auto& inputs = model.inputs();
  for (const Port& port : ports) {
    const auto* found = findPort(inputs, port.name);
    if (found == nullptr) return mismatch("it has no input '" + port.name + "'");
    MLAAS_CHECK(checkPort(*found, port));
  }
  if (inputs.size() != ports.size()) {
    return mismatch("it has " + std::to_string(inputs.size()) + " inputs, expected " + std::to_string(ports.size()));
  }
  const auto& outputs = model.outputs();
  const auto* scores = findPort(outputs, "scores");
  if (scores == nullptr) return mismatch("it has no output 'scores'");
  return checkPort(*scores, {"scores", ov::element::f32, {static_cast<size_t>(numOutputs)}});
}

class OpenvinoEngine : public Engine {
 public:
  OpenvinoEngine(std::shared_ptr<ov::Core> core, ov::CompiledModel model, feature::FeatureSpec features,
                 const std::vector<Port>& ports, int64_t numOutputs)
      : core_(std::move(core)),
        model_(std::move(model)),
        request_(model_.create_infer_request()),
        features_(std::move(features)),
        numOutputs_(numOutputs),
        scores_(model_.output("scores")) {
    for (const Port& port : ports) inputs_.push_back(model_.input(port.name));
  }

  int64_t numOutputs() const override { return numOutputs_; }

  Result<void> run(const feature::Tensors& input, std::vector<float>& scores) override {
    MLAAS_CHECK(checkShapes(features_, input));
    scores.resize(static_cast<size_t>(input.rows * numOutputs_));
    if (input.rows == 0) return {};
    try {
      setInputs(input);
      request_.infer();
      const ov::Tensor result = request_.get_tensor(scores_);
      if (result.get_size() != scores.size()) {
        return Error(ErrorCode::kInternal, "OpenVINO gave " + std::to_string(result.get_size()) + " scores, expected " +
                                               std::to_string(scores.size()));
      }
      std::copy_n(result.data<const float>(), scores.size(), scores.begin());
      return {};
    } catch (const std::exception& error) {
      return Error(ErrorCode::kInternal, std::string("OpenVINO: ") + error.what());
    }
  }

 private:
  // The tensors lend their memory for the length of one call; OpenVINO does not write to inputs.
  void setInputs(const feature::Tensors& input) {
    const auto rows = static_cast<size_t>(input.rows);
    size_t next = 0;
    if (!features_.scalars.empty()) {
      request_.set_tensor(inputs_[next++], ov::Tensor(ov::element::f32, {rows, features_.scalars.size()},
                                                      const_cast<float*>(input.scalars.data())));
    }
    for (size_t g = 0; g < input.groups.size(); ++g) {
      const auto& group = input.groups[g];
      request_.set_tensor(inputs_[next++], ov::Tensor(ov::element::f32,
                                                      {rows, static_cast<size_t>(features_.groups[g].length),
                                                       features_.groups[g].columns.size()},
                                                      const_cast<float*>(group.values.data())));
      request_.set_tensor(inputs_[next++],
                          ov::Tensor(ov::element::i32, {rows}, const_cast<int32_t*>(group.count.data())));
    }
  }

  std::shared_ptr<ov::Core> core_;  // outlives what it made
  ov::CompiledModel model_;
  ov::InferRequest request_;
  feature::FeatureSpec features_;
  int64_t numOutputs_;
  std::vector<ov::Output<const ov::Node>> inputs_;  // in the order of expectedPorts
  ov::Output<const ov::Node> scores_;
};

// Making a core reads the plugin's library; engines share one for as long as any of them lives.
std::shared_ptr<ov::Core> sharedCore() {
  static std::mutex mutex;
  static std::weak_ptr<ov::Core> kept;
  std::lock_guard lock(mutex);
  auto core = kept.lock();
  if (!core) kept = core = std::make_shared<ov::Core>();
  return core;
}

}  // namespace

Result<std::vector<std::unique_ptr<Engine>>> makeOpenvinoEngines(const std::string& file,
                                                                 const feature::FeatureSpec& features,
                                                                 int64_t numOutputs, size_t count) {
  const std::vector<Port> ports = expectedPorts(features);
  std::vector<std::unique_ptr<Engine>> engines;
  try {
    const auto core = sharedCore();
    const auto graph = core->read_model(file);
    for (size_t i = 0; i < count; ++i) {
      auto compiled =
          core->compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32),
                              ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY), ov::num_streams(0));
      MLAAS_CHECK(checkGraph(compiled, ports, numOutputs));
      engines.push_back(std::make_unique<OpenvinoEngine>(core, std::move(compiled), features, ports, numOutputs));
    }
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, std::string("OpenVINO cannot load it: ") + error.what());
  }
  return engines;
}

}  // namespace mlaas::infer
