#include "mlaas/model/trees/onnx_pipeline.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace mlaas::model {

namespace {

using Kind = PipelineStep::Kind;
using TwoClasses = PipelineStep::TwoClasses;

void normalize(const PipelineStep& step, std::span<float> row) {
  double sum = 0;
  for (const float x : row) sum += step.kind == Kind::kNormalizeL1 ? std::fabs(x) : double{x} * x;
  if (step.kind == Kind::kNormalizeL2) sum = std::sqrt(sum);
  if (sum == 0) return;
  for (float& x : row) x = static_cast<float>(x / sum);
}

void transform(DecisionTransform kind, std::span<double> sums) {
  if (kind == DecisionTransform::kLogistic) {
    for (double& sum : sums) sum = 1 / (1 + std::exp(-sum));
  } else if (kind == DecisionTransform::kSoftmax) {
    const double largest = *std::max_element(sums.begin(), sums.end());
    double total = 0;
    for (double& sum : sums) total += sum = std::exp(sum - largest);
    for (double& sum : sums) sum /= total;
  }
}

void runLinear(const PipelineStep& step, std::span<const float> in, std::span<float> out) {
  std::vector<double> sums(out.size());
  for (size_t k = 0; k < out.size(); ++k) {
    sums[k] = step.offsets[k];
    for (size_t i = 0; i < in.size(); ++i) sums[k] += double{step.factors[k * in.size() + i]} * in[i];
  }
  transform(step.trees.transform, sums);
  std::transform(sums.begin(), sums.end(), out.begin(), [](double sum) { return static_cast<float>(sum); });
}

void runTrees(const PipelineStep& step, std::span<const float> in, int64_t rows, std::vector<float>& out) {
  std::vector<float> sums(static_cast<size_t>(rows * step.trees.numOutputs));
  predictDecisionTrees(step.trees, in, rows, sums);
  if (step.twoClasses == TwoClasses::kNo) {
    out = std::move(sums);
    return;
  }
  for (size_t row = 0; row < sums.size(); ++row) {
    const double sum = sums[row];
    const auto logistic = [](double x) { return static_cast<float>(1 / (1 + std::exp(-x))); };
    const bool isLogistic = step.twoClasses == TwoClasses::kLogistic;
    out[2 * row + 1] = isLogistic ? logistic(sum) : sums[row];
    out[2 * row] = isLogistic ? logistic(-sum) : static_cast<float>((step.twoClasses == TwoClasses::kOneMinus) - sum);
  }
}

void runStep(const PipelineStep& step, std::span<const float> in, int64_t rows, std::vector<float>& out) {
  const auto width = static_cast<size_t>(step.numInputs);
  const auto outputs = static_cast<size_t>(step.numOutputs);
  out.resize(static_cast<size_t>(rows) * outputs);
  if (step.kind == Kind::kTrees) return runTrees(step, in, rows, out);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    const auto from = in.subspan(row * width, width);
    const auto to = std::span(out).subspan(row * outputs, outputs);
    if (step.kind == Kind::kLinear) {
      runLinear(step, from, to);
      continue;
    }
    for (size_t i = 0; i < width; ++i) {
      const float x = from[i];
      to[i] = x;
      if (step.kind == Kind::kScale) to[i] = (x - step.offsets[i]) * step.factors[i];
      const bool isReplaced = x == step.replaced || (std::isnan(x) && std::isnan(step.replaced));
      if (step.kind == Kind::kImpute && isReplaced) to[i] = step.factors[i];
    }
    if (step.kind == Kind::kNormalizeL1 || step.kind == Kind::kNormalizeL2) normalize(step, to);
  }
}

}  // namespace

void runOnnxPipeline(const OnnxPipeline& pipeline, std::span<const float> matrix, int64_t rows,
                     std::vector<float>& scores) {
  assert(static_cast<int64_t>(matrix.size()) == rows * pipeline.numFeatures);
  scores.assign(matrix.begin(), matrix.end());
  std::vector<float> next;
  for (const auto& step : pipeline.steps) {
    runStep(step, scores, rows, next);
    scores.swap(next);
  }
}

}  // namespace mlaas::model
