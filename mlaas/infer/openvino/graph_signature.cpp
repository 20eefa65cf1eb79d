#include "mlaas/infer/openvino/graph_signature.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mlaas::infer {

namespace {

using Ports = std::vector<ov::Output<const ov::Node>>;

struct TypePair {
  ov::element::Type_t ours;
  DataType protocol;
};

constexpr std::array<TypePair, 13> kTypes = {{{ov::element::Type_t::boolean, DataType::kBool},
                                              {ov::element::Type_t::u8, DataType::kUint8},
                                              {ov::element::Type_t::u16, DataType::kUint16},
                                              {ov::element::Type_t::u32, DataType::kUint32},
                                              {ov::element::Type_t::u64, DataType::kUint64},
                                              {ov::element::Type_t::i8, DataType::kInt8},
                                              {ov::element::Type_t::i16, DataType::kInt16},
                                              {ov::element::Type_t::i32, DataType::kInt32},
                                              {ov::element::Type_t::i64, DataType::kInt64},
                                              {ov::element::Type_t::f16, DataType::kFp16},
                                              {ov::element::Type_t::bf16, DataType::kBf16},
                                              {ov::element::Type_t::f32, DataType::kFp32},
                                              {ov::element::Type_t::f64, DataType::kFp64}}};

Result<DataType> protocolType(const std::string& name, ov::element::Type type) {
  const auto* found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypePair& pair) { return pair.ours == type; });
  if (found != kTypes.end()) return found->protocol;
  return Error(ErrorCode::kUnsupported, "tensor '" + name + "' has the type " + type.get_type_name() +
                                            ", which is not served; give the model numbers");
}

// Frozen graphs and TFLite name an operation's first output "x:0"; clients say "x".
std::string clientName(const ov::Output<const ov::Node>& port) {
  const auto& names = port.get_names();
  std::string name = port.get_node()->get_friendly_name();
  if (!names.empty() && !names.contains(name)) name = *std::min_element(names.begin(), names.end());
  if (name.ends_with(":0") && name.size() > 2) name.resize(name.size() - 2);
  return name;
}

// -1 for every dimension that is free.
std::vector<int64_t> dimensionsOf(const ov::PartialShape& shape) {
  std::vector<int64_t> dimensions;
  for (const auto& dimension : shape) dimensions.push_back(dimension.is_static() ? dimension.get_length() : -1);
  return dimensions;
}

Result<std::vector<TensorSpec>> specsOf(const Ports& ports) {
  std::vector<TensorSpec> specs;
  std::set<std::string> names;
  for (const auto& port : ports) {
    TensorSpec spec;
    spec.name = clientName(port);
    if (!names.insert(spec.name).second) {
      return Error(ErrorCode::kUnsupported, "the graph has two tensors called '" + spec.name + "'");
    }
    if (port.get_partial_shape().rank().is_dynamic()) {
      return Error(ErrorCode::kUnsupported, "tensor '" + spec.name +
                                                "' has any number of dimensions; export the model "
                                                "with fixed ranks");
    }
    MLAAS_TRY(spec.type, protocolType(spec.name, port.get_element_type()));
    spec.dimensions = dimensionsOf(port.get_partial_shape());
    specs.push_back(std::move(spec));
  }
  return specs;
}

// Whether the first dimension of each is `first`.
bool allBeginWith(const std::vector<TensorSpec>& specs, int64_t first) {
  return !specs.empty() && std::all_of(specs.begin(), specs.end(), [&](const TensorSpec& spec) {
    return !spec.dimensions.empty() && spec.dimensions.front() == first;
  });
}

template <class Value>
void fillRow(ov::Tensor& tensor, size_t row, size_t rowSize, size_t seed) {
  auto* values = static_cast<Value*>(tensor.data()) + row * rowSize;
  for (size_t i = 0; i < rowSize; ++i) {
    const size_t mixed = (seed * 31 + i * 7) % 11;
    values[i] = static_cast<Value>(std::is_integral_v<Value> ? static_cast<double>(mixed % 2) : mixed / 5.5 - 1);
  }
}

// Values that differ from row to row and are within what indices and flags may be; other types are left zero.
void fill(ov::Tensor& tensor, size_t row, size_t seed) {
  const size_t rowSize = tensor.get_size() / tensor.get_shape().front();
  switch (tensor.get_element_type()) {
    case ov::element::Type_t::f32:
      return fillRow<float>(tensor, row, rowSize, seed);
    case ov::element::Type_t::f64:
      return fillRow<double>(tensor, row, rowSize, seed);
    case ov::element::Type_t::i32:
      return fillRow<int32_t>(tensor, row, rowSize, seed);
    case ov::element::Type_t::i64:
      return fillRow<int64_t>(tensor, row, rowSize, seed);
    default:
      return;
  }
}

// Rows of seeds, as one batch; the outputs that are float32, one after the other. Free dimensions other than the first are 4.
struct Trial {
  std::vector<std::vector<float>> outputs;
  bool rowsKept = true;
};

Trial runTrial(ov::InferRequest& request, const Ports& inputs, const Ports& outputs, const std::vector<size_t>& seeds) {
  constexpr int64_t kFree = 4;
  for (const auto& port : inputs) {
    ov::Shape shape;
    for (const int64_t length : dimensionsOf(port.get_partial_shape())) {
      shape.push_back(static_cast<size_t>(length < 0 ? kFree : length));
    }
    shape.front() = seeds.size();
    ov::Tensor tensor(port.get_element_type(), shape);
    std::memset(tensor.data(), 0, tensor.get_byte_size());
    for (size_t row = 0; row < seeds.size(); ++row) fill(tensor, row, seeds[row]);
    request.set_tensor(port, tensor);
  }
  request.infer();
  Trial trial;
  for (const auto& port : outputs) {
    const ov::Tensor result = request.get_tensor(port);
    if (result.get_shape().empty() || result.get_shape().front() != seeds.size()) trial.rowsKept = false;
    if (result.get_element_type() != ov::element::f32) continue;
    const auto* values = result.data<const float>();
    trial.outputs.emplace_back(values, values + result.get_size());
  }
  return trial;
}

bool nearlySame(const float* a, const float* b, size_t size) {
  constexpr float kTolerance = 1e-3F;
  for (size_t i = 0; i < size; ++i) {
    if (std::isfinite(a[i]) && std::isfinite(b[i]) && std::fabs(a[i] - b[i]) > kTolerance * (1 + std::fabs(b[i]))) {
      return false;
    }
  }
  return true;
}

// Whether two rows together give what each gives alone.
bool goesRowByRow(ov::CompiledModel& model, const Ports& inputs, const Ports& outputs) {
  try {
    auto request = model.create_infer_request();
    const Trial both = runTrial(request, inputs, outputs, {1, 2});
    if (!both.rowsKept) return false;
    for (const size_t row : {0, 1}) {
      const Trial alone = runTrial(request, inputs, outputs, {row + 1});
      if (!alone.rowsKept || alone.outputs.size() != both.outputs.size()) return false;
      for (size_t i = 0; i < alone.outputs.size(); ++i) {
        const size_t size = alone.outputs[i].size();
        if (both.outputs[i].size() != 2 * size) return false;
        if (!nearlySame(both.outputs[i].data() + row * size, alone.outputs[i].data(), size)) return false;
      }
    }
    return true;
  } catch (const std::exception&) {
    // The free dimensions belong together in a way that only the model knows: its requests are run one by one.
    return false;
  }
}

}  // namespace

Result<GraphSignature> readSignature(ov::CompiledModel& model) {
  const Ports& inputs = model.inputs();
  const Ports& outputs = model.outputs();
  GraphSignature graph;
  MLAAS_TRY(graph.signature.inputs, specsOf(inputs));
  MLAAS_TRY(graph.signature.outputs, specsOf(outputs));
  if (graph.signature.inputs.empty() || graph.signature.outputs.empty()) {
    return Error(ErrorCode::kUnsupported, "the graph has no inputs or no outputs");
  }
  const bool free = allBeginWith(graph.signature.inputs, -1) && allBeginWith(graph.signature.outputs, -1);
  graph.oneRowOnly = allBeginWith(graph.signature.inputs, 1) && allBeginWith(graph.signature.outputs, 1);
  graph.signature.batched = graph.oneRowOnly || (free && goesRowByRow(model, inputs, outputs));
  if (graph.signature.batched) {
    for (auto* specs : {&graph.signature.inputs, &graph.signature.outputs}) {
      for (auto& spec : *specs) spec.dimensions.erase(spec.dimensions.begin());
    }
  }
  return graph;
}

}  // namespace mlaas::infer
