#include "mlaas/infer/openvino/graph_engine.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "mlaas/infer/openvino/batch_rows.h"
#include "mlaas/infer/openvino/graph_signature.h"
#include "mlaas/infer/openvino/openvino_core.h"

namespace mlaas::infer {

namespace {

ov::Shape ovShape(std::span<const int64_t> shape) { return {shape.begin(), shape.end()}; }

class GraphEngine final : public TensorEngine {
 public:
  GraphEngine(std::shared_ptr<ov::Core> core, ov::CompiledModel model, std::shared_ptr<const GraphSignature> signature)
      : core_(std::move(core)),
        model_(std::move(model)),
        request_(model_.create_infer_request()),
        graph_(std::move(signature)),
        inputs_(model_.inputs()),
        outputs_(model_.outputs()),
        padded_(inputs_.size()) {}

  Result<void> run(std::span<const Tensor> inputs, std::vector<Tensor>& outputs) override {
    try {
      startOutputs(outputs);
      if (!graph_->signature.batched) {
        for (size_t i = 0; i < inputs.size(); ++i) lend(i, inputs[i].shape, inputs[i].bytes.data());
        request_.infer();
        return takeOutputs(outputs, std::nullopt, 0);
      }
      const int64_t all = inputs.front().shape.front();
      if (all == 0) return Error(ErrorCode::kInvalidArgument, "the request has no rows");
      int64_t rows = 0;
      for (int64_t first = 0; first < all; first += rows) {
        const int64_t batch = graph_->oneRowOnly ? 1 : nextBatchRows(all - first);
        rows = std::min(batch, all - first);
        for (size_t i = 0; i < inputs.size(); ++i) lendRows(i, inputs[i], first, rows, batch);
        request_.infer();
        MLAAS_CHECK(takeOutputs(outputs, rows, batch));
      }
      return {};
    } catch (const std::exception& error) {
      return Error(ErrorCode::kInvalidArgument, "the model fails with these inputs: " + openvinoReason(error));
    }
  }

 private:
  void startOutputs(std::vector<Tensor>& outputs) const {
    const auto& specs = graph_->signature.outputs;
    outputs.resize(specs.size());
    for (size_t i = 0; i < specs.size(); ++i) {
      outputs[i].name = specs[i].name;
      outputs[i].type = specs[i].type;
      outputs[i].shape.clear();
      outputs[i].bytes.clear();
    }
  }

  // The memory stays the caller's, and is lent for the length of one call; OpenVINO does not write to inputs.
  void lend(size_t input, std::span<const int64_t> shape, const char* bytes) {
    request_.set_tensor(inputs_[input],
                        ov::Tensor(inputs_[input].get_element_type(), ovShape(shape), const_cast<char*>(bytes)));
  }

  // Rows [first, first + rows) as a batch of `batch` rows, filled up with the last of them.
  void lendRows(size_t input, const Tensor& tensor, int64_t first, int64_t rows, int64_t batch) {
    const size_t rowBytes = tensor.bytes.size() / static_cast<size_t>(tensor.shape.front());
    const char* from = tensor.bytes.data() + static_cast<size_t>(first) * rowBytes;
    shape_ = tensor.shape;
    shape_.front() = batch;
    if (rows == batch) return lend(input, shape_, from);
    std::string& padded = padded_[input];
    padded.assign(from, static_cast<size_t>(rows) * rowBytes);
    for (int64_t row = rows; row < batch; ++row)
      padded.append(from + static_cast<size_t>(rows - 1) * rowBytes, rowBytes);
    lend(input, shape_, padded.data());
  }

  // Appends what the run gave: the first `rows` of `batch` rows of a batched model, else everything.
  Result<void> takeOutputs(std::vector<Tensor>& outputs, std::optional<int64_t> rows, int64_t batch) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      const ov::Tensor result = request_.get_tensor(outputs_[i]);
      // A second call may renew what the first one's reference names.
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): see above
      const ov::Shape dimensions = result.get_shape();
      std::vector<int64_t> shape(dimensions.begin(), dimensions.end());
      size_t bytes = result.get_byte_size();
      if (rows) {
        if (shape.empty() || shape.front() != batch) return notRowByRow(outputs[i].name, shape, batch);
        bytes = bytes / static_cast<size_t>(batch) * static_cast<size_t>(*rows);
        shape.front() = *rows;
      }
      MLAAS_CHECK(append(outputs[i], std::move(shape), static_cast<const char*>(result.data()), bytes));
    }
    return {};
  }

  static Result<void> append(Tensor& output, std::vector<int64_t> shape, const char* from, size_t bytes) {
    if (output.shape.empty()) {
      output.shape = std::move(shape);
    } else if (!std::equal(shape.begin() + 1, shape.end(), output.shape.begin() + 1, output.shape.end())) {
      return Error(ErrorCode::kUnsupported,
                   "the shape of output '" + output.name + "' changes from row to row; send fewer rows in a request");
    } else {
      output.shape.front() += shape.front();
    }
    output.bytes.append(from, bytes);
    return {};
  }

  static Error notRowByRow(const std::string& name, std::span<const int64_t> shape, int64_t batch) {
    return {ErrorCode::kUnsupported, "output '" + name + "' has the shape " + shapeText(shape) + " for " +
                                         std::to_string(batch) + " rows; it does not go row by row"};
  }

  std::shared_ptr<ov::Core> core_;  // outlives what it made
  ov::CompiledModel model_;
  ov::InferRequest request_;
  std::shared_ptr<const GraphSignature> graph_;
  std::vector<ov::Output<const ov::Node>> inputs_;
  std::vector<ov::Output<const ov::Node>> outputs_;
  std::vector<std::string> padded_;  // by input, kept from call to call
  std::vector<int64_t> shape_;       // kept from call to call
};

}  // namespace

Result<LoadedModel> loadGraph(const ModelFile& file, size_t numEngines) {
  LoadedModel loaded;
  try {
    const auto core = sharedOpenvinoCore();
    const std::shared_ptr<const ov::Model> graph = core->read_model(file.path);
    std::shared_ptr<const GraphSignature> shared;
    for (size_t i = 0; i < numEngines; ++i) {
      auto compiled = compileForCaller(*core, graph);
      if (i == 0) {
        MLAAS_TRY(auto signature, readSignature(compiled));
        loaded.signature = signature.signature;
        shared = std::make_shared<const GraphSignature>(std::move(signature));
      }
      loaded.engines.push_back(std::make_unique<GraphEngine>(core, std::move(compiled), shared));
    }
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, openvinoReason(error));
  }
  loaded.platform = platformName(file.format);
  return loaded;
}

}  // namespace mlaas::infer
