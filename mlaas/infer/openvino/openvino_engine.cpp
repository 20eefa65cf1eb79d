#include "mlaas/infer/openvino/openvino_engine.h"

#include <algorithm>
#include <openvino/openvino.hpp>

#include "mlaas/infer/openvino/batch_rows.h"
#include "mlaas/infer/openvino/openvino_core.h"

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
    try {
      int64_t rows = 0;
      for (int64_t first = 0; first < input.rows; first += rows) {
        const int64_t batch = nextBatchRows(input.rows - first);
        rows = std::min(batch, input.rows - first);
        MLAAS_CHECK(runBatch(input, first, rows, batch, scores.data() + first * numOutputs_));
      }
      return {};
    } catch (const std::exception& error) {
      return Error(ErrorCode::kInternal, std::string("OpenVINO: ") + error.what());
    }
  }

 private:
  // Runs rows [first, first + rows) as a batch of `batch` rows, the rest of which is padding.
  Result<void> runBatch(const feature::Tensors& input, int64_t first, int64_t rows, int64_t batch, float* scores) {
    if (rows == batch) {
      setInputs(input, first, batch);
    } else {
      pad(input, first, rows, batch);
      setInputs(padded_, 0, batch);
    }
    request_.infer();
    const ov::Tensor result = request_.get_tensor(scores_);
    if (result.get_size() != static_cast<size_t>(batch * numOutputs_)) {
      return Error(ErrorCode::kInternal, "OpenVINO gave " + std::to_string(result.get_size()) + " scores, expected " +
                                             std::to_string(batch * numOutputs_));
    }
    std::copy_n(result.data<const float>(), rows * numOutputs_, scores);
    return {};
  }

  // Copies rows into padded_ and fills it up with zeros.
  void pad(const feature::Tensors& input, int64_t first, int64_t rows, int64_t batch) {
    const auto copy = [&](const auto& from, auto& to, int64_t width) {
      to.assign(static_cast<size_t>(batch * width), 0);
      std::copy_n(from.begin() + first * width, rows * width, to.begin());
    };
    padded_.groups.resize(input.groups.size());
    copy(input.scalars, padded_.scalars, static_cast<int64_t>(features_.scalars.size()));
    for (size_t g = 0; g < input.groups.size(); ++g) {
      const auto& group = features_.groups[g];
      copy(input.groups[g].values, padded_.groups[g].values, group.length * static_cast<int64_t>(group.columns.size()));
      copy(input.groups[g].count, padded_.groups[g].count, 1);
    }
  }

  // The tensors lend their memory for the length of one call; OpenVINO does not write to inputs.
  void setInputs(const feature::Tensors& input, int64_t first, int64_t batch) {
    const auto rows = static_cast<size_t>(batch);
    size_t next = 0;
    if (const size_t width = features_.scalars.size(); width > 0) {
      const float* from = input.scalars.data() + first * static_cast<int64_t>(width);
      request_.set_tensor(inputs_[next++], ov::Tensor(ov::element::f32, {rows, width}, const_cast<float*>(from)));
    }
    for (size_t g = 0; g < features_.groups.size(); ++g) {
      const auto length = static_cast<size_t>(features_.groups[g].length);
      const size_t columns = features_.groups[g].columns.size();
      const float* values = input.groups[g].values.data() + first * static_cast<int64_t>(length * columns);
      const int32_t* count = input.groups[g].count.data() + first;
      request_.set_tensor(inputs_[next++],
                          ov::Tensor(ov::element::f32, {rows, length, columns}, const_cast<float*>(values)));
      request_.set_tensor(inputs_[next++], ov::Tensor(ov::element::i32, {rows}, const_cast<int32_t*>(count)));
    }
  }

  std::shared_ptr<ov::Core> core_;  // outlives what it made
  ov::CompiledModel model_;
  ov::InferRequest request_;
  feature::FeatureSpec features_;
  int64_t numOutputs_;
  std::vector<ov::Output<const ov::Node>> inputs_;  // in the order of expectedPorts
  ov::Output<const ov::Node> scores_;
  feature::Tensors padded_;  // kept from call to call
};

}  // namespace

Result<std::vector<std::unique_ptr<Engine>>> makeOpenvinoEngines(const std::string& file,
                                                                 const feature::FeatureSpec& features,
                                                                 int64_t numOutputs, size_t count) {
  const std::vector<Port> ports = expectedPorts(features);
  std::vector<std::unique_ptr<Engine>> engines;
  try {
    const auto core = sharedOpenvinoCore();
    const auto graph = core->read_model(file);
    for (size_t i = 0; i < count; ++i) {
      auto compiled = compileForCaller(*core, graph);
      MLAAS_CHECK(checkGraph(compiled, ports, numOutputs));
      engines.push_back(std::make_unique<OpenvinoEngine>(core, std::move(compiled), features, ports, numOutputs));
    }
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, std::string("OpenVINO cannot load it: ") + error.what());
  }
  return engines;
}

}  // namespace mlaas::infer
