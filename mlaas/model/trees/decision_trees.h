// Decision trees with any kind of split, as LightGBM and ai.onnx.ml have them; XGBoost's are in tree_model.h.
// Values: features are float32; thresholds, leaf values and sums are float64, and so a comparison is exact.
// Threads: immutable after it is read; engines share one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::model {

// What sends a row to the left; kInSet: its category is one of a set.
enum class SplitKind : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual, kInSet, kLeaf };

// What counts as missing, and goes where missingLeft says.
enum class MissingKind : uint8_t {
  kNone,       // nothing: NaN is compared as it is, which is false
  kNanIsZero,  // nothing: NaN is taken for 0
  kNan,
  kZero,  // 0 and NaN
};

struct DecisionNode {
  double threshold = 0;  // not of kInSet
  uint32_t feature = 0;
  uint32_t left = 0;   // a leaf's first value
  uint32_t right = 0;  // behind a leaf's last value
  uint32_t set = 0;    // of kInSet
  SplitKind kind = SplitKind::kLeaf;
  MissingKind missing = MissingKind::kNone;
  bool missingLeft = false;
};

struct LeafValue {
  uint32_t output = 0;
  double value = 0;
};

// Bits [0, 32 * words) from word `first` of categoryBits.
struct CategorySet {
  uint32_t first = 0;
  uint32_t words = 0;
};

// What turns sums into scores.
enum class DecisionTransform : uint8_t { kIdentity, kLogistic, kSoftmax, kExponential, kSignedSquare, kLog1pExp };

struct DecisionTrees {
  int64_t numFeatures = 0;
  int64_t numOutputs = 1;
  std::vector<double> base;  // numOutputs
  double scale = 1;          // of the sums of leaves: of forests 1 / trees
  double slope = 1;          // of kLogistic
  DecisionTransform transform = DecisionTransform::kIdentity;
  std::vector<uint32_t> roots;
  std::vector<DecisionNode> nodes;
  std::vector<LeafValue> leaves;
  std::vector<CategorySet> sets;
  std::vector<uint32_t> categoryBits;
};

// kCorrupt where an index is wrong or nodes do not form trees, so that walking them could go astray or not end.
Result<void> checkDecisionTrees(const DecisionTrees& trees);

// Fills `scores` [rows, numOutputs] from `matrix` [rows, numFeatures]; the model is one that checkDecisionTrees took.
void predictDecisionTrees(const DecisionTrees& trees, std::span<const float> matrix, int64_t rows,
                          std::span<float> scores);

// Reads the text that LightGBM's save_model writes (2.x to 4.x): all objectives, forests, splits by category. The whole
// file's trees are used. kCorrupt (contradictions); kUnsupported (linear trees, an unknown objective).
// Source: docs/serving.md, "Trees".
Result<DecisionTrees> readLightgbmText(std::string_view text);

}  // namespace mlaas::model
