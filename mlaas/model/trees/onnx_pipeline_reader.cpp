#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "mlaas/model/trees/onnx_pipeline.h"

namespace mlaas::model {

namespace {

using Kind = PipelineStep::Kind;
using TwoClasses = PipelineStep::TwoClasses;

constexpr std::string_view kDomain = "ai.onnx.ml";
constexpr int64_t kMaxFeatures = int64_t{1} << 24;
constexpr int64_t kMaxOutputs = int64_t{1} << 16;

Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, message}; }
Error unsupported(const std::string& message) { return {ErrorCode::kUnsupported, message}; }
std::string quoted(const std::string& text) { return "'" + text.substr(0, 80) + "'"; }

// The attributes of one node by name; absent ones are empty.
class Attributes {
 public:
  explicit Attributes(const onnx::NodeProto& node) {
    for (const auto& attribute : node.attribute()) byName_.emplace(attribute.name(), &attribute);
  }
  std::vector<float> floats(const std::string& name) const {
    const auto* found = find(name);
    return found == nullptr ? std::vector<float>{} : std::vector<float>(found->floats().begin(), found->floats().end());
  }
  std::vector<int64_t> integers(const std::string& name) const {
    const auto* found = find(name);
    return found == nullptr ? std::vector<int64_t>{} : std::vector<int64_t>(found->ints().begin(), found->ints().end());
  }
  std::vector<std::string> texts(const std::string& name) const {
    const auto* found = find(name);
    if (found == nullptr) return {};
    return {found->strings().begin(), found->strings().end()};
  }
  std::string text(const std::string& name, const std::string& fallback) const {
    const auto* found = find(name);
    return found == nullptr ? fallback : found->s();
  }
  int64_t integer(const std::string& name, int64_t fallback) const {
    const auto* found = find(name);
    return found == nullptr ? fallback : found->i();
  }
  float number(const std::string& name, float fallback) const {
    const auto* found = find(name);
    return found == nullptr ? fallback : found->f();
  }
  bool has(const std::string& name) const { return find(name) != nullptr; }

 private:
  const onnx::AttributeProto* find(const std::string& name) const {
    const auto found = byName_.find(name);
    return found == byName_.end() ? nullptr : found->second;
  }
  std::map<std::string, const onnx::AttributeProto*> byName_;
};

Result<DecisionTransform> readTransform(const Attributes& attributes) {
  const std::string name = attributes.text("post_transform", "NONE");
  if (name == "NONE") return DecisionTransform::kIdentity;
  if (name == "LOGISTIC") return DecisionTransform::kLogistic;
  if (name == "SOFTMAX") return DecisionTransform::kSoftmax;
  return unsupported("post_transform " + quoted(name) + "; known are NONE, LOGISTIC and SOFTMAX");
}

Result<SplitKind> splitKind(const std::string& mode) {
  constexpr std::array<std::pair<const char*, SplitKind>, 7> kModes = {{{"LEAF", SplitKind::kLeaf},
                                                                        {"BRANCH_LEQ", SplitKind::kLessEqual},
                                                                        {"BRANCH_LT", SplitKind::kLess},
                                                                        {"BRANCH_GTE", SplitKind::kGreaterEqual},
                                                                        {"BRANCH_GT", SplitKind::kGreater},
                                                                        {"BRANCH_EQ", SplitKind::kEqual},
                                                                        {"BRANCH_NEQ", SplitKind::kNotEqual}}};
  for (const auto& [name, kind] : kModes) {
    if (mode == name) return kind;
  }
  return unsupported("node mode " + quoted(mode));
}

// TreeEnsembleClassifier and TreeEnsembleRegressor, whose leaves are lists beside the nodes. `values` is "class" or
// "target".
class EnsembleReader {
 public:
  EnsembleReader(const Attributes& attributes, std::string values, int64_t features)
      : attributes_(attributes), values_(std::move(values)) {
    trees_.numFeatures = features;
  }

  Result<DecisionTrees> run(int64_t outputs) {
    trees_.numOutputs = outputs;
    trees_.base.assign(static_cast<size_t>(outputs), 0.0);
    if (attributes_.has("nodes_values_as_tensor") || attributes_.has(values_ + "_weights_as_tensor")) {
      return unsupported("trees in float64; convert the model with float32 inputs");
    }
    MLAAS_CHECK(readNodes());
    MLAAS_CHECK(readLeaves());
    MLAAS_CHECK(readChildren());
    MLAAS_CHECK(checkDecisionTrees(trees_));
    return std::move(trees_);
  }

 private:
  using Key = std::pair<int64_t, int64_t>;  // tree and node

  Result<void> readNodes() {
    treeIds_ = attributes_.integers("nodes_treeids");
    nodeIds_ = attributes_.integers("nodes_nodeids");
    const auto features = attributes_.integers("nodes_featureids");
    const auto thresholds = attributes_.floats("nodes_values");
    const auto modes = attributes_.texts("nodes_modes");
    const auto tracksTrue = attributes_.integers("nodes_missing_value_tracks_true");
    const size_t size = treeIds_.size();
    if (nodeIds_.size() != size || features.size() != size || thresholds.size() != size || modes.size() != size ||
        (!tracksTrue.empty() && tracksTrue.size() != size)) {
      return corrupt("the lists nodes_* have different lengths");
    }
    std::set<int64_t> trees;
    for (size_t i = 0; i < size; ++i) {
      if (!index_.emplace(Key{treeIds_[i], nodeIds_[i]}, static_cast<uint32_t>(i)).second) {
        return corrupt("node " + std::to_string(nodeIds_[i]) + " of tree " + std::to_string(treeIds_[i]) +
                       " is there twice");
      }
      DecisionNode node;
      MLAAS_TRY(node.kind, splitKind(modes[i]));
      if (node.kind != SplitKind::kLeaf && (features[i] < 0 || features[i] >= trees_.numFeatures)) {
        return corrupt("a node splits on feature " + std::to_string(features[i]) + " of " +
                       std::to_string(trees_.numFeatures));
      }
      node.feature = static_cast<uint32_t>(std::clamp<int64_t>(features[i], 0, kMaxFeatures));
      node.threshold = thresholds[i];
      node.missingLeft = !tracksTrue.empty() && tracksTrue[i] != 0;
      node.missing = node.missingLeft ? MissingKind::kNan : MissingKind::kNone;
      trees_.nodes.push_back(node);
      // The first node of a tree is its root.
      if (trees.insert(treeIds_[i]).second) trees_.roots.push_back(static_cast<uint32_t>(i));
    }
    return {};
  }

  Result<void> readLeaves() {
    const auto treeIds = attributes_.integers(values_ + "_treeids");
    const auto nodeIds = attributes_.integers(values_ + "_nodeids");
    const auto outputs = attributes_.integers(values_ + "_ids");
    const auto weights = attributes_.floats(values_ + "_weights");
    const size_t size = weights.size();
    if (treeIds.size() != size || nodeIds.size() != size || outputs.size() != size) {
      return corrupt("the lists " + values_ + "_* have different lengths");
    }
    std::vector<std::vector<LeafValue>> byNode(trees_.nodes.size());
    for (size_t i = 0; i < size; ++i) {
      const auto found = index_.find(Key{treeIds[i], nodeIds[i]});
      if (found == index_.end() || outputs[i] < 0 || outputs[i] >= kMaxOutputs) {
        return corrupt(values_ + "_* names a node or output that is not there");
      }
      byNode[found->second].push_back({trees_.numOutputs == 1 ? 0 : static_cast<uint32_t>(outputs[i]), weights[i]});
    }
    for (size_t i = 0; i < byNode.size(); ++i) {
      if (trees_.nodes[i].kind != SplitKind::kLeaf) continue;
      trees_.nodes[i].left = static_cast<uint32_t>(trees_.leaves.size());
      trees_.leaves.insert(trees_.leaves.end(), byNode[i].begin(), byNode[i].end());
      trees_.nodes[i].right = static_cast<uint32_t>(trees_.leaves.size());
    }
    return {};
  }

  Result<void> readChildren() {
    const auto whenTrue = attributes_.integers("nodes_truenodeids");
    const auto whenFalse = attributes_.integers("nodes_falsenodeids");
    if (whenTrue.size() != treeIds_.size() || whenFalse.size() != treeIds_.size()) {
      return corrupt("the lists nodes_* have different lengths");
    }
    for (size_t i = 0; i < treeIds_.size(); ++i) {
      if (trees_.nodes[i].kind == SplitKind::kLeaf) continue;
      const auto left = index_.find(Key{treeIds_[i], whenTrue[i]});
      const auto right = index_.find(Key{treeIds_[i], whenFalse[i]});
      if (left == index_.end() || right == index_.end()) return corrupt("a node has a child that is not there");
      trees_.nodes[i].left = left->second;
      trees_.nodes[i].right = right->second;
    }
    return {};
  }

  const Attributes& attributes_;
  std::string values_;
  DecisionTrees trees_;
  std::vector<int64_t> treeIds_;
  std::vector<int64_t> nodeIds_;
  std::map<Key, uint32_t> index_;
};

// Follows the chain of nodes from the graph's input to its outputs.
class PipelineReader {
 public:
  Result<OnnxPipeline> run(const onnx::GraphProto& graph) {
    MLAAS_CHECK(readInput(graph));
    for (const auto& node : graph.node()) {
      auto read = readNode(node);
      if (!read.ok()) return std::move(read).error().within("operator " + quoted(node.op_type()));
    }
    pipeline_.numOutputs = width_;
    if (pipeline_.steps.empty()) return unsupported("the graph has no step that is known");
    for (const auto& output : graph.output()) {
      const bool isLabel = labels_.contains(output.name());
      if (!isLabel && !current_.contains(output.name())) {
        return unsupported("output " + quoted(output.name()) + " is not the end of the chain");
      }
      pipeline_.outputNames.push_back(output.name());
      pipeline_.isLabel.push_back(isLabel);
    }
    if (pipeline_.outputNames.empty()) return corrupt("the graph has no outputs");
    return std::move(pipeline_);
  }

 private:
  Result<void> readInput(const onnx::GraphProto& graph) {
    if (graph.input_size() != 1) {
      return unsupported("the pipeline has " + std::to_string(graph.input_size()) +
                         " inputs; convert it with one matrix of float32");
    }
    const auto& type = graph.input(0).type().tensor_type();
    if (type.elem_type() != onnx::TensorProto::FLOAT || type.shape().dim_size() != 2) {
      return unsupported("the pipeline's input is not a matrix of float32; convert it with FloatTensorType([None, N])");
    }
    width_ = type.shape().dim(1).dim_value();
    if (width_ < 1 || width_ > kMaxFeatures) {
      return unsupported("the pipeline's input has " + std::to_string(width_) +
                         " columns; convert it with FloatTensorType([None, N])");
    }
    pipeline_.numFeatures = width_;
    pipeline_.inputName = graph.input(0).name();
    current_ = {pipeline_.inputName};
    return {};
  }

  Result<void> readNode(const onnx::NodeProto& node) {
    if (node.input_size() < 1 || node.output_size() < 1) return corrupt("a node without inputs or outputs");
    const std::string& type = node.op_type();
    if (type == "Identity" || type == "Cast" || type == "ZipMap") {
      auto& names = labels_.contains(node.input(0)) ? labels_ : current_;
      if (!names.contains(node.input(0))) return notInChain();
      names.insert(node.output(0));
      return {};
    }
    if (!current_.contains(node.input(0))) return notInChain();
    if (!pipeline_.classNumbers.empty() || !pipeline_.classNames.empty()) {
      if (type != "Normalizer") return unsupported("an operator behind the classifier");
    }
    PipelineStep step;
    step.numInputs = step.numOutputs = width_;
    MLAAS_CHECK(readStep(type, Attributes(node), step));
    width_ = step.numOutputs;
    pipeline_.steps.push_back(std::move(step));
    const bool isClassifier = type.ends_with("Classifier");
    if (isClassifier && node.output_size() < 2) return corrupt("a classifier with one output");
    if (isClassifier) labels_ = {node.output(0)};
    current_ = {node.output(isClassifier ? 1 : 0)};
    return {};
  }

  static Error notInChain() {
    return unsupported("it does not follow the one before; pipelines run where each step takes the one before alone");
  }

  Result<void> readStep(const std::string& type, const Attributes& attributes, PipelineStep& step) {
    if (type == "Scaler") {
      MLAAS_TRY(step.offsets, perColumn(attributes.floats("offset"), 0, "offset"));
      MLAAS_TRY(step.factors, perColumn(attributes.floats("scale"), 1, "scale"));
      return {};
    }
    if (type == "Imputer") {
      step.kind = Kind::kImpute;
      step.replaced = attributes.number("replaced_value_float", 0);
      MLAAS_TRY(step.factors, perColumn(attributes.floats("imputed_value_floats"), 0, "imputed_value_floats"));
      return {};
    }
    if (type == "Normalizer") {
      const std::string norm = attributes.text("norm", "MAX");
      step.kind = norm == "L1" ? Kind::kNormalizeL1 : Kind::kNormalizeL2;
      if (norm == "L1" || norm == "L2") return {};
      return unsupported("norm " + quoted(norm) + "; known are L1 and L2");
    }
    if (type == "TreeEnsembleClassifier" || type == "TreeEnsembleRegressor") return readTrees(type, attributes, step);
    if (type == "LinearClassifier" || type == "LinearRegressor") return readLinear(type, attributes, step);
    return unsupported(
        "it is not known; pipelines have Scaler, Imputer, Normalizer, TreeEnsembleClassifier, "
        "TreeEnsembleRegressor, LinearClassifier, LinearRegressor, ZipMap, Identity, Cast");
  }

  Result<std::vector<float>> perColumn(std::vector<float> values, float fallback, const std::string& name) const {
    if (values.empty()) values.push_back(fallback);
    if (values.size() == 1) values.resize(static_cast<size_t>(width_), values.front());
    if (static_cast<int64_t>(values.size()) == width_) return values;
    return corrupt(name + " has " + std::to_string(values.size()) + " elements for " + std::to_string(width_) +
                   " columns");
  }

  // The classes; `attribute` differs from operator to operator.
  Result<int64_t> readClasses(const Attributes& attributes, const std::string& numbers) {
    pipeline_.classNumbers = attributes.integers(numbers);
    pipeline_.classNames = attributes.texts("classlabels_strings");
    const auto classes = std::max(pipeline_.classNumbers.size(), pipeline_.classNames.size());
    if (classes >= 2 && classes <= static_cast<size_t>(kMaxOutputs) &&
        (pipeline_.classNumbers.empty() || pipeline_.classNames.empty())) {
      return static_cast<int64_t>(classes);
    }
    return corrupt("a classifier with " + std::to_string(classes) + " class labels");
  }

  Result<void> readTrees(const std::string& type, const Attributes& attributes, PipelineStep& step) {
    step.kind = Kind::kTrees;
    const bool isClassifier = type == "TreeEnsembleClassifier";
    MLAAS_TRY(const DecisionTransform transform, readTransform(attributes));
    step.numOutputs = attributes.integer("n_targets", 1);
    if (isClassifier) {
      MLAAS_TRY(step.numOutputs, readClasses(attributes, "classlabels_int64s"));
    }
    if (step.numOutputs < 1 || step.numOutputs > kMaxOutputs) return corrupt("n_targets is out of range");
    int64_t sums = step.numOutputs;
    if (isClassifier && sums == 2) sums = readTwoClasses(attributes, transform, step);
    MLAAS_TRY(step.trees, EnsembleReader(attributes, isClassifier ? "class" : "target", step.numInputs).run(sums));
    const bool isAverage = attributes.text("aggregate_function", "SUM") == "AVERAGE";
    if (!isAverage && attributes.text("aggregate_function", "SUM") != "SUM") {
      return unsupported("aggregate_function " + quoted(attributes.text("aggregate_function", "")));
    }
    if (isAverage) step.trees.scale = 1.0 / static_cast<double>(step.trees.roots.size());
    if (step.twoClasses == TwoClasses::kNo) step.trees.transform = transform;
    return readBase(attributes, step);
  }

  // Where all leaves of two classes are those of one class, they make one sum; gives the number of sums.
  static int64_t readTwoClasses(const Attributes& attributes, DecisionTransform transform, PipelineStep& step) {
    const auto classes = attributes.integers("class_ids");
    const bool one = !classes.empty() && std::all_of(classes.begin(), classes.end(),
                                                     [&](int64_t number) { return number == classes.front(); });
    if (!one || transform == DecisionTransform::kSoftmax) return 2;
    const auto weights = attributes.floats("class_weights");
    const bool positive = std::none_of(weights.begin(), weights.end(), [](float weight) { return weight < 0; });
    step.twoClasses = positive ? TwoClasses::kOneMinus : TwoClasses::kMinus;
    if (transform == DecisionTransform::kLogistic) step.twoClasses = TwoClasses::kLogistic;
    return 1;
  }

  static Result<void> readBase(const Attributes& attributes, PipelineStep& step) {
    const auto base = attributes.floats("base_values");
    auto& trees = step.trees;
    if (trees.numOutputs == 1 && base.size() == 2) {
      trees.base[0] = base[1];
    } else if (base.size() == trees.base.size()) {
      trees.base.assign(base.begin(), base.end());
    } else if (!base.empty()) {
      return corrupt("base_values has " + std::to_string(base.size()) + " elements for " +
                     std::to_string(trees.numOutputs) + " outputs");
    }
    return {};
  }

  Result<void> readLinear(const std::string& type, const Attributes& attributes, PipelineStep& step) {
    step.kind = Kind::kLinear;
    MLAAS_TRY(step.trees.transform, readTransform(attributes));
    step.numOutputs = attributes.integer("targets", 1);
    if (type == "LinearClassifier") {
      MLAAS_TRY(step.numOutputs, readClasses(attributes, "classlabels_ints"));
    }
    if (step.numOutputs < 1 || step.numOutputs > kMaxOutputs) return corrupt("targets is out of range");
    step.factors = attributes.floats("coefficients");
    step.offsets = attributes.floats("intercepts");
    const auto outputs = static_cast<size_t>(step.numOutputs);
    if (step.offsets.empty()) step.offsets.assign(outputs, 0);
    if (step.offsets.size() == outputs && step.factors.size() == outputs * static_cast<size_t>(width_)) return {};
    return unsupported("it has " + std::to_string(step.factors.size()) + " coefficients and " +
                       std::to_string(step.offsets.size()) + " intercepts for " + std::to_string(width_) +
                       " columns and " + std::to_string(outputs) + " outputs");
  }

  OnnxPipeline pipeline_;
  int64_t width_ = 0;
  std::set<std::string> current_;  // names of what the last step gave
  std::set<std::string> labels_;   // names of the classifier's best class
};

bool parse(std::string_view bytes, onnx::ModelProto& model) {
  constexpr size_t kLargest = size_t{1} << 30;
  return bytes.size() <= kLargest && model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

bool usesOnnxMl(std::string_view bytes) {
  if (bytes.find(kDomain) == std::string_view::npos) return false;
  onnx::ModelProto model;
  if (!parse(bytes, model)) return false;
  const auto& nodes = model.graph().node();
  return std::any_of(nodes.begin(), nodes.end(), [](const auto& node) { return node.domain() == kDomain; });
}

Result<OnnxPipeline> readOnnxPipeline(std::string_view bytes) {
  onnx::ModelProto model;
  if (!parse(bytes, model)) return corrupt("not an ONNX model: its protobuf cannot be read");
  return PipelineReader().run(model.graph());
}

}  // namespace mlaas::model
