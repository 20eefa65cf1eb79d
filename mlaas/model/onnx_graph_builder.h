// Builds one ONNX graph, node by node; tensors go by their names.
// Threads: one at a time. The graph outlives its builder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onnx {
class GraphProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace mlaas::model {

enum class ElementType : uint8_t { kFloat32, kInt32, kInt64, kBool };

// Every method but output() and attribute() returns the name of the tensor that it makes.
class GraphBuilder {
 public:
  explicit GraphBuilder(onnx::GraphProto& graph) : graph_(graph) {}

  // A dimension below 0 is the number of rows.
  std::string input(const std::string& name, ElementType type, const std::vector<int64_t>& shape);
  void output(const std::string& name, const std::vector<int64_t>& shape);  // of float32

  std::string constant(const std::string& name, const std::vector<int64_t>& shape, const std::vector<float>& values);
  std::string constant(const std::string& name, const std::vector<int64_t>& shape, const std::vector<int64_t>& values);
  std::string constant(const std::string& name, const std::vector<int64_t>& shape, const std::vector<int32_t>& values);
  std::string constant(const std::string& name, const std::vector<int64_t>& shape, const std::vector<bool>& values);

  std::string node(const std::string& operation, const std::vector<std::string>& inputs, const std::string& outputName);
  // Adds an attribute to the node made last.
  void attribute(const std::string& name, int64_t value);
  void attribute(const std::string& name, float value);
  void attribute(const std::string& name, const std::string& value);
  void attribute(const std::string& name, const std::vector<int64_t>& values);
  void attribute(const std::string& name, const std::vector<float>& values);
  void attribute(const std::string& name, const std::vector<std::string>& values);
  // Says which set of operators the node made last is of; without, it is ONNX's own.
  void domain(const std::string& name);

 private:
  onnx::TensorProto& addTensor(const std::string& name, ElementType type, const std::vector<int64_t>& shape);

  onnx::GraphProto& graph_;
  onnx::NodeProto* lastNode_ = nullptr;
};

}  // namespace mlaas::model
