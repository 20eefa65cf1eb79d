// Numbers in metrics: JSON has no infinity and no NaN, and what is undefined is null.
// Threads: functions of their arguments.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace mlaas::train {

inline nlohmann::ordered_json jsonNumber(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

inline nlohmann::ordered_json jsonNumber(const std::optional<double>& value) {
  return value ? jsonNumber(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace mlaas::train
