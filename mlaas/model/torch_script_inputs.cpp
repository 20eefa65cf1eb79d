#include "mlaas/model/torch_script_inputs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace mlaas::model {

namespace {

using feature::Transform;

int64_t sizeOf(const auto& list) { return static_cast<int64_t>(list.size()); }

// Words of the language, and what the method calls its own.
bool isTaken(const std::string& name) {
  static constexpr std::array<std::string_view, 40> kWords = {
      "False",  "None",  "True", "and",    "as",       "assert",  "async", "await",   "break",  "class",
      "def",    "del",   "elif", "else",   "except",   "finally", "for",   "from",    "global", "if",
      "import", "in",    "is",   "lambda", "nonlocal", "not",     "or",    "pass",    "raise",  "return",
      "try",    "while", "with", "yield",  "continue", "self",    "torch", "scalars", "scores", "n"};
  return name.starts_with("group") || std::find(kWords.begin(), kWords.end(), name) != kWords.end();
}

std::string argumentName(const std::string& name, size_t index) {
  const auto isWord = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  const bool isName = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
                      std::all_of(name.begin(), name.end(), isWord);
  // Names that begin with an underscore are those of the statements.
  return isName && !isTaken(name) && name.front() != '_' ? name : "group" + std::to_string(index);
}

std::string addFills(ScriptBuilder& builder, const std::string& input, const std::string& name,
                     const feature::FeatureSpec& spec, const std::vector<std::string>& columns) {
  std::vector<float> values(columns.size());
  std::vector<float> filled(columns.size());
  std::vector<float> infinite(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const feature::Fill* fill = spec.fillOf(columns[i]);
    if (fill == nullptr) continue;
    values[i] = fill->value;
    filled[i] = 1;
    infinite[i] = fill->infinite ? 1 : 0;
  }
  if (std::find(filled.begin(), filled.end(), 1.0F) == filled.end()) return input;
  std::string missing =
      "torch.isnan(" + input + ") & (" + builder.constant(name + "_filled", {sizeOf(columns)}, filled) + " > 0)";
  if (std::find(infinite.begin(), infinite.end(), 1.0F) != infinite.end()) {
    missing = "(" + missing + ") | (torch.isinf(" + input + ") & (" +
              builder.constant(name + "_infinite", {sizeOf(columns)}, infinite) + " > 0))";
  }
  const std::string fills = builder.constant(name + "_fill", {sizeOf(columns)}, values);
  return builder.let("_" + name + "_present", "torch.where(" + missing + ", " + fills + ", " + input + ")");
}

// The curves of `columns` without their first values; a curve of fewer pieces ends in flat ones.
std::string addCurves(ScriptBuilder& builder, const std::string& input, const std::string& name,
                      const std::vector<Transform>& transforms, const std::vector<float>& columns) {
  size_t most = 1;
  for (const float column : columns) most = std::max(most, transforms[static_cast<size_t>(column)].knots.size() - 1);
  std::vector<float> start;
  std::vector<float> inverseWidth;
  std::vector<float> rise;
  for (const float column : columns) {
    const auto& knots = transforms[static_cast<size_t>(column)].knots;
    for (size_t i = 0; i < most; ++i) {
      const bool real = i + 1 < knots.size();
      start.push_back(real ? knots[i].x : knots.back().x);
      inverseWidth.push_back(real ? 1 / (knots[i + 1].x - knots[i].x) : 1);
      rise.push_back(real ? knots[i + 1].y - knots[i].y : 0);
    }
  }
  const std::vector<int64_t> shape = {sizeOf(columns), static_cast<int64_t>(most)};
  const std::string index =
      builder.tensor(name + "_curve_columns", ScriptTensor::Kind::kIndex, {sizeOf(columns)}, columns);
  const std::string wide = "torch.unsqueeze(torch.index_select(" + input + ", -1, " + index + "), -1)";
  const std::string starts = builder.constant(name + "_curve_start", shape, start);
  const std::string widths = builder.constant(name + "_curve_inverse_width", shape, inverseWidth);
  const std::string rises = builder.constant(name + "_curve_rise", shape, rise);
  return builder.let("_" + name + "_curves", "torch.sum(torch.clamp((" + wide + " - " + starts + ") * " + widths +
                                                 ", 0, 1) * " + rises + ", [-1])");
}

// As addTransforms() of onnx_transforms.h.
std::string addTransforms(ScriptBuilder& builder, const std::string& present, const std::string& name,
                          const std::vector<Transform>& transforms) {
  const int64_t width = sizeOf(transforms);
  std::vector<float> logarithms;
  std::vector<float> means;
  std::vector<float> scales;
  std::vector<float> curved;
  std::vector<float> order;
  for (size_t i = 0; i < transforms.size(); ++i) {
    const Transform& transform = transforms[i];
    const bool isCurve = !transform.knots.empty();
    logarithms.push_back(transform.logarithm ? 1 : 0);
    means.push_back(isCurve ? -transform.knots.front().y : transform.mean);
    scales.push_back(isCurve ? 1 : transform.inverseScale);
    order.push_back(static_cast<float>(isCurve ? transforms.size() + curved.size() : i));
    if (isCurve) curved.push_back(static_cast<float>(i));
  }
  std::string x = present;
  if (std::find(logarithms.begin(), logarithms.end(), 1.0F) != logarithms.end()) {
    const std::string wanted = builder.constant(name + "_log", {width}, logarithms);
    x = builder.let("_" + name + "_log", "torch.where(" + wanted + " > 0, torch.log(torch.abs(" + x +
                                             ") + 1) * torch.sign(" + x + "), " + x + ")");
  }
  if (!curved.empty()) {
    const std::string curves = addCurves(builder, present, name, transforms, curved);
    const std::string index = builder.tensor(name + "_order", ScriptTensor::Kind::kIndex, {width}, order);
    x = builder.let("_" + name + "_placed",
                    "torch.index_select(torch.cat([" + x + ", " + curves + "], -1), -1, " + index + ")");
  }
  const std::string mean = builder.constant(name + "_mean", {width}, means);
  const std::string scale = builder.constant(name + "_inverse_scale", {width}, scales);
  return builder.let("_" + name + "_scaled", "(" + x + " - " + mean + ") * " + scale);
}

ScriptGroup addGroup(ScriptBuilder& builder, const NetworkGraph& graph, size_t index, const std::string& name) {
  const auto& group = graph.features.groups[index];
  ScriptGroup result;
  result.length = group.length;
  result.columns = sizeOf(group.columns);
  result.count = name + "_count";
  std::vector<float> positions;
  for (int64_t i = 0; i < group.length; ++i) positions.push_back(static_cast<float>(i));
  const std::string range = builder.constant(name + "_position", {1, group.length, 1}, positions);
  result.mask = builder.let("_" + name + "_mask", range + " < torch.reshape(" + result.count + ", [-1, 1, 1])");
  const std::string absent = builder.let("_" + name + "_absent", "torch.logical_not(" + result.mask + ")");
  const std::string filled = addFills(builder, name, name, graph.features, group.columns);
  result.raw = builder.let("_" + name + "_raw", "torch.masked_fill(" + filled + ", " + absent + ", 0.0)");
  const std::string scaled = addTransforms(builder, result.raw, name, graph.groups[index]);
  result.values = builder.let("_" + name + "_values", "torch.masked_fill(" + scaled + ", " + absent + ", 0.0)");
  return result;
}

}  // namespace

ScriptInputs addScriptInputs(TorchScript& script, const NetworkGraph& graph) {
  ScriptInputs inputs;
  std::vector<std::string> names;
  for (size_t i = 0; i < graph.groups.size(); ++i) names.push_back(argumentName(graph.features.groups[i].name, i));
  if (!graph.scalars.empty()) inputs.arguments.push_back("scalars");
  for (const std::string& name : names) inputs.arguments.insert(inputs.arguments.end(), {name, name + "_count"});
  std::vector<std::string> declared = {"self"};
  for (const std::string& argument : inputs.arguments) declared.push_back(argument + ": Tensor");
  script.source = "def forward(" + ScriptBuilder::list(declared) + ") -> Tensor:\n";

  ScriptBuilder builder(script);
  builder.let("n", inputs.arguments.front() + ".size(0)");
  if (!graph.scalars.empty()) {
    const std::string present = addFills(builder, "scalars", "scalars", graph.features, graph.features.scalars);
    inputs.scalars = addTransforms(builder, present, "scalars", graph.scalars);
  }
  for (size_t i = 0; i < names.size(); ++i) inputs.groups.push_back(addGroup(builder, graph, i, names[i]));
  return inputs;
}

}  // namespace mlaas::model
