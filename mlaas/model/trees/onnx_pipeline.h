// Pipelines of ai.onnx.ml, as skl2onnx and onnxmltools write them: scalers, then trees or a linear model.
// One chain of steps on one matrix of float32: Scaler, Imputer, Normalizer, TreeEnsembleClassifier,
//          TreeEnsembleRegressor, LinearClassifier, LinearRegressor, and the wrapping ZipMap, Identity, Cast.
// Errors:  kCorrupt (not ONNX, contradictions), kUnsupported (other operators, types or shapes of the graph).
// Threads: immutable after it is read; engines share one.
// Source:  onnx.ai, operators of ai.onnx.ml 1 to 4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/model/trees/decision_trees.h"

namespace mlaas::model {

struct PipelineStep {
  // kScale: (x - offsets) * factors; kImpute: factors where x is `replaced`; kLinear: factors [outputs, inputs] + offsets.
  enum class Kind : uint8_t { kScale, kImpute, kNormalizeL1, kNormalizeL2, kTrees, kLinear } kind = Kind::kScale;
  // How a classifier of two classes makes two scores of one sum.
  enum class TwoClasses : uint8_t { kNo, kOneMinus, kMinus, kLogistic } twoClasses = TwoClasses::kNo;
  int64_t numInputs = 0;
  int64_t numOutputs = 0;
  std::vector<float> offsets;
  std::vector<float> factors;
  float replaced = 0;
  DecisionTrees trees;  // of kTrees; of kLinear its transform
};

struct OnnxPipeline {
  int64_t numFeatures = 0;
  int64_t numOutputs = 0;
  std::string inputName;
  std::vector<PipelineStep> steps;
  // Of a classifier: one of both has as many elements as there are outputs.
  std::vector<int64_t> classNumbers;
  std::vector<std::string> classNames;
  std::vector<std::string> outputNames;  // in the graph's order
  std::vector<bool> isLabel;             // for each output: the best class rather than the scores
};

// Whether an ONNX file has operators of ai.onnx.ml; false where it cannot be read.
bool usesOnnxMl(std::string_view bytes);

Result<OnnxPipeline> readOnnxPipeline(std::string_view bytes);

// Fills `scores` [rows, numOutputs] from `matrix` [rows, numFeatures].
void runOnnxPipeline(const OnnxPipeline& pipeline, std::span<const float> matrix, int64_t rows,
                     std::vector<float>& scores);

}  // namespace mlaas::model
