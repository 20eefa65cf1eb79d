#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "mlaas/model/trees/tree_model.h"

namespace mlaas::model {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// More than any real model has: keeps node indices in 31 bits and a hostile file from asking for the machine's memory.
constexpr uint64_t kMaxNodes = uint64_t{1} << 28;
constexpr uint64_t kMaxFeatures = uint64_t{1} << 24;
constexpr uint64_t kMaxOutputs = uint64_t{1} << 16;
constexpr int64_t kMaxCategories = int64_t{1} << 24;
constexpr uint64_t kMaxCategoryBits = uint64_t{1} << 32;

Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, message}; }
Error unsupported(const std::string& message) { return {ErrorCode::kUnsupported, message}; }

Result<object> objectAt(const object& parent, std::string_view pointer) {
  object found;
  if (parent.at_pointer(pointer).get(found) != simdjson::SUCCESS) {
    return corrupt("no object '" + std::string(pointer) + "': not a model that XGBoost saved as JSON");
  }
  return found;
}

Result<array> arrayAt(const object& parent, std::string_view pointer) {
  array found;
  if (parent.at_pointer(pointer).get(found) != simdjson::SUCCESS) {
    return corrupt("no list '" + std::string(pointer) + "'");
  }
  return found;
}

Result<std::string_view> textAt(const object& parent, std::string_view pointer) {
  std::string_view found;
  if (parent.at_pointer(pointer).get(found) != simdjson::SUCCESS) {
    return corrupt("no text '" + std::string(pointer) + "'");
  }
  return found;
}

// XGBoost writes its parameters as text: "num_feature":"12".
Result<uint64_t> countAt(const object& parent, std::string_view pointer, uint64_t limit) {
  MLAAS_TRY(const std::string_view text, textAt(parent, pointer));
  uint64_t count = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (status != std::errc() || end != text.data() + text.size() || count > limit) {
    return corrupt("'" + std::string(pointer) + "' is '" + std::string(text.substr(0, 40)) +
                   "', expected a whole number of at most " + std::to_string(limit));
  }
  return count;
}

// "5E-1", or since XGBoost 3.1 "[5E-1]" with one number for each output.
Result<std::vector<float>> readBaseScores(const object& parameters, size_t outputs) {
  MLAAS_TRY(std::string_view text, textAt(parameters, "/base_score"));
  const std::string whole(text.substr(0, 80));
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::vector<float> scores;
  while (!text.empty()) {
    float score = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (status != std::errc() || !std::isfinite(score)) return corrupt("base_score '" + whole + "' is not a number");
    scores.push_back(score);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (!text.empty() && text.front() != ',') return corrupt("base_score '" + whole + "' is not a list of numbers");
    if (!text.empty()) text.remove_prefix(1);
  }
  if (scores.size() == 1) scores.resize(outputs, scores.front());
  if (scores.size() != outputs) {
    return corrupt("base_score '" + whole + "' has " + std::to_string(scores.size()) + " numbers for " +
                   std::to_string(outputs) + " outputs");
  }
  return scores;
}

struct NamedObjective {
  std::string_view name;
  TreeObjective objective;
};
constexpr std::array kObjectives = {
    NamedObjective{"binary:logistic", TreeObjective::kLogistic},
    NamedObjective{"multi:softprob", TreeObjective::kSoftmax},
    NamedObjective{"reg:squarederror", TreeObjective::kIdentity},
    NamedObjective{"reg:squaredlogerror", TreeObjective::kIdentity},
    NamedObjective{"reg:pseudohubererror", TreeObjective::kIdentity},
    NamedObjective{"reg:absoluteerror", TreeObjective::kIdentity},
    NamedObjective{"reg:logistic", TreeObjective::kLogistic},
    NamedObjective{"reg:gamma", TreeObjective::kExponential},
    NamedObjective{"reg:tweedie", TreeObjective::kExponential},
    NamedObjective{"count:poisson", TreeObjective::kExponential},
};

Result<TreeObjective> readObjective(const object& learner) {
  MLAAS_TRY(const std::string_view name, textAt(learner, "/objective/name"));
  std::string names;
  for (const NamedObjective& known : kObjectives) {
    if (name == known.name) return known.objective;
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  return unsupported("objective '" + std::string(name.substr(0, 80)) + "'; the tree engine runs " + names);
}

// The arrays of one tree as they stand in the file, all of one length.
struct RawTree {
  std::vector<int64_t> left;
  std::vector<int64_t> right;
  std::vector<int64_t> feature;
  std::vector<bool> defaultLeft;
  std::vector<float> condition;
  std::vector<std::vector<bool>> categories;  // empty where no node splits by category
  size_t size() const { return left.size(); }
};

Result<std::vector<int64_t>> integersAt(const object& tree, std::string_view pointer) {
  MLAAS_TRY(const array list, arrayAt(tree, pointer));
  std::vector<int64_t> values;
  values.reserve(list.size());
  for (const element& item : list) {
    int64_t value = 0;
    if (item.get(value) != simdjson::SUCCESS) {
      return corrupt("'" + std::string(pointer) + "' has an element that is not a whole number");
    }
    values.push_back(value);
  }
  return values;
}

Result<std::vector<float>> floatsAt(const object& tree, std::string_view pointer) {
  MLAAS_TRY(const array list, arrayAt(tree, pointer));
  std::vector<float> values;
  values.reserve(list.size());
  for (const element& item : list) {
    double value = 0;
    if (item.get(value) != simdjson::SUCCESS || std::abs(value) > std::numeric_limits<float>::max()) {
      return corrupt("'" + std::string(pointer) + "' has an element that is not a float32 number");
    }
    values.push_back(static_cast<float>(value));
  }
  return values;
}

// XGBoost 1.x writes 0 and 1, newer versions true and false.
Result<std::vector<bool>> flagsAt(const object& tree, std::string_view pointer) {
  MLAAS_TRY(const array list, arrayAt(tree, pointer));
  std::vector<bool> flags;
  flags.reserve(list.size());
  for (const element& item : list) {
    bool flag = false;
    int64_t number = 0;
    if (item.get(flag) != simdjson::SUCCESS) {
      if (item.get(number) != simdjson::SUCCESS || number < 0 || number > 1) {
        return corrupt("'" + std::string(pointer) + "' has an element that is not 0 or 1");
      }
      flag = number == 1;
    }
    flags.push_back(flag);
  }
  return flags;
}

// The categories that go right at each node that splits by category; at other nodes none.
Result<std::vector<std::vector<bool>>> readCategories(const object& tree, size_t size, uint64_t& bits) {
  std::vector<std::vector<bool>> byNode;
  array unused;
  if (tree.at_key("categories_nodes").get(unused) != simdjson::SUCCESS) return byNode;
  MLAAS_TRY(const auto nodes, integersAt(tree, "/categories_nodes"));
  if (nodes.empty()) return byNode;
  MLAAS_TRY(const auto starts, integersAt(tree, "/categories_segments"));
  MLAAS_TRY(const auto sizes, integersAt(tree, "/categories_sizes"));
  MLAAS_TRY(const auto categories, integersAt(tree, "/categories"));
  if (starts.size() != nodes.size() || sizes.size() != nodes.size()) {
    return corrupt("categories_nodes has " + std::to_string(nodes.size()) + " elements, categories_segments " +
                   std::to_string(starts.size()) + ", categories_sizes " + std::to_string(sizes.size()));
  }
  byNode.resize(size);
  const auto total = static_cast<int64_t>(categories.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const bool isInside = nodes[i] >= 0 && nodes[i] < static_cast<int64_t>(size) && starts[i] >= 0 && sizes[i] > 0 &&
                          starts[i] <= total && sizes[i] <= total - starts[i];
    if (!isInside) return corrupt("categories_nodes element " + std::to_string(i) + " names what is not there");
    auto& goRight = byNode[static_cast<size_t>(nodes[i])];
    for (int64_t k = starts[i]; k < starts[i] + sizes[i]; ++k) {
      const int64_t category = categories[static_cast<size_t>(k)];
      if (category < 0 || category >= kMaxCategories) return corrupt("category " + std::to_string(category));
      if (category >= static_cast<int64_t>(goRight.size())) {
        bits += static_cast<uint64_t>(category) + 1 - goRight.size();
        if (bits > kMaxCategoryBits) return unsupported("sets of categories that are too large");
        goRight.resize(static_cast<size_t>(category) + 1);
      }
      goRight[static_cast<size_t>(category)] = true;
    }
  }
  return byNode;
}

// A node that says that it splits by category must have some.
Result<void> checkSplitTypes(const object& tree, const std::vector<std::vector<bool>>& categories) {
  array types;
  if (tree.at_key("split_type").get(types) != simdjson::SUCCESS) return {};
  size_t index = 0;
  for (const element& type : types) {
    int64_t number = 0;
    const bool byCategory = type.get(number) == simdjson::SUCCESS && number != 0;
    if (byCategory && (index >= categories.size() || categories[index].empty())) {
      return corrupt("node " + std::to_string(index) + " splits by category and has no categories");
    }
    ++index;
  }
  return {};
}

// XGBoost's multi_output_tree, since 2.0: leaves that are lists.
Result<void> refuseSeveralOutputs(const object& tree) {
  if (tree.at_pointer("/tree_param/size_leaf_vector").error() != simdjson::SUCCESS) return {};
  MLAAS_TRY(const uint64_t outputs, countAt(tree, "/tree_param/size_leaf_vector", kMaxOutputs));
  if (outputs <= 1) return {};
  return unsupported("leaves of " + std::to_string(outputs) +
                     " values; the tree engine runs multi_strategy one_output_per_tree");
}

// `bits` counts those of the sets of categories of all trees.
Result<RawTree> readRawTree(const object& tree, uint64_t& bits) {
  MLAAS_CHECK(refuseSeveralOutputs(tree));
  RawTree raw;
  MLAAS_TRY(raw.left, integersAt(tree, "/left_children"));
  MLAAS_TRY(raw.right, integersAt(tree, "/right_children"));
  MLAAS_TRY(raw.feature, integersAt(tree, "/split_indices"));
  MLAAS_TRY(raw.defaultLeft, flagsAt(tree, "/default_left"));
  MLAAS_TRY(raw.condition, floatsAt(tree, "/split_conditions"));
  const size_t size = raw.size();
  if (size == 0) return corrupt("a tree without nodes");
  if (raw.right.size() != size || raw.feature.size() != size || raw.defaultLeft.size() != size ||
      raw.condition.size() != size) {
    return corrupt("left_children has " + std::to_string(size) + " elements, right_children " +
                   std::to_string(raw.right.size()) + ", split_indices " + std::to_string(raw.feature.size()) +
                   ", default_left " + std::to_string(raw.defaultLeft.size()) + ", split_conditions " +
                   std::to_string(raw.condition.size()) + "; expected one length");
  }
  MLAAS_TRY(raw.categories, readCategories(tree, size, bits));
  MLAAS_CHECK(checkSplitTypes(tree, raw.categories));
  return raw;
}

// Lays the nodes of one tree out breadth first behind `model.nodes`, children side by side.
class TreeLayout {
 public:
  TreeLayout(const RawTree& raw, TreeModel& model) : raw_(raw), model_(model), seen_(raw.size(), false) {}

  Result<Tree> run() {
    Tree tree;
    tree.root = static_cast<uint32_t>(model_.nodes.size());
    seen_[0] = true;
    std::vector<size_t> level{0};
    model_.nodes.emplace_back();
    uint32_t at = tree.root;
    while (true) {
      std::vector<size_t> next;
      for (const size_t index : level) MLAAS_CHECK(place(index, at++, next));
      if (next.empty()) return tree;
      level = std::move(next);
      ++tree.depth;
    }
  }

 private:
  Result<void> place(size_t index, uint32_t at, std::vector<size_t>& next) {
    const int64_t left = raw_.left[index];
    const int64_t right = raw_.right[index];
    if (left == -1 && right == -1) {
      model_.nodes[at] = {std::numeric_limits<float>::quiet_NaN(), 0, at, raw_.condition[index]};
      return {};
    }
    MLAAS_CHECK(claim(index, left));
    MLAAS_CHECK(claim(index, right));
    if (raw_.feature[index] < 0 || raw_.feature[index] >= model_.numFeatures) {
      return corrupt("node " + std::to_string(index) + " splits on feature " + std::to_string(raw_.feature[index]) +
                     " of " + std::to_string(model_.numFeatures));
    }
    auto feature = static_cast<uint32_t>(raw_.feature[index]);
    if (!raw_.defaultLeft[index]) feature |= TreeNode::kMissingGoesRight;
    const auto children = static_cast<uint32_t>(model_.nodes.size());
    model_.nodes.resize(model_.nodes.size() + 2);
    model_.nodes[at] = {raw_.condition[index], feature, children, 0};
    if (!raw_.categories.empty() && !raw_.categories[index].empty()) {
      model_.nodes[at].feature |= TreeNode::kByCategory;
      model_.nodes[at].threshold = std::bit_cast<float>(static_cast<uint32_t>(model_.categories.size()));
      model_.categories.push_back(raw_.categories[index]);
    }
    next.push_back(static_cast<size_t>(left));
    next.push_back(static_cast<size_t>(right));
    return {};
  }

  // A child is a node of this tree that no other node has as child: that alone excludes circles.
  Result<void> claim(size_t parent, int64_t child) {
    if (child < 0 || static_cast<size_t>(child) >= raw_.size()) {
      return corrupt("node " + std::to_string(parent) + " has child " + std::to_string(child) + " of " +
                     std::to_string(raw_.size()) + " nodes");
    }
    if (seen_[static_cast<size_t>(child)]) {
      return corrupt("node " + std::to_string(child) + " has more than one parent; the nodes are not a tree");
    }
    seen_[static_cast<size_t>(child)] = true;
    return {};
  }

  const RawTree& raw_;
  TreeModel& model_;
  std::vector<bool> seen_;
};

// What DART multiplies the leaves of each tree with; 1 where the trees are not DART's.
Result<std::vector<float>> readTreeWeights(const object& booster, size_t trees) {
  if (booster.at_key("weight_drop").error() != simdjson::SUCCESS) return std::vector<float>(trees, 1.0F);
  MLAAS_TRY(std::vector<float> weights, floatsAt(booster, "/weight_drop"));
  if (weights.size() == trees) return weights;
  return corrupt("weight_drop has " + std::to_string(weights.size()) + " elements for " + std::to_string(trees) +
                 " trees");
}

// Where the trees of a booster stand: those of dart are a gbtree inside.
Result<object> treesOf(const object& booster) {
  MLAAS_TRY(const std::string_view kind, textAt(booster, "/name"));
  if (kind == "gbtree") return booster;
  if (kind == "dart") return objectAt(booster, "/gbtree");
  return unsupported("booster '" + std::string(kind.substr(0, 80)) + "'; the tree engine runs gbtree and dart");
}

Result<void> readTrees(const object& outer, TreeModel& model) {
  MLAAS_TRY(const object booster, treesOf(outer));
  MLAAS_TRY(const array trees, arrayAt(booster, "/model/trees"));
  MLAAS_TRY(const std::vector<int64_t> outputs, integersAt(booster, "/model/tree_info"));
  if (outputs.size() != trees.size()) {
    return corrupt("tree_info has " + std::to_string(outputs.size()) + " elements for " + std::to_string(trees.size()) +
                   " trees");
  }
  MLAAS_TRY(const std::vector<float> weights, readTreeWeights(outer, trees.size()));
  uint64_t categoryBits = 0;
  for (const element& item : trees) {
    const size_t number = model.trees.size();
    const std::string where = "tree " + std::to_string(number);
    object tree;
    if (item.get(tree) != simdjson::SUCCESS) return corrupt(where + " is not an object");
    auto raw = readRawTree(tree, categoryBits);
    if (!raw.ok()) return std::move(raw).error().within(where);
    if (model.nodes.size() + raw->size() > kMaxNodes) {
      return unsupported("more than " + std::to_string(kMaxNodes) + " nodes");
    }
    auto laid = TreeLayout(*raw, model).run();
    if (!laid.ok()) return std::move(laid).error().within(where);
    if (outputs[number] < 0 || outputs[number] >= model.numOutputs) {
      return corrupt(where + " adds to output " + std::to_string(outputs[number]) + " of " +
                     std::to_string(model.numOutputs));
    }
    for (size_t at = laid->root; at < model.nodes.size(); ++at) model.nodes[at].value *= weights[number];
    laid->output = static_cast<uint32_t>(outputs[number]);
    model.trees.push_back(*laid);
  }
  return {};
}

// How XGBoost turns base_score into the margin that trees add to (ObjFunction::ProbToMargin).
Result<float> baseMargin(TreeObjective objective, float baseScore) {
  if (objective == TreeObjective::kLogistic) {
    if (baseScore > 0 && baseScore < 1) return -std::log(1.0F / baseScore - 1.0F);
    return corrupt("base_score is " + std::to_string(baseScore) + ", expected a probability between 0 and 1");
  }
  if (objective == TreeObjective::kExponential) {
    if (baseScore > 0) return std::log(baseScore);
    return corrupt("base_score is " + std::to_string(baseScore) + ", expected more than 0");
  }
  return baseScore;
}

// Classes or targets; XGBoost writes 0 or 1 where there is one output.
Result<uint64_t> readOutputs(const object& parameters, TreeObjective objective) {
  MLAAS_TRY(const uint64_t classes, countAt(parameters, "/num_class", kMaxOutputs));
  uint64_t targets = 1;
  if (parameters.at_key("num_target").error() == simdjson::SUCCESS) {
    MLAAS_TRY(targets, countAt(parameters, "/num_target", kMaxOutputs));
  }
  const bool isSoftmax = objective == TreeObjective::kSoftmax;
  if (isSoftmax ? classes < 2 || targets > 1 : classes > 1) {
    return corrupt("num_class is " + std::to_string(classes) + " and num_target " + std::to_string(targets) +
                   ", which do not fit the objective");
  }
  return isSoftmax ? classes : std::max<uint64_t>(targets, 1);
}

Result<void> readParameters(const object& learner, TreeModel& model) {
  MLAAS_TRY(model.objective, readObjective(learner));
  MLAAS_TRY(const object parameters, objectAt(learner, "/learner_model_param"));
  MLAAS_TRY(const uint64_t features, countAt(parameters, "/num_feature", kMaxFeatures));
  MLAAS_TRY(const uint64_t outputs, readOutputs(parameters, model.objective));
  model.numFeatures = static_cast<int64_t>(features);
  model.numOutputs = static_cast<int64_t>(outputs);
  MLAAS_TRY(model.baseMargins, readBaseScores(parameters, static_cast<size_t>(model.numOutputs)));
  for (float& score : model.baseMargins) {
    MLAAS_TRY(score, baseMargin(model.objective, score));
  }
  return {};
}

}  // namespace

Result<TreeModel> readXgboostJson(std::string_view json) {
  simdjson::dom::parser parser;
  object root;
  if (const auto status = parser.parse(json.data(), json.size()).get(root); status != simdjson::SUCCESS) {
    return corrupt(std::string("not a JSON object: ") + simdjson::error_message(status));
  }
  MLAAS_TRY(const object learner, objectAt(root, "/learner"));
  MLAAS_TRY(const object booster, objectAt(learner, "/gradient_booster"));
  TreeModel model;
  MLAAS_CHECK(readParameters(learner, model));
  MLAAS_CHECK(readTrees(booster, model));
  if (model.trees.empty()) return corrupt("a model without trees");
  return model;
}

}  // namespace mlaas::model
