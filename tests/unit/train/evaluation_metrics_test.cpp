// Expected values: tests/unit/train/known_evaluation.py (scikit-learn 1.9, numpy 2.4).
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "mlaas/train/metrics/binned_efficiency.h"
#include "mlaas/train/metrics/bootstrap.h"
#include "mlaas/train/metrics/calibration_curve.h"
#include "mlaas/train/metrics/calibration_fit.h"
#include "mlaas/train/metrics/precision_recall.h"
#include "mlaas/train/metrics/significance.h"
#include "mlaas/train/metrics/weighted_correlation.h"

namespace mlaas::train {
namespace {

constexpr size_t kEvents = 60;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The events of known_values.py.
struct Events {
  std::vector<float> score;
  std::vector<float> probability;  // rises with the label
  std::vector<uint8_t> isSignal;
  std::vector<float> weight;
  std::vector<float> signedWeight;
  std::vector<float> other;

  Events() {
    for (size_t i = 0; i < kEvents; ++i) {
      score.push_back(static_cast<float>(static_cast<double>(i * 37 % 23) / 23.0));
      probability.push_back(static_cast<float>(1 - (static_cast<double>(score.back()) * 23 + 0.5) / 24));
      isSignal.push_back(i * 7 % 5 < 2 ? 1 : 0);
      weight.push_back(static_cast<float>(0.25 + static_cast<double>(i * 11 % 8) / 4.0));
      signedWeight.push_back(i % 7 == 3 ? -weight.back() : weight.back());
      other.push_back(static_cast<float>(std::sin(static_cast<double>(i))));
    }
  }
};

TEST(PrecisionRecall, AgreesWithScikitLearn) {
  const Events e;
  const auto curve = computePrecisionRecall(e.score, e.isSignal, e.weight).value();
  EXPECT_NEAR(curve.averagePrecision, 0.356892515663887, 1e-12);
  ASSERT_EQ(curve.points.size(), 23U);
  EXPECT_NEAR(curve.points[4].threshold, 0.7826087, 1e-7);
  EXPECT_NEAR(curve.points[4].precision, 0.2903225806451613, 1e-12);
  EXPECT_NEAR(curve.points[4].recall, 0.16071428571428573, 1e-12);
  EXPECT_EQ(thinned(curve.points, 5).back().recall, 1);
  EXPECT_LE(thinned(curve.points, 5).size(), 6U);
}

TEST(PrecisionRecall, SumsSignedWeights) {
  const Events e;
  EXPECT_NEAR(computePrecisionRecall(e.score, e.isSignal, e.signedWeight)->averagePrecision, 0.3804997542627985, 1e-12);
  const std::vector<float> none(kEvents, 0);
  EXPECT_FALSE(computePrecisionRecall(e.score, e.isSignal, none));
  EXPECT_FALSE(computePrecisionRecall({}, {}, {}));
}

TEST(Significance, KnowsTheBackgroundsUncertainty) {
  EXPECT_NEAR(*asimovSignificance(10, 100, 0.1), 0.6901960632965309, 1e-12);
  EXPECT_NEAR(*asimovSignificance(3, 2, 0.25), 1.6396886186092468, 1e-12);
  EXPECT_NEAR(*asimovSignificance(50, 20, 0.4), 3.5732650413513336, 1e-12);
  EXPECT_NEAR(*asimovSignificance(10, 100, 1e-3), *asimovSignificance(10, 100), 1e-4);
  EXPECT_NEAR(*asimovSignificance(10, 100, 1e-6), *asimovSignificance(10, 100), 1e-9);
  EXPECT_FALSE(asimovSignificance(10, 0, 0.1));
  const Events e;
  const auto plain = scanSignificance(e.score, e.isSignal, e.weight, 10, 10, 1);
  const auto uncertain = scanSignificance(e.score, e.isSignal, e.weight, 10, 10, 1, 0.2);
  ASSERT_EQ(plain.points.size(), uncertain.points.size());
  const auto& point = uncertain.points.front();
  EXPECT_EQ(point.significance, *asimovSignificance(point.signal, point.background, 0.2));
  EXPECT_LT(point.significance, plain.points.front().significance);
}

TEST(Calibration, MeasuresTheDistanceFromProbabilities) {
  const Events e;
  const auto curve = computeCalibration(e.score, e.isSignal, e.weight, 5);
  EXPECT_NEAR(curve.expectedError, 0.5109512913355926, 1e-7);
  ASSERT_EQ(curve.bins.size(), 5U);
  EXPECT_NEAR(curve.bins[1].signalFraction, 0.576271186440678, 1e-12);
  EXPECT_NEAR(curve.bins[4].signalFraction, 0.3673469387755102, 1e-12);
  EXPECT_NEAR(computeCalibration(e.score, e.isSignal, e.signedWeight, 5).expectedError, 0.4727688796230053, 1e-7);
  const std::vector<float> edges = {0, 1, 1};
  const std::vector<uint8_t> labels = {0, 1, 0};
  const std::vector<float> weights = {1, 1, 1};
  EXPECT_EQ(computeCalibration(edges, labels, weights, 4).bins.size(), 2U);  // 1 is in the last bin
}

TEST(Calibration, IsotonicAgreesWithScikitLearn) {
  const Events e;
  const auto fit = fitIsotonic(e.probability, e.isSignal, e.weight).value();
  const std::vector<double> scores = {0.062499988824129105,
                                      0.4791666865348816,
                                      0.5208333134651184,
                                      0.5625,
                                      0.6041666865348816,
                                      0.6458333134651184,
                                      0.6875,
                                      0.7708333134651184,
                                      0.8125,
                                      0.9791666865348816};
  const std::vector<double> probabilities = {
      0.13953489065170288, 0.13953489065170288, 0.5199999809265137, 0.5199999809265137, 0.5625, 0.5625,
      0.5813953280448914,  0.5813953280448914,  0.8867924809455872, 0.8867924809455872};
  ASSERT_EQ(fit.points.size(), scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_NEAR(fit.points[i].score, scores[i], 1e-7);
    EXPECT_NEAR(fit.points[i].probability, probabilities[i], 1e-6);
  }
  std::vector<float> asked = {0, 0.1F, 0.3F, 0.501F, 0.75F, 1, kNan};
  const std::vector<double> expected = {0.13953489065170288, 0.13953489065170288, 0.13953489065170288,
                                        0.3388984799385071,  0.5813953280448914,  0.8867924809455872};
  fit.apply(asked);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(asked[i], expected[i], 1e-6) << i;
  EXPECT_TRUE(std::isnan(asked.back()));
}

TEST(Calibration, IsotonicTakesNegativeWeights) {
  const Events e;
  const auto fit = fitIsotonic(e.probability, e.isSignal, e.signedWeight).value();
  for (size_t i = 1; i < fit.points.size(); ++i) {
    EXPECT_GT(fit.points[i].score, fit.points[i - 1].score);
    EXPECT_GE(fit.points[i].probability, fit.points[i - 1].probability);
  }
  // Pooling keeps every block's sum, so that the mean probability is the fraction of signal.
  double mean = 0;
  double signal = 0;
  auto applied = e.probability;
  fit.apply(applied);
  for (size_t i = 0; i < kEvents; ++i) {
    mean += static_cast<double>(e.signedWeight[i] * applied[i]);
    signal += e.isSignal[i] != 0 ? static_cast<double>(e.signedWeight[i]) : 0;
  }
  EXPECT_NEAR(mean, signal, 1e-5);
}

TEST(Calibration, PlattAgreesWithScikitLearn) {
  const Events e;
  const auto fit = fitPlatt(e.probability, e.isSignal, e.weight).value();
  EXPECT_NEAR(fit.slope, 0.6360190827619738, 1e-6);
  EXPECT_NEAR(fit.offset, -0.45545072612206217, 1e-6);
  std::vector<float> asked = {0.25F};
  fit.apply(asked);
  EXPECT_NEAR(asked[0], 1 / (1 + std::exp(-(fit.slope * std::log(0.25 / 0.75) + fit.offset))), 1e-7);
}

TEST(Calibration, SaysWhyThereIsNone) {
  const std::vector<float> score = {0.2F, 0.8F};
  const std::vector<float> weight = {1, 1};
  const std::vector<uint8_t> one = {1, 1};
  for (const auto& fit : {fitPlatt(score, one, weight), fitIsotonic(score, one, weight)}) {
    ASSERT_FALSE(fit.ok());
    EXPECT_NE(std::string(fit.error().what()).find("dataset.split.validation"), std::string::npos);
  }
  const std::vector<uint8_t> separate = {0, 1};
  const auto separated = fitPlatt(score, separate, weight);
  ASSERT_FALSE(separated.ok());
  EXPECT_NE(std::string(separated.error().what()).find("isotonic"), std::string::npos);
}

TEST(Bootstrap, ComesNearTheSpreadOfReplicas) {
  const Events e;
  const auto result = bootstrapAuc(e.score, e.isSignal, e.weight, 4000, 1).value();
  EXPECT_NEAR(result.error, 0.0857, 0.05 * 0.0857);  // known_values.py: 20,000 replicas of scikit-learn's area
  EXPECT_LT(result.low, 0.2327);
  EXPECT_GT(result.high, 0.2327);
  EXPECT_EQ(result.replicas, 4000);
  EXPECT_EQ(bootstrapAuc(e.score, e.isSignal, e.weight, 50, 7)->error,
            bootstrapAuc(e.score, e.isSignal, e.weight, 50, 7)->error);
  EXPECT_NE(bootstrapAuc(e.score, e.isSignal, e.weight, 50, 7)->error,
            bootstrapAuc(e.score, e.isSignal, e.weight, 50, 8)->error);
  EXPECT_FALSE(bootstrapAuc(e.score, e.isSignal, e.weight, 0, 1));
}

TEST(Correlation, AgreesWithNumpy) {
  const Events e;
  EXPECT_NEAR(*weightedCorrelation(e.score, e.other, e.weight), -0.0316023163113437, 1e-12);
  EXPECT_NEAR(*weightedCorrelation(e.score, e.other, e.signedWeight), -0.1215350001293202, 1e-12);
  const std::vector<float> constant(kEvents, 3);
  EXPECT_FALSE(weightedCorrelation(e.score, constant, e.weight));
  auto holes = e.other;
  holes[0] = kNan;
  auto without = e.weight;
  without[0] = 0;
  EXPECT_NEAR(*weightedCorrelation(e.score, holes, e.weight), *weightedCorrelation(e.score, e.other, without), 1e-12);
}

TEST(BinnedEfficiency, IsARatioOfSignedSums) {
  const Events e;
  const std::vector<double> edges = {0, 0.3, 0.6, 1};
  const std::array<double, 3> plain = {0.7682926829268293, 0.41333333333333333, 0.1651376146788991};
  const std::array<double, 3> plainError = {0.10735616714209088, 0.1384328513070061, 0.0898464120794477};
  const std::array<double, 3> negative = {0.6935483870967742, 0.29411764705882354, 0.18181818181818182};
  const std::array<double, 3> negativeError = {0.14512445498800172, 0.21510880018167103, 0.12695010727287223};
  const auto bins = efficiencyByBin(e.score, e.isSignal, e.weight, edges);
  const auto signedBins = efficiencyByBin(e.score, e.isSignal, e.signedWeight, edges);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(*bins.at(i).efficiency, plain.at(i), 1e-12);
    EXPECT_NEAR(bins.at(i).error, plainError.at(i), 1e-12);
    EXPECT_NEAR(*signedBins.at(i).efficiency, negative.at(i), 1e-12);
    EXPECT_NEAR(signedBins.at(i).error, negativeError.at(i), 1e-12);
  }
  EXPECT_TRUE(efficiencyByBin(e.score, e.isSignal, e.weight, {}).empty());
}

TEST(BinnedEfficiency, FindsEdges) {
  const std::vector<float> values = {5, 1, 2, 2, 2, 2, 3, 4, kNan};
  EXPECT_EQ(quantileEdges(values, 4), (std::vector<double>{1, 2, 3, 5}));
  EXPECT_TRUE(quantileEdges(std::vector<float>{1, 1}, 4).empty());
  EXPECT_EQ(evenEdges(values, 2, 0), (std::vector<double>{1, 3, 5}));
  EXPECT_TRUE(evenEdges({}, 2, 0).empty());
}

}  // namespace
}  // namespace mlaas::train
