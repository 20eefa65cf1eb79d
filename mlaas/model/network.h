// A network as data: a list of operations, each on what earlier ones gave, and the places of its weights in one flat
// array. The trainer computes it, the ONNX writer writes it: what is exported is what was trained.
// Shapes:  every value is a matrix. Its rows are events, or the elements of one group (NetworkNode::group).
// Threads: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlaas::model {

enum class Activation : uint8_t {
  kNone,
  kRelu,
  kLeakyRelu,  // slope 0.01
  kElu,
  kSelu,
  kGelu,
  kSilu,
  kMish,
  kTanh,
  kSigmoid,
  kSoftmax,  // over a row
};

enum class NetworkOp : uint8_t {
  kFlat,      // input: the transformed scalars, then each group's values element by element, padding 0
  kScalars,   // input: the transformed scalars
  kElements,  // input: the transformed elements of a group
  kLinear,    // x W^T + b; weights W [width, inputs], b [width]
  kActivate,
  kBatchNorm,  // weights scale and shift [width]; running numbers: mean and variance [width]
  kLayerNorm,  // weights scale and shift [width]
  kDropout,    // in training only
  kAdd,
  kConcat,  // side by side
  kSum,     // of each event's elements; 0 where there are none
  kMean,    // the same by their number
};

inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kLeakySlope = 0.01;

struct NetworkNode {
  NetworkOp op = NetworkOp::kFlat;
  std::vector<size_t> inputs = {};   // earlier nodes
  int64_t width = 0;                 // columns of what it gives
  std::optional<size_t> group = {};  // whose elements the rows are; nothing: events
  Activation activation = Activation::kNone;
  double dropout = 0;
  size_t firstWeight = 0;   // in the array of weights
  size_t firstRunning = 0;  // in the array of running numbers
};

// Every method that adds a node returns its index.
class Network {
 public:
  size_t flat(int64_t width);
  size_t scalars(int64_t width);
  size_t elements(size_t group, int64_t width);
  size_t linear(size_t input, int64_t width);
  size_t activate(size_t input, Activation activation);  // kNone adds nothing
  size_t batchNorm(size_t input);
  size_t layerNorm(size_t input);
  size_t dropout(size_t input, double probability);  // 0 adds nothing
  size_t add(size_t left, size_t right);
  size_t concat(const std::vector<size_t>& inputs);  // of one adds nothing
  size_t sum(size_t elements);
  size_t mean(size_t elements);

  // What training compares with the truth, and what users get.
  void setOutput(size_t output, size_t score) { output_ = output, score_ = score; }
  size_t output() const { return output_; }
  size_t score() const { return score_; }

  const std::vector<NetworkNode>& nodes() const { return nodes_; }
  const NetworkNode& node(size_t index) const { return nodes_[index]; }
  size_t numWeights() const { return numWeights_; }
  size_t numRunning() const { return numRunning_; }
  bool has(NetworkOp op) const;

  // Linear layers uniform in +-1/sqrt(inputs), scales 1, shifts 0; running means 0, variances 1.
  std::vector<float> initialWeights(uint64_t seed) const;
  std::vector<float> initialRunning() const;

 private:
  size_t append(NetworkNode node);
  size_t reduce(NetworkOp op, size_t elements);
  size_t normalise(NetworkOp op, size_t input);

  std::vector<NetworkNode> nodes_;
  size_t output_ = 0;
  size_t score_ = 0;
  size_t numWeights_ = 0;
  size_t numRunning_ = 0;
};

}  // namespace mlaas::model
