// How significant a signal would be after a cut on the score.
// Source: Cowan, Cranmer, Gross, Vitells, Eur. Phys. J. C 71 (2011) 1554, equation 97 (Asimov data set); with a
//         background uncertainty: Cowan, "Discovery sensitivity for a counting experiment with background uncertainty"
//         (2012), equation 20.
// Threads: functions of their arguments.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <cstdint>

namespace mlaas::train {

// Z = sqrt(2 ((s + b) ln(1 + s / b) - s)) of s expected signal and b expected background events; 0 for s <= 0,
// nothing for b <= 0. With an uncertainty of b of `relativeError` * b, the square of Z is
//   2 ((s + b) ln((s + b)(b + e^2) / (b^2 + (s + b) e^2)) - b^2 / e^2 ln(1 + e^2 s / (b (b + e^2)))), e that uncertainty.
std::optional<double> asimovSignificance(double signal, double background, double relativeError = 0);

struct SignificancePoint {
  double cut = 0;     // events with score >= cut are kept
  double signal = 0;  // expected events
  double background = 0;
  double significance = 0;
};

struct SignificanceScan {
  std::vector<SignificancePoint> points;  // rising cuts
  std::optional<SignificancePoint> best;
};

// Scans 100 cuts from 0 in steps of 0.01. `signalScale` and `backgroundScale` turn the weights of these events into
// expected events. Cuts that leave background of less than `leastBackground` effective events,
// (sum w)^2 / sum w^2, are left out: their background estimate is a fluctuation. `backgroundError` is
// the background's relative uncertainty.
SignificanceScan scanSignificance(std::span<const float> score, std::span<const uint8_t> isSignal,
                                  std::span<const float> weight, double signalScale, double backgroundScale,
                                  double leastBackground = 10, double backgroundError = 0);

}  // namespace mlaas::train
