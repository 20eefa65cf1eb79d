#include "mlaas/train/metrics/calibration_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace mlaas::train {

namespace {

using model::ScoreCalibration;

constexpr double kLeast = 1e-7;

Result<void> checkClasses(std::span<const uint8_t> isSignal, std::span<const float> weight) {
  double signal = 0;
  double background = 0;
  for (size_t i = 0; i < weight.size(); ++i) {
    (isSignal[i] != 0 ? signal : background) += static_cast<double>(weight[i]);
  }
  if (signal > 0 && background > 0) return {};
  return Error(
      ErrorCode::kInvalidArgument,
      "evaluation.calibration: in the validation part a class has no event, or weights that do not sum to more "
      "than 0; raise dataset.split.validation or use 'calibration: none'");
}

// Events of neighbouring scores with one probability.
struct Block {
  float first = 0;
  float last = 0;
  double weight = 0;
  double signal = 0;
  double probability() const { return std::clamp(signal / weight, 0.0, 1.0); }
};

// One block a score, ascending.
std::vector<Block> blocksOfScores(std::span<const float> score, std::span<const uint8_t> isSignal,
                                  std::span<const float> weight) {
  std::vector<uint32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return score[a] < score[b]; });
  std::vector<Block> blocks;
  for (const uint32_t event : order) {
    if (blocks.empty() || blocks.back().last != score[event]) blocks.push_back({score[event], score[event], 0, 0});
    blocks.back().weight += static_cast<double>(weight[event]);
    if (isSignal[event] != 0) blocks.back().signal += static_cast<double>(weight[event]);
  }
  return blocks;
}

void pool(Block& into, const Block& next) {
  into.last = next.last;
  into.weight += next.weight;
  into.signal += next.signal;
}

// Pools neighbours until every block has weight and probabilities rise.
std::vector<Block> poolViolators(const std::vector<Block>& blocks) {
  std::vector<Block> pooled;
  for (const Block& block : blocks) {
    pooled.push_back(block);
    while (pooled.size() > 1) {
      Block& last = pooled.back();
      Block& before = pooled[pooled.size() - 2];
      const bool empty = !(last.weight > 0) || !(before.weight > 0);
      if (!empty && before.signal * last.weight < last.signal * before.weight) break;
      pool(before, last);
      pooled.pop_back();
    }
  }
  return pooled;
}

// The sums of one Newton step.
struct Newton {
  double loss = 0;
  double gradientSlope = 0;
  double gradientOffset = 0;
  double slopeSlope = 0;
  double slopeOffset = 0;
  double offsetOffset = 0;
};

Newton newtonSums(std::span<const double> logit, std::span<const uint8_t> isSignal, std::span<const float> weight,
                  double slope, double offset) {
  Newton sums;
  for (size_t i = 0; i < logit.size(); ++i) {
    const auto w = static_cast<double>(weight[i]);
    const double t = slope * logit[i] + offset;
    const double p = 1 / (1 + std::exp(-t));
    // -ln p(label), without overflow.
    const double towards = isSignal[i] != 0 ? -t : t;
    sums.loss += w * (towards > 0 ? towards + std::log1p(std::exp(-towards)) : std::log1p(std::exp(towards)));
    const double residual = w * (p - (isSignal[i] != 0 ? 1 : 0));
    sums.gradientSlope += residual * logit[i];
    sums.gradientOffset += residual;
    const double curvature = w * p * (1 - p);
    sums.slopeSlope += curvature * logit[i] * logit[i];
    sums.slopeOffset += curvature * logit[i];
    sums.offsetOffset += curvature;
  }
  return sums;
}

}  // namespace

Result<ScoreCalibration> fitIsotonic(std::span<const float> score, std::span<const uint8_t> isSignal,
                                     std::span<const float> weight) {
  MLAAS_CHECK(checkClasses(isSignal, weight));
  ScoreCalibration calibration;
  calibration.kind = ScoreCalibration::Kind::kIsotonic;
  for (const Block& block : poolViolators(blocksOfScores(score, isSignal, weight))) {
    const auto probability = static_cast<float>(block.probability());
    calibration.points.push_back({block.first, probability});
    if (block.last > block.first) calibration.points.push_back({block.last, probability});
  }
  return calibration;
}

Result<ScoreCalibration> fitPlatt(std::span<const float> score, std::span<const uint8_t> isSignal,
                                  std::span<const float> weight) {
  MLAAS_CHECK(checkClasses(isSignal, weight));
  std::vector<double> logit;
  for (const float value : score) {
    const double p = std::clamp(static_cast<double>(value), kLeast, 1 - kLeast);
    logit.push_back(std::log(p / (1 - p)));
  }
  ScoreCalibration calibration;
  Newton sums = newtonSums(logit, isSignal, weight, 1, 0);
  for (int step = 0; step < 100; ++step) {
    const double determinant = sums.slopeSlope * sums.offsetOffset - sums.slopeOffset * sums.slopeOffset;
    if (!(determinant > 0) || !(sums.offsetOffset > 0)) break;
    const double bySlope =
        (sums.offsetOffset * sums.gradientSlope - sums.slopeOffset * sums.gradientOffset) / determinant;
    const double byOffset =
        (sums.slopeSlope * sums.gradientOffset - sums.slopeOffset * sums.gradientSlope) / determinant;
    if (std::abs(bySlope) < 1e-10 && std::abs(byOffset) < 1e-10) return calibration;
    double share = 1;
    Newton next;
    for (int halving = 0; halving < 40; ++halving, share /= 2) {
      next = newtonSums(logit, isSignal, weight, calibration.slope - share * bySlope,
                        calibration.offset - share * byOffset);
      if (next.loss <= sums.loss) break;
    }
    // No better within rounding: this is the minimum.
    if (!(next.loss <= sums.loss)) return calibration;
    calibration.slope -= share * bySlope;
    calibration.offset -= share * byOffset;
    sums = next;
  }
  return Error(ErrorCode::kInvalidArgument,
               "evaluation.calibration: the logistic fit on the validation part finds no minimum, as with classes that "
               "the score separates entirely; use isotonic or none");
}

}  // namespace mlaas::train
