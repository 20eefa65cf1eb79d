// Fits what turns the scores of a binary classifier into probabilities.
// Threads: functions of their arguments.
// Source: Zadrozny, Elkan, KDD 2002 (isotonic, by pooling adjacent violators); Platt 1999 (a logistic function, here of
//         the score's logit and without his smoothed targets).
#pragma once

#include <cstdint>
#include <span>

#include "mlaas/base/error.h"
#include "mlaas/model/score_calibration.h"

namespace mlaas::train {

// One value an event. Weights may be negative: events of one score are summed first, and what does not sum to more than 0
// is pooled with its neighbours. kInvalidArgument where a class's weights do not sum to more than 0.
Result<model::ScoreCalibration> fitIsotonic(std::span<const float> score, std::span<const uint8_t> isSignal,
                                            std::span<const float> weight);

// kInvalidArgument also where the fit finds no minimum.
Result<model::ScoreCalibration> fitPlatt(std::span<const float> score, std::span<const uint8_t> isSignal,
                                         std::span<const float> weight);

}  // namespace mlaas::train
