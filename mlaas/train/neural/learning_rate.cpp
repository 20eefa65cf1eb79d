#include "mlaas/train/neural/learning_rate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace mlaas::train {

namespace {

using Kind = ScheduleOptions::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array<std::pair<const char*, Kind>, 5> kKinds = {{{"constant", Kind::kConstant},
                                                                 {"cosine", Kind::kCosine},
                                                                 {"plateau", Kind::kPlateau},
                                                                 {"one_cycle", Kind::kOneCycle},
                                                                 {"exponential", Kind::kExponential}}};

// From `start` to `end` along half a wave while `part` goes from 0 to 1.
double alongCosine(double start, double end, double part) {
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * part));
}

}  // namespace

void ScheduleOptions::read(OptionReader& training) {
  if (!training.has("schedule")) return;
  OptionReader& reader = training.section("schedule");
  std::vector<std::string> names;
  for (const auto& [name, one] : kKinds) names.emplace_back(name);
  const std::string chosen = reader.choice("kind", "constant", names);
  kind = std::ranges::find(kKinds, chosen, [](const auto& one) { return std::string(one.first); })->second;
  if (kind != Kind::kOneCycle) warmup = reader.number("warmup", warmup, 0, 1e6);
  if (kind == Kind::kCosine || kind == Kind::kPlateau) least = reader.number("least", least, 0, kInfinity);
  if (kind == Kind::kPlateau || kind == Kind::kExponential) {
    factor = reader.number("factor", kind == Kind::kPlateau ? 0.1 : 0.9, 1e-6, 1);
  }
  if (kind == Kind::kPlateau) {
    patience = reader.integer("patience", patience, 0, 1000000);
    threshold = reader.number("threshold", threshold, 0, 1);
  }
  if (kind == Kind::kOneCycle) {
    rising = reader.number("rising", rising, 0.001, 0.999);
    startDivisor = reader.number("start_divisor", startDivisor, 1, 1e12);
    finalDivisor = reader.number("final_divisor", finalDivisor, 1, 1e12);
  }
}

nlohmann::ordered_json ScheduleOptions::toJson() const {
  nlohmann::ordered_json json;
  json["kind"] = std::ranges::find(kKinds, kind, [](const auto& one) { return one.second; })->first;
  if (kind != Kind::kOneCycle) json["warmup"] = warmup;
  if (kind == Kind::kCosine || kind == Kind::kPlateau) json["least"] = least;
  if (kind == Kind::kPlateau || kind == Kind::kExponential) json["factor"] = factor;
  if (kind == Kind::kPlateau) {
    json["patience"] = patience;
    json["threshold"] = threshold;
  }
  if (kind == Kind::kOneCycle) {
    json["rising"] = rising;
    json["start_divisor"] = startDivisor;
    json["final_divisor"] = finalDivisor;
  }
  return json;
}

LearningRate::LearningRate(const ScheduleOptions& options, double rate, int64_t stepsPerEpoch, int64_t epochs)
    : options_(options),
      rate_(rate),
      stepsPerEpoch_(std::max<int64_t>(stepsPerEpoch, 1)),
      numSteps_(stepsPerEpoch_ * epochs) {}

double LearningRate::at(int64_t step) const {
  if (options_.kind == Kind::kOneCycle) return oneCycle(step);
  const auto warmup = static_cast<int64_t>(std::llround(options_.warmup * static_cast<double>(stepsPerEpoch_)));
  if (step < warmup) return rate_ * static_cast<double>(step + 1) / static_cast<double>(warmup);
  switch (options_.kind) {
    case Kind::kCosine: {
      const auto all = static_cast<double>(std::max<int64_t>(numSteps_ - warmup, 1));
      return alongCosine(rate_, options_.least, std::min(static_cast<double>(step - warmup) / all, 1.0));
    }
    case Kind::kPlateau:
      return std::max(rate_ * memory_.scale, std::min(options_.least, rate_));
    case Kind::kExponential: {
      const int64_t epoch = step / stepsPerEpoch_;
      return rate_ * std::pow(options_.factor, static_cast<double>(epoch));
    }
    case Kind::kConstant:
    case Kind::kOneCycle:
      break;
  }
  return rate_;
}

double LearningRate::oneCycle(int64_t step) const {
  const double start = rate_ / options_.startDivisor;
  const double top = std::max(options_.rising * static_cast<double>(numSteps_) - 1, 1e-9);
  const double last = std::max(static_cast<double>(numSteps_ - 1), top + 1e-9);
  const auto now = static_cast<double>(step);
  if (now <= top) return alongCosine(start, rate_, now / top);
  return alongCosine(rate_, start / options_.finalDivisor, std::min((now - top) / (last - top), 1.0));
}

void LearningRate::endEpoch(double loss) {
  if (options_.kind != Kind::kPlateau) return;
  // Relative to the size of the best loss, which may be negative with negative weights.
  const bool better = !std::isfinite(memory_.best) || loss < memory_.best - options_.threshold * std::abs(memory_.best);
  if (better) {
    memory_.best = loss;
    memory_.badEpochs = 0;
    return;
  }
  if (++memory_.badEpochs <= options_.patience) return;
  memory_.scale *= options_.factor;
  memory_.badEpochs = 0;
}

}  // namespace mlaas::train
