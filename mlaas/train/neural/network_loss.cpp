#include "mlaas/train/neural/network_loss.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace mlaas::train {

namespace {

// The loss of one event; `gradient` becomes its derivative by each output.
struct EventLoss {
  const LossOptions& options;

  double crossEntropy(std::span<const float> outputs, int32_t label, std::span<double> gradient) const;
  double focal(std::span<const float> outputs, int32_t label, std::span<double> gradient) const;
};

double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

// The logarithm of the sum of exponentials.
double normalisationOf(std::span<const float> outputs) {
  const double largest = static_cast<double>(*std::max_element(outputs.begin(), outputs.end()));
  double sum = 0;
  for (const float output : outputs) sum += std::exp(static_cast<double>(output) - largest);
  return largest + std::log(sum);
}

double EventLoss::crossEntropy(std::span<const float> outputs, int32_t label, std::span<double> gradient) const {
  const double smoothing = options.smoothing;
  if (outputs.size() == 1) {
    const auto z = static_cast<double>(outputs[0]);
    const double target = (label == 1 ? 1 - smoothing : 0) + smoothing / 2;
    gradient[0] = 1 / (1 + std::exp(-z)) - target;
    return softplus(z) - target * z;
  }
  const double normalisation = normalisationOf(outputs);
  const double spread = smoothing / static_cast<double>(outputs.size());
  double loss = normalisation;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const auto z = static_cast<double>(outputs[k]);
    const double target = (static_cast<int32_t>(k) == label ? 1 - smoothing : 0) + spread;
    gradient[k] = std::exp(z - normalisation) - target;
    loss -= target * z;
  }
  return loss;
}

double EventLoss::focal(std::span<const float> outputs, int32_t label, std::span<double> gradient) const {
  const double gamma = options.gamma;
  if (outputs.size() == 1) {
    const double sign = label == 1 ? 1 : -1;
    const double z = sign * static_cast<double>(outputs[0]);
    const double logarithm = -softplus(-z);
    const double probability = std::exp(logarithm);
    const double rest = std::exp(-softplus(z));
    const double factor = std::pow(rest, gamma);
    gradient[0] = sign * factor * (gamma * probability * logarithm - rest);
    return -factor * logarithm;
  }
  const double normalisation = normalisationOf(outputs);
  const double logarithm = static_cast<double>(outputs[static_cast<size_t>(label)]) - normalisation;
  const double probability = std::exp(logarithm);
  const double rest = std::max(-std::expm1(logarithm), 0.0);
  const double factor = std::pow(rest, gamma);
  // Of the loss by ln p; where nothing rests, the loss is flat.
  const double slope = rest > 0 ? gamma * factor / rest * probability * logarithm - factor : 0;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const double other = std::exp(static_cast<double>(outputs[k]) - normalisation);
    gradient[k] = slope * ((static_cast<int32_t>(k) == label ? 1 : 0) - other);
  }
  return -factor * logarithm;
}

// Of one output.
struct OutputLoss {
  double value = 0;
  double gradient = 0;
};

OutputLoss lossOfTarget(const LossOptions& options, double output, double target) {
  const double difference = output - target;
  switch (options.kind) {
    case LossOptions::Kind::kHuber: {
      const double size = std::abs(difference);
      if (size < options.delta) return {difference * difference / 2, difference};
      return {options.delta * (size - options.delta / 2), std::copysign(options.delta, difference)};
    }
    case LossOptions::Kind::kQuantile: {
      const double slope = difference > 0 ? 1 - options.level : difference < 0 ? -options.level : 0;
      return {slope * difference, slope};
    }
    case LossOptions::Kind::kFlags:
      return {softplus(output) - target * output, 1 / (1 + std::exp(-output)) - target};
    default:
      return {difference * difference, 2 * difference};
  }
}

double lossOfTargets(const LossOptions& options, std::span<const float> outputs, std::span<const float> target,
                     std::span<double> gradient) {
  const auto number = static_cast<double>(outputs.size());
  double loss = 0;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const OutputLoss one = lossOfTarget(options, static_cast<double>(outputs[k]), static_cast<double>(target[k]));
    gradient[k] = one.gradient / number;
    loss += one.value / number;
  }
  return loss;
}

}  // namespace

double lossOf(const LossOptions& options, std::span<const float> outputs, const Truth& truth,
              std::span<float> gradients) {
  const size_t rows = truth.weight.size();
  if (rows == 0) return 0;
  const size_t width = outputs.size() / rows;
  assert(gradients.size() == outputs.size() && outputs.size() == rows * width);
  const EventLoss loss{options};
  std::vector<double> gradient(width);
  double sum = 0;
  for (size_t row = 0; row < rows; ++row) {
    const auto own = outputs.subspan(row * width, width);
    double value = 0;
    switch (options.kind) {
      case LossOptions::Kind::kCrossEntropy:
        value = loss.crossEntropy(own, truth.label[row], gradient);
        break;
      case LossOptions::Kind::kFocal:
        value = loss.focal(own, truth.label[row], gradient);
        break;
      default:
        value = lossOfTargets(options, own, truth.target.subspan(row * width, width), gradient);
        break;
    }
    const auto weight = static_cast<double>(truth.weight[row]);
    sum += weight * value;
    const double scale = weight / static_cast<double>(rows);
    for (size_t k = 0; k < width; ++k) gradients[row * width + k] = static_cast<float>(gradient[k] * scale);
  }
  return sum;
}

std::string lossName(const LossOptions& options, int64_t numOutputs) {
  switch (options.kind) {
    case LossOptions::Kind::kFocal:
      return "focal loss";
    case LossOptions::Kind::kSquared:
      return "mean squared error";
    case LossOptions::Kind::kHuber:
      return "Huber loss";
    case LossOptions::Kind::kQuantile:
      return "quantile loss";
    case LossOptions::Kind::kFlags:
      return "binary cross entropy";
    case LossOptions::Kind::kCrossEntropy:
      break;
  }
  return numOutputs == 1 ? "binary cross entropy" : "cross entropy";
}

}  // namespace mlaas::train
