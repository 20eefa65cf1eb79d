// A network as data: a list of operations, each on what earlier ones gave, and the places of its weights in one flat
// array. The trainer computes it, the ONNX writer writes it: what is exported is what was trained.
// Shapes:  every value is a matrix. Its rows are events, or the elements of one group, or the pairs of an event's elements
//          of that group, each with itself too, in either order alike.
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
  kSoftsign,  // x / (1 + |x|)
  kSoftmax,   // over a row
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
  kConcat,   // side by side
  kRescale,  // x * scale + shift by column; running numbers: scale and shift [width]
  kSum,      // of each event's elements; 0 where there are none
  kMean,     // the same by their number
  // The mean over columns of the squared difference of two values: [rows, 1].
  kDistance,
  kPairs,  // input: of two elements ln dR, ln kT, ln z, ln m2, see pair_features.h
  kToken,  // the same row for every event; weights [width]
  kScale,  // column by column; weights [width], or [heads] where a head's columns share one
  // Of queries, keys and values [elements, 3 width] among an event's elements, with [pairs, heads] added to the scores.
  kAttention,
  // Of an event's query [events, width] among a key and value of its own [events, 2 width] and those of its elements
  // [elements, 2 width].
  kClassAttention,
};

inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kLeakySlope = 0.01;
inline constexpr double kMaskedScore = -1e9;  // of what is no key, before the softmax

struct NetworkNode {
  NetworkOp op = NetworkOp::kFlat;
  std::vector<size_t> inputs = {};   // earlier nodes
  int64_t width = 0;                 // columns of what it gives
  std::optional<size_t> group = {};  // whose elements the rows are; nothing: events
  Activation activation = Activation::kNone;
  double dropout = 0;
  size_t firstWeight = 0;               // in the array of weights
  size_t firstRunning = 0;              // in the array of running numbers
  bool sharesWeights = false;           // with an earlier node
  bool pairs = false;                   // rows are pairs of the group's elements
  int64_t heads = 0;                    // attention: width / heads columns each
  std::vector<size_t> kinematics = {};  // kPairs: the group's columns pt, eta, phi and, if it has one, mass
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
  size_t rescale(size_t input);
  size_t sum(size_t elements);
  size_t mean(size_t elements);

  size_t distance(size_t left, size_t right);
  size_t pairs(size_t group, const std::vector<size_t>& kinematics);
  size_t token(int64_t width);
  size_t scale(size_t input, int64_t heads = 0);  // 0: column by column
  size_t attention(size_t queriesKeysValues, size_t pairs);
  size_t classAttention(size_t query, size_t own, size_t elements, int64_t heads);
  // The operation of `node` with its weights on another input of the same width.
  size_t again(size_t node, size_t input);

  // What training compares with the truth, and what users get.
  void setOutput(size_t output, size_t score) { output_ = output, score_ = score; }
  size_t output() const { return output_; }
  size_t score() const { return score_; }

  const std::vector<NetworkNode>& nodes() const { return nodes_; }
  const NetworkNode& node(size_t index) const { return nodes_[index]; }
  size_t numWeights() const { return numWeights_; }
  size_t numRunning() const { return numRunning_; }
  bool has(NetworkOp op) const;

  // Linear layers uniform in +-1/sqrt(inputs), tokens in +-0.035, scales 1, shifts 0; running means and shifts 0, variances
  // and scales 1.
  std::vector<float> initialWeights(uint64_t seed) const;
  std::vector<float> initialRunning() const;

 private:
  size_t append(NetworkNode node);
  // A node whose rows are those of `input`.
  NetworkNode behind(NetworkOp op, size_t input, int64_t width) const;
  size_t reduce(NetworkOp op, size_t elements);
  size_t normalise(NetworkOp op, size_t input);

  std::vector<NetworkNode> nodes_;
  size_t output_ = 0;
  size_t score_ = 0;
  size_t numWeights_ = 0;
  size_t numRunning_ = 0;
};

}  // namespace mlaas::model
