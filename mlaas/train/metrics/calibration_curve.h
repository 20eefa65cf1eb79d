// How far a score is from being a probability: the fraction of signal in bins of the score, and the expected
// calibration error. Threads: functions of their arguments.
// Source: Naeini, Cooper, Hauskrecht, AAAI 2015 (expected calibration error).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlaas::train {

struct CalibrationBin {
  double low = 0;
  double high = 0;
  double meanScore = 0;       // weighted
  double signalFraction = 0;  // weighted
  double error = 0;           // one standard deviation of signalFraction
  double sumWeights = 0;
};

struct CalibrationCurve {
  std::vector<CalibrationBin> bins;  // those whose weights sum to more than 0
  // Mean distance of signalFraction from meanScore, by the bins' weights.
  double expectedError = 0;
  double largestError = 0;
};

// `numBins` bins of equal width in [0, 1]; the last one includes 1. One value an event.
CalibrationCurve computeCalibration(std::span<const float> score, std::span<const uint8_t> isSignal,
                                    std::span<const float> weight, size_t numBins);

}  // namespace mlaas::train
