// Expected values: tests/unit/train/known_values.py (scikit-learn 1.9, scipy 1.17, numpy 2.4).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "mlaas/base/random.h"
#include "mlaas/train/metrics/classification.h"
#include "mlaas/train/metrics/kolmogorov_smirnov.h"
#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/metrics/significance.h"

namespace mlaas::train {
namespace {

constexpr int kEvents = 60;

// The events of known_values.py, with ties.
ScoredEvents events(bool unitWeights = false, bool signedWeights = false) {
  ScoredEvents result;
  for (int i = 0; i < kEvents; ++i) {
    result.score.push_back(static_cast<float>(i * 37 % 23 / 23.0));
    result.label.push_back(i * 7 % 5 < 2 ? 1 : 0);
    const double weight = unitWeights ? 1 : 0.25 + i * 11 % 8 / 4.0;
    result.weight.push_back(static_cast<float>(signedWeights && i % 7 == 3 ? -weight : weight));
  }
  return result;
}

ScoredEvents threeClasses() {
  ScoredEvents result = events();
  result.numOutputs = 3;
  result.score.clear();
  for (int i = 0; i < kEvents; ++i) {
    const double a = 1 + i * 3 % 7;
    const double b = 1 + i * 5 % 11;
    const double c = 1 + i * 2 % 5;
    for (const double score : {a, b, c}) result.score.push_back(static_cast<float>(score / (a + b + c)));
    result.label[static_cast<size_t>(i)] = i % 3;
  }
  return result;
}

Roc rocOf(const ScoredEvents& scored, int64_t label = 1) {
  const ClassView view = viewOfClass(scored, label);
  return computeRoc(view.score, view.isSignal, scored.weight).value();
}

TEST(Roc, AgreesWithScikitLearn) {
  EXPECT_NEAR(rocOf(events()).auc, 0.23272263450834876, 1e-12);
  EXPECT_NEAR(rocOf(events(true)).auc, 0.2471064814814815, 1e-12);
  const Roc roc = rocOf(events());
  ASSERT_EQ(roc.points.size(), 24U);
  EXPECT_NEAR(roc.points[5].threshold, 0.782608687877655, 1e-12);
  EXPECT_NEAR(roc.points[5].signalEfficiency, 0.16071428571428573, 1e-12);
  EXPECT_NEAR(roc.points[5].backgroundEfficiency, 0.2857142857142857, 1e-12);
}

TEST(Roc, EqualsTheSumOverPairsWithNegativeWeights) {
  EXPECT_NEAR(rocOf(events(false, true)).auc, 0.2778954802259887, 1e-12);
}

TEST(Roc, IsOneMinusItselfForTheOtherClass) {
  EXPECT_NEAR(rocOf(events(), 0).auc, rocOf(events(), 1).auc, 1e-12);  // score and class are both turned round
}

TEST(Roc, GivesOneCurveAClass) {
  const ScoredEvents scored = threeClasses();
  EXPECT_NEAR(rocOf(scored, 0).auc, 0.44220572640509015, 1e-7);
  EXPECT_NEAR(rocOf(scored, 1).auc, 0.485526966848095, 1e-7);
  EXPECT_NEAR(rocOf(scored, 2).auc, 0.47708333333333336, 1e-7);
}

TEST(Roc, HasDeLongsError) { EXPECT_NEAR(rocOf(events(true)).aucError, 0.07199749480998588, 1e-12); }

TEST(Roc, HasTheErrorOfABootstrap) {
  // 0.0857 from 20,000 Poisson bootstraps; the expansion to first order is 5 % off at 60 events.
  EXPECT_NEAR(rocOf(events()).aucError, 0.0857, 0.0857 * 0.1);
}

TEST(Roc, AgreesWithItsBootstrapForSignedWeights) {
  Random random(7);
  ScoredEvents scored;
  for (int i = 0; i < 4000; ++i) {
    scored.label.push_back(i % 3 == 0 ? 1 : 0);
    scored.score.push_back(static_cast<float>(0.5 * random.uniform() + 0.2 * scored.label.back() * random.uniform()));
    scored.weight.push_back(static_cast<float>((random.uniform() < 0.15 ? -1 : 1) * (0.5 + random.uniform())));
  }
  const Roc roc = rocOf(scored);
  double sum = 0;
  double squares = 0;
  constexpr int kReplicas = 300;
  for (int replica = 0; replica < kReplicas; ++replica) {
    ScoredEvents copy = scored;
    for (float& weight : copy.weight) {
      int count = 0;
      for (double product = random.uniform(); product > std::exp(-1.0); product *= random.uniform()) ++count;
      weight *= static_cast<float>(count);
    }
    const double auc = rocOf(copy).auc;
    sum += auc;
    squares += auc * auc;
  }
  const double spread = std::sqrt(squares / kReplicas - sum * sum / kReplicas / kReplicas);
  EXPECT_NEAR(roc.aucError, spread, 0.15 * spread);
}

TEST(Roc, IsUndefinedWithoutPositiveWeight) {
  const std::vector<float> score = {0.1F, 0.9F};
  const std::vector<uint8_t> isSignal = {0, 1};
  EXPECT_FALSE(computeRoc(score, isSignal, std::vector<float>{1, -1}).has_value());
  EXPECT_FALSE(computeRoc({}, {}, {}).has_value());
  EXPECT_EQ(computeRoc(score, isSignal, std::vector<float>{1, 1})->auc, 1);
}

TEST(Roc, ThinsAlongTheCurve) {
  const auto points = rocOf(events()).points;
  const auto few = thinned(points, 10);
  EXPECT_LE(few.size(), 10U);
  EXPECT_EQ(few.front().signalEfficiency, 0);
  EXPECT_EQ(few.back().signalEfficiency, 1);
  EXPECT_EQ(thinned(points, 100).size(), points.size());
}

TEST(Classification, AgreesWithScikitLearn) {
  EXPECT_NEAR(logLoss(events()), 1.6362602148897583, 1e-7);
  EXPECT_NEAR(logLoss(threeClasses()), 1.278995660566932, 1e-6);
  EXPECT_EQ(logLoss(ScoredEvents{}), 0);
}

TEST(Classification, CountsConfusion) {
  const Confusion confusion = confusionMatrix(events(), 2, 0.5);
  EXPECT_EQ(confusion.events, (std::vector<int64_t>{12, 24, 20, 4}));
  EXPECT_EQ(confusion.weights, (std::vector<double>{10.75, 27.75, 23.5, 4.5}));
  EXPECT_NEAR(confusion.accuracy().value(), 15.25 / 66.5, 1e-12);
  const Confusion three = confusionMatrix(threeClasses(), 3, 0.5);
  EXPECT_EQ(three.events[0] + three.events[1] + three.events[2], 20);
}

TEST(KolmogorovSmirnov, AgreesWithScipy) {
  EXPECT_NEAR(kolmogorovProbability(0.3), 0.9999906941986655, 1e-9);
  EXPECT_NEAR(kolmogorovProbability(0.8), 0.5441424115741981, 1e-9);
  EXPECT_NEAR(kolmogorovProbability(1.0), 0.26999967167735456, 1e-9);
  EXPECT_NEAR(kolmogorovProbability(1.2), 0.11224966667072497, 1e-9);
  EXPECT_NEAR(kolmogorovProbability(1.5), 0.022217962616525127, 1e-9);
  EXPECT_NEAR(kolmogorovProbability(2.0), 0.0006709252557796953, 1e-9);
  const ScoredEvents scored = events(true);
  std::vector<float> a;
  std::vector<float> b;
  for (size_t i = 0; i < scored.rows(); ++i) (scored.label[i] == 1 ? a : b).push_back(scored.score[i]);
  const std::vector<float> ones(scored.rows(), 1.F);
  const auto result = compareDistributions(a, std::span(ones).first(a.size()), b, std::span(ones).first(b.size()));
  EXPECT_NEAR(result->distance, 0.5277777777777778, 1e-12);
  EXPECT_FALSE(compareDistributions({}, {}, b, std::span(ones).first(b.size())).has_value());
}

TEST(Significance, IsAsimovs) {
  EXPECT_NEAR(asimovSignificance(10, 100).value(), 0.9839916447569484, 1e-12);
  EXPECT_NEAR(asimovSignificance(5, 1).value(), 3.391329183481996, 1e-12);
  EXPECT_NEAR(asimovSignificance(1, 0.01).value(), 2.7060198528501864, 1e-12);
  EXPECT_EQ(asimovSignificance(-1, 3).value(), 0);
  EXPECT_FALSE(asimovSignificance(1, 0).has_value());
}

TEST(Significance, ScansEachCutAsADirectSum) {
  const ScoredEvents scored = events(false, true);
  const ClassView view = viewOfClass(scored, 1);
  const auto scan = scanSignificance(view.score, view.isSignal, scored.weight, 5, 2, 3);
  ASSERT_FALSE(scan.points.empty());
  for (const auto& point : scan.points) {
    double signal = 0;
    double background = 0;
    for (size_t i = 0; i < scored.rows(); ++i) {
      if (static_cast<double>(scored.score[i]) < point.cut) continue;
      (scored.label[i] == 1 ? signal : background) += static_cast<double>(scored.weight[i]);
    }
    EXPECT_NEAR(point.signal, 5 * signal, 1e-9) << point.cut;
    EXPECT_NEAR(point.background, 2 * background, 1e-9) << point.cut;
    EXPECT_LE(point.significance, scan.best->significance);
  }
}

TEST(Significance, LeavesOutCutsWithTooLittleBackground) {
  const ScoredEvents scored = events();
  const ClassView view = viewOfClass(scored, 1);
  EXPECT_TRUE(scanSignificance(view.score, view.isSignal, scored.weight, 1, 1, 1000).points.empty());
}

}  // namespace
}  // namespace mlaas::train
