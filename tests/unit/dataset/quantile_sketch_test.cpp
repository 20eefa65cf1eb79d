#include "mlaas/dataset/quantile_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/base/random.h"

namespace mlaas::dataset {
namespace {

const std::vector<double> kFractions = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

std::vector<double> numbers(const std::string& kind, size_t count) {
  std::vector<double> values(count);
  Random random(count);
  for (size_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(i);
    if (kind == "uniform") values[i] = random.uniform();
    if (kind == "ascending") values[i] = x;
    if (kind == "descending") values[i] = -x;
    if (kind == "steep") values[i] = std::exp(40 * random.uniform());
    if (kind == "few") values[i] = std::floor(10 * random.uniform());
    if (kind == "zigzag") values[i] = i % 2 == 0 ? x : -x;
  }
  return values;
}

// The distance of the ranks that `value` has among sorted numbers from q * n, as a fraction of n.
double rankDistance(const std::vector<double>& sorted, double value, double q) {
  const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
  EXPECT_NE(low, high) << value << " is none of the numbers";
  const auto n = static_cast<double>(sorted.size());
  const auto first = static_cast<double>(low - sorted.begin()) + 1;
  const auto last = static_cast<double>(high - sorted.begin());
  const double wanted = std::ceil(q * n);
  return wanted < first ? (first - wanted) / n : wanted > last ? (wanted - last) / n : 0;
}

TEST(QuantileSketch, OfFewNumbersIsExact) {
  auto values = numbers("uniform", 1000);
  QuantileSketch sketch(512, 1);
  sketch.add(values);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(sketch.rankError(), 0);
  for (const double q : kFractions) {
    const auto rank = static_cast<size_t>(std::ceil(q * 1000));
    EXPECT_EQ(sketch.quantile(q), values[rank == 0 ? 0 : rank - 1]) << q;
  }
}

TEST(QuantileSketch, OfNoNumberIsNaN) {
  const QuantileSketch sketch(64, 1);
  EXPECT_TRUE(std::isnan(sketch.quantile(0.5)));
  EXPECT_EQ(sketch.rankError(), 0);
}

TEST(QuantileSketch, KeepsItsErrorForEveryKindOfInput) {
  for (const char* kind : {"uniform", "ascending", "descending", "steep", "few", "zigzag"}) {
    for (const uint32_t size : {32U, 256U, 1024U}) {
      auto values = numbers(kind, 300'000);
      QuantileSketch sketch(size, 7);
      sketch.add(values);
      std::sort(values.begin(), values.end());
      EXPECT_GT(sketch.rankError(), 0);
      EXPECT_LT(sketch.rankError(), 12.0 / size);
      const auto found = sketch.quantiles(kFractions);
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_LE(rankDistance(values, found[i], kFractions[i]), sketch.rankError())
            << kind << " " << size << " " << kFractions[i];
      }
    }
  }
}

// Over many seeds the error scatters around 0 and stays far inside the bound: a coin that followed the data would show.
TEST(QuantileSketch, ErrorsScatterAroundZero) {
  const auto values = numbers("ascending", 20'000);
  double sum = 0;
  double squares = 0;
  double bound = 0;
  constexpr int kSeeds = 300;
  for (int seed = 0; seed < kSeeds; ++seed) {
    QuantileSketch sketch(32, static_cast<uint64_t>(seed));
    sketch.add(values);
    const double error = (sketch.quantile(0.5) + 1) / 20'000 - 0.5;
    sum += error;
    squares += error * error;
    bound = sketch.rankError();
    EXPECT_LT(std::abs(error), bound);
  }
  const double deviation = std::sqrt(squares / kSeeds);
  EXPECT_LT(std::abs(sum / kSeeds), 5 * deviation / std::sqrt(kSeeds) + 1.0 / 20'000);
  EXPECT_LT(deviation, bound / 3);
}

TEST(QuantileSketch, MergedSketchesKeepTheErrorToo) {
  auto values = numbers("steep", 200'000);
  QuantileSketch merged(128, 1);
  size_t first = 0;
  for (size_t piece = 1; first < values.size(); ++piece) {
    const size_t size = std::min(values.size() - first, piece * 997 % 5000);
    QuantileSketch one(128, piece);
    one.add(std::span(values).subspan(first, size));
    merged.merge(one);
    first += size;
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(merged.count(), 200'000);
  EXPECT_LT(merged.rankError(), 24.0 / 128);
  for (const double q : kFractions) {
    EXPECT_LE(rankDistance(values, merged.quantile(q), q), merged.rankError()) << q;
  }
}

TEST(QuantileSketch, TheSameSeedGivesTheSame) {
  const auto values = numbers("uniform", 100'000);
  QuantileSketch once(64, 3);
  QuantileSketch again(64, 3);
  once.add(values);
  again.add(values);
  EXPECT_EQ(once.quantiles(kFractions), again.quantiles(kFractions));
}

}  // namespace
}  // namespace mlaas::dataset
