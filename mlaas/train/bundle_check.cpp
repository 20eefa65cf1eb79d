#include "mlaas/train/bundle_check.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "mlaas/train/json_number.h"

namespace mlaas::train {

namespace {

// The largest size of each output, 1 for probabilities: what a difference is relative to.
std::vector<double> sizesOf(const ScorePair& scores) {
  std::vector<double> sizes(scores.outputs, scores.areTargets ? 0.0 : 1.0);
  if (!scores.areTargets) return sizes;
  for (size_t i = 0; i < scores.expected.size(); ++i) {
    const double size = std::abs(static_cast<double>(scores.expected[i]));
    if (std::isfinite(size)) sizes[i % scores.outputs] = std::max(sizes[i % scores.outputs], size);
  }
  for (double& size : sizes) {
    if (size == 0) size = 1;
  }
  return sizes;
}

// 0 for the same number or the same infinity or none on both sides; NaN on one side alone differs infinitely.
double differenceOf(float expected, float found, double size) {
  if (expected == found || (std::isnan(expected) && std::isnan(found))) return 0;
  const double difference = std::abs(static_cast<double>(expected) - static_cast<double>(found)) / size;
  return std::isnan(difference) ? HUGE_VAL : difference;
}

// Whether the calibration gives `found` for a raw score near `raw`; it does not fall.
bool isWithinCalibration(const model::ScoreCalibration& calibration, float raw, float found) {
  const auto tolerance = static_cast<float>(kScoreTolerance);
  std::vector<float> bounds = {raw - tolerance, raw + tolerance};
  calibration.apply(bounds);
  return found >= bounds[0] - tolerance && found <= bounds[1] + tolerance;
}

Error differs(const ScorePair& scores, size_t index) {
  std::ostringstream text;
  text.precision(9);
  text << "the written model does not score as the trained one: of row " << index / scores.outputs << ", output "
       << index % scores.outputs << ", the training gives " << scores.expected[index] << ", the written model "
       << scores.found[index] << ", and they may differ by " << kScoreTolerance
       << (scores.areTargets ? " of the largest value" : "")
       << "; the bundle is not put in its place. Please report this with the workflow";
  return {ErrorCode::kInternal, text.str()};
}

}  // namespace

nlohmann::ordered_json BundleCheck::toJson() const {
  return {{"part", part}, {"events", events}, {"largest_difference", jsonNumber(largestDifference)}};
}

Result<double> compareScores(const ScorePair& scores) {
  if (scores.found.size() != scores.expected.size()) {
    return Error(ErrorCode::kInternal, "the written model gives " + std::to_string(scores.found.size()) +
                                           " scores where the trained one gives " +
                                           std::to_string(scores.expected.size()));
  }
  const std::vector<double> sizes = sizesOf(scores);
  double largest = 0;
  for (size_t i = 0; i < scores.expected.size(); ++i) {
    const double difference = differenceOf(scores.expected[i], scores.found[i], sizes[i % scores.outputs]);
    const bool isRight =
        difference <= kScoreTolerance ||
        (scores.calibration != nullptr && isWithinCalibration(*scores.calibration, (*scores.raw)[i], scores.found[i]));
    if (!isRight) return differs(scores, i);
    largest = std::max(largest, difference);
  }
  return largest;
}

Result<BundleCheck> checkBundle(const BundleLoader& load, const model::Bundle& bundle, TrainedModel& model,
                                const EventSample& sample, bool predictsTargets) {
  MLAAS_TRY(const BundleScorer scorer, load(bundle));
  std::vector<float> expected;
  std::vector<float> found;
  std::vector<float> raw;
  MLAAS_CHECK(model.score(sample.features, expected));
  MLAAS_CHECK(scorer(sample.features, found));
  const model::ScoreCalibration* calibration = model.calibration();
  if (calibration != nullptr) MLAAS_CHECK(model.uncalibrated().score(sample.features, raw));
  BundleCheck check;
  check.events = static_cast<int64_t>(sample.rows());
  auto largest = compareScores({expected, found, bundle.outputs.size(), predictsTargets, &raw, calibration});
  if (!largest.ok()) return std::move(largest).error().within(bundle.modelFile);
  check.largestDifference = *largest;
  return check;
}

}  // namespace mlaas::train
