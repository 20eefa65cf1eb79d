#include "mlaas/model/onnx_transforms.h"

#include <algorithm>

namespace mlaas::model {

namespace {

using feature::Transform;

int64_t widthOf(const auto& list) { return static_cast<int64_t>(list.size()); }

// sign(x) * log(1 + |x|) of the columns that want it.
std::string addLogarithms(GraphBuilder& builder, const std::string& input, const std::string& name,
                          const std::vector<Transform>& transforms) {
  std::vector<bool> wanted;
  for (const Transform& transform : transforms) wanted.push_back(transform.logarithm);
  if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return input;
  const std::string one = builder.constant(name + "_log_one", {}, std::vector<float>{1.0F});
  const std::string size = builder.node("Abs", {input}, name + "_abs");
  const std::string shifted = builder.node("Add", {size, one}, name + "_abs_plus_one");
  const std::string logarithm = builder.node("Log", {shifted}, name + "_log_abs");
  const std::string sign = builder.node("Sign", {input}, name + "_sign");
  const std::string signedLog = builder.node("Mul", {logarithm, sign}, name + "_log");
  const std::string columns = builder.constant(name + "_log_columns", {widthOf(transforms)}, wanted);
  return builder.node("Where", {columns, signedLog, input}, name + "_or_log");
}

// (x - mean) * inverseScale; of curves, which stand without their first value, x + first.
std::string addStandardisation(GraphBuilder& builder, const std::string& input, const std::string& name,
                               const std::vector<Transform>& transforms) {
  std::vector<float> mean;
  std::vector<float> scale;
  for (const Transform& transform : transforms) {
    mean.push_back(transform.knots.empty() ? transform.mean : -transform.knots.front().y);
    scale.push_back(transform.knots.empty() ? transform.inverseScale : 1);
  }
  const std::string means = builder.constant(name + "_mean", {widthOf(transforms)}, mean);
  const std::string scales = builder.constant(name + "_inverse_scale", {widthOf(transforms)}, scale);
  const std::string centred = builder.node("Sub", {input, means}, name + "_centred");
  return builder.node("Mul", {centred, scales}, name + "_standardised");
}

// The pieces of the curves of some columns, [columns, pieces]; curves of fewer pieces end in flat ones.
struct Pieces {
  std::vector<int64_t> shape;
  std::vector<float> start, inverseWidth, rise;
};

Pieces piecesOf(const std::vector<Transform>& transforms, const std::vector<int64_t>& columns) {
  size_t most = 1;
  for (const int64_t column : columns) most = std::max(most, transforms[static_cast<size_t>(column)].knots.size() - 1);
  Pieces pieces;
  pieces.shape = {widthOf(columns), static_cast<int64_t>(most)};
  for (const int64_t column : columns) {
    const auto& knots = transforms[static_cast<size_t>(column)].knots;
    for (size_t i = 0; i < most; ++i) {
      const bool real = i + 1 < knots.size();
      pieces.start.push_back(real ? knots[i].x : knots.back().x);
      pieces.inverseWidth.push_back(real ? 1 / (knots[i + 1].x - knots[i].x) : 1);
      pieces.rise.push_back(real ? knots[i + 1].y - knots[i].y : 0);
    }
  }
  return pieces;
}

// The curves of `columns` of `input` without their first values, in their order.
std::string addCurves(GraphBuilder& builder, const std::string& input, const std::string& name,
                      const std::vector<Transform>& transforms, const std::vector<int64_t>& columns) {
  const Pieces pieces = piecesOf(transforms, columns);
  const std::string taken = builder.node(
      "Gather", {input, builder.constant(name + "_curve_columns", {widthOf(columns)}, columns)}, name + "_curve_x");
  builder.attribute("axis", int64_t{-1});
  const std::string last = builder.constant(name + "_curve_axis", {1}, std::vector<int64_t>{-1});
  const std::string wide = builder.node("Unsqueeze", {taken, last}, name + "_curve_x_wide");
  const std::string starts = builder.constant(name + "_curve_start", pieces.shape, pieces.start);
  const std::string widths = builder.constant(name + "_curve_inverse_width", pieces.shape, pieces.inverseWidth);
  const std::string rises = builder.constant(name + "_curve_rise", pieces.shape, pieces.rise);
  const std::string zero = builder.constant(name + "_curve_zero", {}, std::vector<float>{0.0F});
  const std::string one = builder.constant(name + "_curve_one", {}, std::vector<float>{1.0F});
  const std::string moved = builder.node("Sub", {wide, starts}, name + "_curve_moved");
  const std::string scaled = builder.node("Mul", {moved, widths}, name + "_curve_scaled");
  const std::string clipped = builder.node("Clip", {scaled, zero, one}, name + "_curve_clipped");
  const std::string risen = builder.node("Mul", {clipped, rises}, name + "_curve_risen");
  const std::string curves = builder.node("ReduceSum", {risen, last}, name + "_curves");
  builder.attribute("keepdims", int64_t{0});
  return curves;
}

// `input` with curves in the place of the columns that have one.
// The first values of curves are added behind the concatenation: OpenVINO 2026.4 fuses a sum over an axis with an
// addition that follows it, and adds the wrong columns' numbers.
std::string placeCurves(GraphBuilder& builder, const std::string& input, const std::string& present,
                        const std::string& name, const std::vector<Transform>& transforms) {
  std::vector<int64_t> curved;
  std::vector<int64_t> sources;  // of each column among those of `input` followed by the curves
  for (size_t i = 0; i < transforms.size(); ++i) {
    const auto column = static_cast<int64_t>(i);
    sources.push_back(transforms[i].knots.empty() ? column : widthOf(transforms) + widthOf(curved));
    if (!transforms[i].knots.empty()) curved.push_back(column);
  }
  if (curved.empty()) return input;
  const std::string curves = addCurves(builder, present, name, transforms, curved);
  const std::string both = builder.node("Concat", {input, curves}, name + "_and_curves");
  builder.attribute("axis", int64_t{-1});
  const std::string order = builder.constant(name + "_order", {widthOf(transforms)}, sources);
  const std::string placed = builder.node("Gather", {both, order}, name + "_with_curves");
  builder.attribute("axis", int64_t{-1});
  return placed;
}

}  // namespace

std::string addFills(GraphBuilder& builder, const std::string& input, const feature::FeatureSpec& spec,
                     const std::vector<std::string>& columns) {
  std::vector<float> values(columns.size());
  std::vector<bool> filled(columns.size());
  std::vector<bool> infinite(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const feature::Fill* fill = spec.fillOf(columns[i]);
    if (fill == nullptr) continue;
    values[i] = fill->value;
    filled[i] = true;
    infinite[i] = fill->infinite;
  }
  if (std::find(filled.begin(), filled.end(), true) == filled.end()) return input;
  const std::vector<int64_t> shape = {widthOf(columns)};
  const std::string nan = builder.node("IsNaN", {input}, input + "_is_nan");
  std::string missing =
      builder.node("And", {nan, builder.constant(input + "_filled_columns", shape, filled)}, input + "_missing");
  if (std::find(infinite.begin(), infinite.end(), true) != infinite.end()) {
    const std::string isInfinite = builder.node("IsInf", {input}, input + "_is_infinite");
    const std::string columnsOf = builder.constant(input + "_infinite_columns", shape, infinite);
    const std::string counted = builder.node("And", {isInfinite, columnsOf}, input + "_missing_infinite");
    missing = builder.node("Or", {missing, counted}, input + "_missing_any");
  }
  const std::string fills = builder.constant(input + "_fill", shape, values);
  return builder.node("Where", {missing, fills, input}, input + "_present");
}

std::string addTransforms(GraphBuilder& builder, const std::string& input, const std::string& present,
                          const std::vector<Transform>& transforms) {
  const std::string logarithms = addLogarithms(builder, present, input, transforms);
  const std::string placed = placeCurves(builder, logarithms, present, input, transforms);
  return addStandardisation(builder, placed, input, transforms);
}

}  // namespace mlaas::model
