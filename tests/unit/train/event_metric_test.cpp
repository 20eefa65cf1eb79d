// Expected values: score_event of the Python package trackml (commit 28f66bea) on the same hits.
#include "mlaas/train/metrics/event_metric.h"

#include <gtest/gtest.h>

namespace mlaas::train {
namespace {

struct Hits {
  std::vector<int64_t> particle;
  std::vector<int64_t> track;
  std::vector<float> weight;
  EventElements event() const { return {particle, track, {}, weight}; }
};

// Every `quality`-th hit stands in a wrong track.
Hits hits(int64_t count, int64_t quality) {
  Hits result;
  for (int64_t i = 0; i < count; ++i) {
    result.particle.push_back(i * 7 % (count / 8));
    result.track.push_back(i % quality == 0 ? i * 13 % 11 : result.particle.back() + 100);
    const double weight = result.particle.back() == 0 ? 0 : static_cast<double>(1 + i * 5 % 9) / 10;
    result.weight.push_back(static_cast<float>(weight));
  }
  return result;
}

double scoreOf(const Hits& one) { return makeEventMetric("trackml").value()->addEvent(one.event()).value().value(); }

TEST(TrackmlScore, AgreesWithTheReference) {
  EXPECT_NEAR(scoreOf(hits(50, 7)), 0.8173076930826464, 1e-12);
  EXPECT_NEAR(scoreOf(hits(300, 5)), 0.7991718426934317, 1e-12);
  EXPECT_NEAR(scoreOf(hits(300, 3)), 0.7342995192486361, 1e-12);
}

TEST(TrackmlScore, NeedsBothMajorities) {
  // Particle 1 has 4 hits, 3 of them in track 10: both majorities. Particle 2 has 3 of its 6 in track 11: not more
  // than half. Track 12 is half of 3.
  const Hits event = {{1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3},
                      {10, 10, 10, 12, 11, 11, 11, 13, 14, 15, 12, 16},
                      std::vector<float>(12, 1)};
  EXPECT_DOUBLE_EQ(scoreOf(event), 3.0 / 12);
}

TEST(TrackmlScore, IsTheMeanOfItsEvents) {
  const auto metric = makeEventMetric("trackml").value();
  const Hits perfect = {{1, 1, 2, 2}, {7, 7, 8, 8}, {1, 1, 1, 1}};
  const Hits lost = {{1, 1, 2, 2}, {7, 8, 7, 8}, {1, 1, 1, 1}};
  const Hits weightless = {{1}, {7}, {0}};
  EXPECT_EQ(metric->addEvent(perfect.event()).value(), 1);
  EXPECT_EQ(metric->addEvent(lost.event()).value(), 0);
  EXPECT_FALSE(metric->addEvent(weightless.event()).value());
  EXPECT_EQ(metric->result()["events"], 2);
  EXPECT_EQ(metric->result()["mean"], 0.5);
}

TEST(EventMetric, RefusesWhatDoesNotFit) {
  Hits event = {{1, 1}, {7}, {1, 1}};
  EXPECT_FALSE(makeEventMetric("trackml").value()->addEvent(event.event()).ok());
  const auto unknown = makeEventMetric("trakml");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(std::string(unknown.error().what()).find("did you mean 'trackml'"), std::string::npos);
  EXPECT_EQ(eventMetricNames(), std::vector<std::string>{"trackml"});
}

}  // namespace
}  // namespace mlaas::train
