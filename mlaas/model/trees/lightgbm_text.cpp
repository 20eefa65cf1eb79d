#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "mlaas/model/trees/decision_trees.h"

namespace mlaas::model {

namespace {

// More than any real model has: keeps a hostile file from asking for the machine's memory.
constexpr uint64_t kMaxFeatures = uint64_t{1} << 24;
constexpr uint64_t kMaxOutputs = uint64_t{1} << 16;
constexpr uint64_t kMaxLeaves = uint64_t{1} << 26;

Error corrupt(const std::string& message) { return {ErrorCode::kCorrupt, message}; }
Error unsupported(const std::string& message) { return {ErrorCode::kUnsupported, message}; }
std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 80)) + "'"; }

using Fields = std::map<std::string_view, std::string_view>;

// Takes the next line from `text`.
std::string_view nextLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// KEY=VALUE up to an empty line; a line without '=' is a key.
Fields readFields(std::string_view& text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view line = nextLine(text);
    if (line.empty()) break;
    const size_t equal = line.find('=');
    fields.emplace(line.substr(0, equal), equal == std::string_view::npos ? "" : line.substr(equal + 1));
  }
  return fields;
}

template <class Value>
Result<std::vector<Value>> listOf(const Fields& fields, std::string_view key, size_t expected) {
  const auto found = fields.find(key);
  std::vector<Value> values;
  const std::string_view text = found == fields.end() ? "" : found->second;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    if (*at == ' ') {
      ++at;
      continue;
    }
    Value value{};
    const auto [next, status] = std::from_chars(at, end, value);
    if (status != std::errc() || (next != end && *next != ' ')) {
      return corrupt(quoted(key) + " has an element that is not a number: " + quoted({at, end}));
    }
    values.push_back(value);
    at = next;
  }
  if (values.size() == expected) return values;
  return corrupt(quoted(key) + " has " + std::to_string(values.size()) + " elements, expected " +
                 std::to_string(expected));
}

Result<uint64_t> countOf(const Fields& fields, std::string_view key, uint64_t limit) {
  MLAAS_TRY(const auto values, listOf<uint64_t>(fields, key, 1));
  if (values.front() <= limit) return values.front();
  return corrupt(quoted(key) + " is " + std::to_string(values.front()) + ", expected at most " + std::to_string(limit));
}

struct NamedObjective {
  std::string_view name;
  DecisionTransform transform;
};
constexpr std::array kObjectives = {
    NamedObjective{"regression", DecisionTransform::kIdentity},
    NamedObjective{"regression_l1", DecisionTransform::kIdentity},
    NamedObjective{"huber", DecisionTransform::kIdentity},
    NamedObjective{"fair", DecisionTransform::kIdentity},
    NamedObjective{"quantile", DecisionTransform::kIdentity},
    NamedObjective{"mape", DecisionTransform::kIdentity},
    NamedObjective{"lambdarank", DecisionTransform::kIdentity},
    NamedObjective{"rank_xendcg", DecisionTransform::kIdentity},
    NamedObjective{"custom", DecisionTransform::kIdentity},
    NamedObjective{"poisson", DecisionTransform::kExponential},
    NamedObjective{"gamma", DecisionTransform::kExponential},
    NamedObjective{"tweedie", DecisionTransform::kExponential},
    NamedObjective{"binary", DecisionTransform::kLogistic},
    NamedObjective{"multiclassova", DecisionTransform::kLogistic},
    NamedObjective{"cross_entropy", DecisionTransform::kLogistic},
    NamedObjective{"multiclass", DecisionTransform::kSoftmax},
    NamedObjective{"cross_entropy_lambda", DecisionTransform::kLog1pExp},
};

// "binary sigmoid:1", "multiclass num_class:3", "regression sqrt"; a model of a caller's own objective has none.
Result<void> readObjective(const Fields& header, DecisionTrees& trees) {
  const auto found = header.find("objective");
  std::string_view rest = found == header.end() ? "custom" : found->second;
  const auto nextWord = [&rest] {
    const size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
  };
  const std::string_view name = nextWord();
  const auto* known = std::find_if(kObjectives.begin(), kObjectives.end(),
                                   [&](const NamedObjective& objective) { return objective.name == name; });
  if (known == kObjectives.end()) {
    return unsupported("objective " + quoted(name) + " of LightGBM; known are those of version 4, without an alias");
  }
  trees.transform = known->transform;
  while (!rest.empty()) {
    const std::string_view word = nextWord();
    constexpr std::string_view kSigmoid = "sigmoid:";
    if (word == "sqrt") trees.transform = DecisionTransform::kSignedSquare;
    if (!word.starts_with(kSigmoid)) continue;
    const auto [end, status] = std::from_chars(word.data() + kSigmoid.size(), word.data() + word.size(), trees.slope);
    if (status != std::errc() || !std::isfinite(trees.slope)) return corrupt("objective has " + quoted(word));
  }
  return {};
}

// LightGBM's decision_type: bit 0 splits by category, bit 1 sends what is missing left, bits 2 and 3 what is missing.
class TreeReader {
 public:
  TreeReader(const Fields& fields, uint32_t output, DecisionTrees& trees)
      : fields_(fields), output_(output), trees_(trees), first_(static_cast<uint32_t>(trees.nodes.size())) {}

  Result<void> run() {
    MLAAS_TRY(const uint64_t numLeaves, countOf(fields_, "num_leaves", kMaxLeaves));
    if (numLeaves == 0) return corrupt("a tree without leaves");
    if (fields_.contains("is_linear") && fields_.at("is_linear") != "0") {
      return unsupported("linear leaves; train with linear_tree=false");
    }
    const auto leaves = static_cast<size_t>(numLeaves);
    numSplits_ = leaves - 1;
    MLAAS_TRY(const auto values, listOf<double>(fields_, "leaf_value", leaves));
    if (trees_.nodes.size() + numSplits_ + leaves > 2 * kMaxLeaves) return unsupported("too many nodes");
    trees_.roots.push_back(first_);
    if (numSplits_ > 0) MLAAS_CHECK(readSplits());
    for (const double value : values) {
      const auto at = static_cast<uint32_t>(trees_.leaves.size());
      trees_.leaves.push_back({output_, value});
      DecisionNode leaf;
      leaf.left = at;
      leaf.right = at + 1;
      trees_.nodes.push_back(leaf);
    }
    return {};
  }

 private:
  Result<void> readSplits() {
    MLAAS_TRY(const auto features, listOf<uint32_t>(fields_, "split_feature", numSplits_));
    MLAAS_TRY(const auto thresholds, listOf<double>(fields_, "threshold", numSplits_));
    MLAAS_TRY(const auto types, listOf<uint32_t>(fields_, "decision_type", numSplits_));
    MLAAS_TRY(const auto left, listOf<int32_t>(fields_, "left_child", numSplits_));
    MLAAS_TRY(const auto right, listOf<int32_t>(fields_, "right_child", numSplits_));
    MLAAS_CHECK(readSets());
    for (size_t i = 0; i < numSplits_; ++i) {
      DecisionNode node;
      node.threshold = thresholds[i];
      node.feature = features[i];
      MLAAS_TRY(node.left, childAt(left[i]));
      MLAAS_TRY(node.right, childAt(right[i]));
      MLAAS_CHECK(readType(types[i], node));
      trees_.nodes.push_back(node);
    }
    return {};
  }

  // Splits count from 0, leaves as ~0, ~1, ...; here the leaves stand behind the splits.
  Result<uint32_t> childAt(int32_t child) const {
    const uint64_t at = child >= 0 ? static_cast<uint64_t>(child) : numSplits_ + static_cast<uint64_t>(~child);
    const uint64_t limit = child >= 0 ? numSplits_ : 2 * numSplits_ + 1;
    if (at < limit) return static_cast<uint32_t>(first_ + at);
    return corrupt("child " + std::to_string(child) + " of a tree with " + std::to_string(numSplits_) + " splits");
  }

  Result<void> readType(uint32_t type, DecisionNode& node) const {
    constexpr std::array kMissing = {MissingKind::kNanIsZero, MissingKind::kZero, MissingKind::kNan};
    const uint32_t missing = (type >> 2U) & 3U;
    if (type > 15 || missing >= kMissing.size()) return corrupt("decision_type " + std::to_string(type));
    node.missing = kMissing.at(missing);
    node.missingLeft = (type & 2U) != 0;
    node.kind = SplitKind::kLessEqual;
    if ((type & 1U) == 0) return {};
    // A category that is missing is in no set.
    node.kind = SplitKind::kInSet;
    node.missing = MissingKind::kNone;
    if (!(node.threshold >= 0 && node.threshold < static_cast<double>(numSets_))) {
      return corrupt("a split by set " + std::to_string(node.threshold) + " of " + std::to_string(numSets_));
    }
    node.set = firstSet_ + static_cast<uint32_t>(node.threshold);
    return {};
  }

  Result<void> readSets() {
    if (!fields_.contains("num_cat")) return {};
    MLAAS_TRY(const uint64_t count, countOf(fields_, "num_cat", kMaxLeaves));
    numSets_ = static_cast<size_t>(count);
    if (numSets_ == 0) return {};
    MLAAS_TRY(const auto bounds, listOf<uint32_t>(fields_, "cat_boundaries", numSets_ + 1));
    MLAAS_TRY(const auto words, listOf<uint32_t>(fields_, "cat_threshold", bounds.back()));
    firstSet_ = static_cast<uint32_t>(trees_.sets.size());
    const auto base = static_cast<uint32_t>(trees_.categoryBits.size());
    for (size_t i = 0; i < numSets_; ++i) {
      if (bounds[i] > bounds[i + 1] || bounds[i + 1] > words.size()) return corrupt("cat_boundaries do not ascend");
      trees_.sets.push_back({base + bounds[i], bounds[i + 1] - bounds[i]});
    }
    trees_.categoryBits.insert(trees_.categoryBits.end(), words.begin(), words.end());
    return {};
  }

  const Fields& fields_;
  uint32_t output_;
  DecisionTrees& trees_;
  uint32_t first_;
  size_t numSplits_ = 0;
  size_t numSets_ = 0;
  uint32_t firstSet_ = 0;
};

Result<uint64_t> readHeader(const Fields& header, DecisionTrees& trees) {
  if (!header.contains("tree") || !header.contains("max_feature_idx")) {
    return corrupt("not a model that LightGBM saved as text: it begins with 'tree' and has 'max_feature_idx'");
  }
  MLAAS_TRY(const uint64_t lastFeature, countOf(header, "max_feature_idx", kMaxFeatures));
  MLAAS_TRY(const uint64_t outputs, countOf(header, "num_tree_per_iteration", kMaxOutputs));
  if (outputs == 0) return corrupt("num_tree_per_iteration is 0");
  MLAAS_CHECK(readObjective(header, trees));
  trees.numFeatures = static_cast<int64_t>(lastFeature) + 1;
  trees.numOutputs = static_cast<int64_t>(outputs);
  trees.base.assign(static_cast<size_t>(outputs), 0.0);
  return outputs;
}

}  // namespace

Result<DecisionTrees> readLightgbmText(std::string_view text) {
  DecisionTrees trees;
  const Fields header = readFields(text);
  MLAAS_TRY(const uint64_t outputs, readHeader(header, trees));
  bool ended = false;
  while (!text.empty() && !ended) {
    const Fields fields = readFields(text);
    ended = fields.contains("end of trees");
    if (!fields.contains("Tree")) continue;
    const size_t number = trees.roots.size();
    auto read = TreeReader(fields, static_cast<uint32_t>(number % outputs), trees).run();
    if (!read.ok()) return std::move(read).error().within("tree " + std::to_string(number));
  }
  if (!ended) return corrupt("the text ends before 'end of trees': the file was cut");
  if (trees.roots.size() % outputs != 0) {
    return corrupt("there are " + std::to_string(trees.roots.size()) + " trees for " + std::to_string(outputs) +
                   " outputs");
  }
  if (header.contains("average_output") && !trees.roots.empty()) {
    trees.scale = static_cast<double>(outputs) / static_cast<double>(trees.roots.size());
  }
  MLAAS_CHECK(checkDecisionTrees(trees));
  return trees;
}

}  // namespace mlaas::model
