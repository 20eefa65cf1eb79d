#include "mlaas/dataset/correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "mlaas/base/random.h"

namespace mlaas::dataset {
namespace {

// The textbook's formula in long double over the rows that both have.
double expected(const std::vector<double>& x, const std::vector<double>& y) {
  long double n = 0, sumX = 0, sumY = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
    ++n, sumX += x[i], sumY += y[i];
  }
  long double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
    const long double dx = x[i] - sumX / n;
    const long double dy = y[i] - sumY / n;
    xx += dx * dx, yy += dy * dy, xy += dx * dy;
  }
  return static_cast<double>(xy / std::sqrt(xx * yy));
}

TEST(Correlations, OfEveryPairOverTheRowsThatBothHave) {
  Random random(3);
  std::vector<std::vector<double>> columns(5);
  for (int i = 0; i < 3001; ++i) {
    const double common = random.uniform();
    columns[0].push_back(common);
    columns[1].push_back(1e6 - 3 * common + random.uniform());
    columns[2].push_back(i % 3 == 0 ? std::numeric_limits<double>::quiet_NaN() : common * common);
    columns[3].push_back(i % 2 == 0 ? std::numeric_limits<double>::infinity() : random.uniform());
    columns[4].push_back(7.1);
  }
  Correlations whole(5);
  std::vector<std::span<const double>> spans(columns.begin(), columns.end());
  whole.add(spans);
  Correlations merged(5);
  for (size_t first = 0; first < 3001; first += 700) {
    std::vector<std::span<const double>> part;
    for (const auto& column : columns) {
      part.push_back(std::span(column).subspan(first, std::min<size_t>(700, 3001 - first)));
    }
    Correlations one(5);
    one.add(part);
    merged.merge(one);
  }
  for (const auto* found : {&whole, &merged}) {
    for (size_t i = 0; i < 4; ++i) {
      for (size_t j = 0; j < 4; ++j) {
        ASSERT_TRUE(found->coefficient(i, j));
        EXPECT_NEAR(*found->coefficient(i, j), expected(columns[i], columns[j]), 1e-11) << i << " " << j;
      }
      EXPECT_FALSE(found->coefficient(i, 4));
    }
    EXPECT_EQ(found->numRows(0, 2), 2000);
    EXPECT_EQ(found->numRows(3, 0), 1500);
    EXPECT_EQ(found->numRows(2, 3), 1000);
  }
}

}  // namespace
}  // namespace mlaas::dataset
