#include "mlaas/model/score_calibration.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>

#include "mlaas/model/onnx_graph_builder.h"

namespace mlaas::model {

namespace {

using nlohmann::ordered_json;

constexpr double kLeast = 1e-7;
constexpr size_t kMostPoints = 1 << 20;

double platt(const ScoreCalibration& calibration, double score) {
  const double p = std::clamp(score, kLeast, 1 - kLeast);
  return 1 / (1 + std::exp(-(calibration.slope * std::log(p / (1 - p)) + calibration.offset)));
}

float interpolate(const std::vector<ScoreCalibration::Point>& points, float score) {
  const auto above = std::upper_bound(points.begin(), points.end(), score,
                                      [](float value, const auto& point) { return value < point.score; });
  if (above == points.begin()) return points.front().probability;
  if (above == points.end()) return points.back().probability;
  const auto& low = *(above - 1);
  const auto width = static_cast<double>(above->score) - static_cast<double>(low.score);
  const double share = (static_cast<double>(score) - static_cast<double>(low.score)) / width;
  return static_cast<float>(static_cast<double>(low.probability) +
                            share * (static_cast<double>(above->probability) - static_cast<double>(low.probability)));
}

Result<void> check(const ScoreCalibration& calibration) {
  const auto wrong = [](const std::string& what) { return Error(ErrorCode::kCorrupt, "calibration: " + what); };
  if (!std::isfinite(calibration.slope) || !std::isfinite(calibration.offset)) {
    return wrong("slope and offset must be finite numbers");
  }
  if (calibration.kind == ScoreCalibration::Kind::kPlatt) return {};
  if (calibration.points.empty() || calibration.points.size() > kMostPoints) {
    return wrong("expected 1 to " + std::to_string(kMostPoints) + " points, found " +
                 std::to_string(calibration.points.size()));
  }
  for (size_t i = 0; i < calibration.points.size(); ++i) {
    const auto& point = calibration.points[i];
    if (!(point.probability >= 0 && point.probability <= 1) || !std::isfinite(point.score)) {
      return wrong("point " + std::to_string(i) + " is no score with a probability from 0 to 1");
    }
    if (i > 0 && !(point.score > calibration.points[i - 1].score)) {
      return wrong("the score of point " + std::to_string(i) + " is not above that of the one before");
    }
  }
  return {};
}

// Tensor `from`, and a node of that name, become `to`.
bool renameTensor(onnx::GraphProto& graph, const std::string& from, const std::string& to) {
  bool made = false;
  for (auto& node : *graph.mutable_node()) {
    if (node.name() == from) node.set_name(to);
    for (auto& output : *node.mutable_output()) {
      if (output != from) continue;
      output = to;
      made = true;
    }
    for (auto& input : *node.mutable_input()) {
      if (input == from) input = to;
    }
  }
  return made;
}

void addPlatt(GraphBuilder& builder, const ScoreCalibration& calibration, const std::string& input) {
  const auto number = [&](const std::string& name, double value) {
    return builder.constant("calibration_" + name, {}, std::vector<float>{static_cast<float>(value)});
  };
  const std::string least = number("least", kLeast);
  const std::string clipped = builder.node("Clip", {input, least, number("most", 1 - kLeast)}, "calibration_clipped");
  const std::string rest = builder.node("Sub", {number("one", 1), clipped}, "calibration_rest");
  const std::string odds = builder.node("Div", {clipped, rest}, "calibration_odds");
  const std::string logit = builder.node("Log", {odds}, "calibration_logit");
  const std::string scaled = builder.node("Mul", {logit, number("slope", calibration.slope)}, "calibration_scaled");
  const std::string shifted = builder.node("Add", {scaled, number("offset", calibration.offset)}, "calibration_sum");
  builder.node("Sigmoid", {shifted}, "scores");
}

// first + sum over pieces of rise * clip((score - begin) / width, 0, 1).
void addIsotonic(GraphBuilder& builder, const ScoreCalibration& calibration, const std::string& input) {
  std::vector<float> begin;
  std::vector<float> inverse;
  std::vector<float> rise;
  for (size_t i = 0; i + 1 < calibration.points.size(); ++i) {
    const auto& low = calibration.points[i];
    const auto& high = calibration.points[i + 1];
    if (high.probability == low.probability) continue;
    begin.push_back(low.score);
    inverse.push_back(1 / std::max(high.score - low.score, 1e-30F));
    rise.push_back(high.probability - low.probability);
  }
  if (begin.empty()) {  // flat: keep the shape of the input
    begin.push_back(0);
    inverse.push_back(1);
    rise.push_back(0);
  }
  const auto pieces = static_cast<int64_t>(begin.size());
  const auto scalar = [&](const std::string& name, float value) {
    return builder.constant("calibration_" + name, {}, std::vector<float>{value});
  };
  const std::string begins = builder.constant("calibration_begin", {1, pieces}, begin);
  const std::string inverses = builder.constant("calibration_inverse", {1, pieces}, inverse);
  const std::string rises = builder.constant("calibration_rise", {pieces, 1}, rise);
  const std::string distance = builder.node("Sub", {input, begins}, "calibration_distance");
  const std::string share = builder.node("Mul", {distance, inverses}, "calibration_share");
  const std::string zero = scalar("zero", 0);
  const std::string clipped = builder.node("Clip", {share, zero, scalar("one", 1)}, "calibration_clipped");
  const std::string sum = builder.node("MatMul", {clipped, rises}, "calibration_sum");
  builder.node("Add", {sum, scalar("first", calibration.points.front().probability)}, "scores");
}

}  // namespace

void ScoreCalibration::apply(std::span<float> scores) const {
  for (float& score : scores) {
    if (std::isnan(score)) continue;
    score = kind == Kind::kPlatt ? static_cast<float>(platt(*this, static_cast<double>(score)))
                                 : interpolate(points, score);
  }
}

ordered_json ScoreCalibration::toJson() const {
  if (kind == Kind::kPlatt) return {{"kind", "platt"}, {"slope", slope}, {"offset", offset}};
  ordered_json json = {
      {"kind", "isotonic"}, {"scores", ordered_json::array()}, {"probabilities", ordered_json::array()}};
  for (const auto& point : points) {
    json["scores"].push_back(point.score);
    json["probabilities"].push_back(point.probability);
  }
  return json;
}

Result<ScoreCalibration> ScoreCalibration::fromJson(const ordered_json& json) {
  try {
    ScoreCalibration calibration;
    const auto name = json.at("kind").get<std::string>();
    if (name != "platt" && name != "isotonic") {
      return Error(ErrorCode::kUnsupported, "calibration: kind '" + name + "' is unknown; there are: isotonic, platt");
    }
    calibration.kind = name == "platt" ? Kind::kPlatt : Kind::kIsotonic;
    if (calibration.kind == Kind::kPlatt) {
      calibration.slope = json.at("slope").get<double>();
      calibration.offset = json.at("offset").get<double>();
    } else {
      const auto scores = json.at("scores").get<std::vector<float>>();
      const auto probabilities = json.at("probabilities").get<std::vector<float>>();
      if (scores.size() != probabilities.size()) {
        return Error(ErrorCode::kCorrupt, "calibration: " + std::to_string(scores.size()) + " scores with " +
                                              std::to_string(probabilities.size()) + " probabilities");
      }
      for (size_t i = 0; i < scores.size(); ++i) calibration.points.push_back({scores[i], probabilities[i]});
    }
    MLAAS_CHECK(check(calibration));
    return calibration;
  } catch (const nlohmann::json::exception& error) {
    return Error(ErrorCode::kCorrupt, std::string("calibration: ") + error.what());
  }
}

Result<std::string> appendCalibration(const std::string& onnx, const ScoreCalibration& calibration) {
  MLAAS_CHECK(check(calibration));
  onnx::ModelProto model;
  if (!model.ParseFromString(onnx)) return Error(ErrorCode::kInternal, "the ONNX graph to calibrate cannot be parsed");
  const std::string raw = "uncalibrated_scores";
  if (!renameTensor(*model.mutable_graph(), "scores", raw)) {
    return Error(ErrorCode::kInternal, "the ONNX graph to calibrate makes no tensor 'scores'");
  }
  GraphBuilder builder(*model.mutable_graph());
  if (calibration.kind == ScoreCalibration::Kind::kPlatt) {
    addPlatt(builder, calibration, raw);
  } else {
    addIsotonic(builder, calibration, raw);
  }
  std::string bytes;
  if (!model.SerializeToString(&bytes)) return Error(ErrorCode::kInternal, "the calibrated graph cannot be serialised");
  return bytes;
}

}  // namespace mlaas::model
