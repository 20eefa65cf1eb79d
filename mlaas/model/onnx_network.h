// The operations of a Network as nodes of an ONNX graph. The elements of a group are rows too: padding goes with them
// as far as a sum or mean over each event's elements.
// Threads: one at a time. Everything given outlives the writer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/model/network.h"
#include "mlaas/model/onnx_graph_builder.h"

namespace mlaas::model {

// A group behind its preprocessing; the strings name tensors.
struct OnnxGroup {
  std::string name;
  int64_t length = 0;
  int64_t columns = 0;
  std::string counts = {};  // int32 [N, 1, 1]
  std::string mask = {};    // bool [N, length, 1]
  std::string raw = {};     // [N, length, columns], filled, not transformed
  std::string values = {};  // [N, length, columns], padding 0
};

struct OnnxInputs {
  std::string scalars;  // [N, S], empty where there are none
  std::vector<OnnxGroup> groups;
};

class OnnxNetworkWriter {
 public:
  OnnxNetworkWriter(GraphBuilder& builder, const OnnxInputs& inputs, std::span<const float> weights,
                    std::span<const float> running)
      : builder_(builder), inputs_(inputs), weights_(weights), running_(running) {}

  // Adds the nodes up to the scores, whose tensor gets the name `output`.
  void write(const Network& network, const std::string& output);

 private:
  std::string add(const Network& network, size_t index, const std::string& name);
  std::string addFlat();
  std::string addElements(const OnnxGroup& group, const std::string& name);
  std::string addLinear(const NetworkNode& node, int64_t inputs, const std::string& input, const std::string& name);
  std::string addNorm(const NetworkNode& node, const std::string& input, const std::string& name);
  std::string addReduction(const NetworkNode& node, const OnnxGroup& group, const std::string& input,
                           const std::string& name);
  std::string addToken(const NetworkNode& node, const std::string& name);
  std::string addScale(const NetworkNode& node, const std::string& input, const std::string& name);
  std::vector<float> weightsAt(size_t first, int64_t count) const;
  std::vector<float> runningAt(size_t first, int64_t count) const;

  GraphBuilder& builder_;
  const OnnxInputs& inputs_;
  const std::span<const float> weights_;
  const std::span<const float> running_;
  std::vector<std::string> tensors_;  // of the nodes written so far
};

}  // namespace mlaas::model
