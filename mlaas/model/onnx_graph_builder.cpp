#include "mlaas/model/onnx_graph_builder.h"

#include <onnx/onnx_pb.h>

namespace mlaas::model {

namespace {

constexpr const char* kRows = "N";

onnx::TensorProto_DataType dataType(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return onnx::TensorProto_DataType_FLOAT;
    case ElementType::kInt32:
      return onnx::TensorProto_DataType_INT32;
    case ElementType::kInt64:
      return onnx::TensorProto_DataType_INT64;
    case ElementType::kBool:
      return onnx::TensorProto_DataType_BOOL;
  }
  return onnx::TensorProto_DataType_UNDEFINED;
}

void describe(onnx::ValueInfoProto& info, const std::string& name, ElementType type,
              const std::vector<int64_t>& shape) {
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(dataType(type));
  for (int64_t dimension : shape) {
    auto* added = tensor->mutable_shape()->add_dim();
    if (dimension < 0) {
      added->set_dim_param(kRows);
    } else {
      added->set_dim_value(dimension);
    }
  }
}

onnx::AttributeProto& addAttribute(onnx::NodeProto& node, const std::string& name,
                                   onnx::AttributeProto_AttributeType type) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}

}  // namespace

std::string GraphBuilder::input(const std::string& name, ElementType type, const std::vector<int64_t>& shape) {
  describe(*graph_.add_input(), name, type, shape);
  return name;
}

void GraphBuilder::output(const std::string& name, const std::vector<int64_t>& shape) {
  describe(*graph_.add_output(), name, ElementType::kFloat32, shape);
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<int64_t>& shape,
                                   const std::vector<float>& values) {
  addTensor(name, ElementType::kFloat32, shape).set_raw_data(values.data(), values.size() * sizeof(float));
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<int64_t>& shape,
                                   const std::vector<int64_t>& values) {
  addTensor(name, ElementType::kInt64, shape).set_raw_data(values.data(), values.size() * sizeof(int64_t));
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<int64_t>& shape,
                                   const std::vector<int32_t>& values) {
  addTensor(name, ElementType::kInt32, shape).set_raw_data(values.data(), values.size() * sizeof(int32_t));
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<int64_t>& shape,
                                   const std::vector<bool>& values) {
  const std::string bytes(values.begin(), values.end());
  addTensor(name, ElementType::kBool, shape).set_raw_data(bytes);
  return name;
}

std::string GraphBuilder::node(const std::string& operation, const std::vector<std::string>& inputs,
                               const std::string& outputName) {
  lastNode_ = graph_.add_node();
  lastNode_->set_op_type(operation);
  lastNode_->set_name(outputName);
  for (const auto& name : inputs) lastNode_->add_input(name);
  lastNode_->add_output(outputName);
  return outputName;
}

void GraphBuilder::attribute(const std::string& name, int64_t value) {
  addAttribute(*lastNode_, name, onnx::AttributeProto_AttributeType_INT).set_i(value);
}

void GraphBuilder::attribute(const std::string& name, float value) {
  addAttribute(*lastNode_, name, onnx::AttributeProto_AttributeType_FLOAT).set_f(value);
}

void GraphBuilder::attribute(const std::string& name, const std::string& value) {
  addAttribute(*lastNode_, name, onnx::AttributeProto_AttributeType_STRING).set_s(value);
}

void GraphBuilder::attribute(const std::string& name, const std::vector<int64_t>& values) {
  auto& added = addAttribute(*lastNode_, name, onnx::AttributeProto_AttributeType_INTS);
  added.mutable_ints()->Add(values.begin(), values.end());
}

void GraphBuilder::attribute(const std::string& name, const std::vector<float>& values) {
  auto& added = addAttribute(*lastNode_, name, onnx::AttributeProto_AttributeType_FLOATS);
  added.mutable_floats()->Add(values.begin(), values.end());
}

void GraphBuilder::attribute(const std::string& name, const std::vector<std::string>& values) {
  auto& added = addAttribute(*lastNode_, name, onnx::AttributeProto_AttributeType_STRINGS);
  for (const std::string& value : values) added.add_strings(value);
}

void GraphBuilder::domain(const std::string& name) { lastNode_->set_domain(name); }

onnx::TensorProto& GraphBuilder::addTensor(const std::string& name, ElementType type,
                                           const std::vector<int64_t>& shape) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(dataType(type));
  for (int64_t dimension : shape) tensor.add_dims(dimension);
  return tensor;
}

}  // namespace mlaas::model
