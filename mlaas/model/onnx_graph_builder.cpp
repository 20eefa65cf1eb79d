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
  onnx::AttributeProto* added = lastNode_->add_attribute();
  added->set_name(name);
  added->set_type(onnx::AttributeProto_AttributeType_INT);
  added->set_i(value);
}

void GraphBuilder::attribute(const std::string& name, float value) {
  onnx::AttributeProto* added = lastNode_->add_attribute();
  added->set_name(name);
  added->set_type(onnx::AttributeProto_AttributeType_FLOAT);
  added->set_f(value);
}

void GraphBuilder::attribute(const std::string& name, const std::vector<int64_t>& values) {
  onnx::AttributeProto* added = lastNode_->add_attribute();
  added->set_name(name);
  added->set_type(onnx::AttributeProto_AttributeType_INTS);
  for (const int64_t value : values) added->add_ints(value);
}

onnx::TensorProto& GraphBuilder::addTensor(const std::string& name, ElementType type,
                                           const std::vector<int64_t>& shape) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(dataType(type));
  for (int64_t dimension : shape) tensor.add_dims(dimension);
  return tensor;
}

}  // namespace mlaas::model
