// The two-sample Kolmogorov-Smirnov test of weighted samples: are training and test scores of one class alike?
// The p-value uses effective numbers of events, (sum w)^2 / sum w^2, and the asymptotic distribution.
// Source: Press et al., Numerical Recipes, 3rd edition, section 14.3.3. Threads: functions of their arguments.
#pragma once

#include <optional>
#include <span>

namespace mlaas::train {

struct KolmogorovSmirnov {
  double distance = 0;
  double pValue = 0;
};

// Nothing where a sample is empty or its weights do not sum to more than 0.
std::optional<KolmogorovSmirnov> compareDistributions(std::span<const float> a, std::span<const float> weightA,
                                                      std::span<const float> b, std::span<const float> weightB);

// Q(lambda) = 2 sum_k (-1)^(k-1) exp(-2 k^2 lambda^2).
double kolmogorovProbability(double lambda);

}  // namespace mlaas::train
