#include "mlaas/model/onnx_inputs.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "mlaas/model/onnx_transforms.h"

namespace mlaas::model {

namespace {
constexpr int64_t kOpset = 17;
constexpr int64_t kIrVersion = 8;  // of ONNX 1.12
}  // namespace

void describeModel(onnx::ModelProto& model, const std::string& name, const std::string& producerVersion,
                   const feature::FeatureSpec& features) {
  model.set_ir_version(kIrVersion);
  model.set_producer_name("mlaas4hep");
  model.set_producer_version(producerVersion);
  model.add_opset_import()->set_version(kOpset);
  model.mutable_graph()->set_name(name);
  nlohmann::ordered_json names;
  if (!features.scalars.empty()) names["scalars"] = features.scalars;
  for (const auto& group : features.groups) names[group.name] = group.columns;
  auto* entry = model.add_metadata_props();
  entry->set_key("columns");
  entry->set_value(names.dump());
}

Result<void> checkFills(const feature::FeatureSpec& spec) {
  for (const auto& fill : spec.fills) {
    if (!std::isfinite(fill.value)) return Error(ErrorCode::kInternal, "the fill of '" + fill.column + "' is unknown");
  }
  return {};
}

OnnxGroup addGroupInput(GraphBuilder& builder, const feature::FeatureSpec& spec, const feature::JaggedGroup& group) {
  OnnxGroup result{.name = group.name, .length = group.length, .columns = static_cast<int64_t>(group.columns.size())};
  const std::string values = builder.input(group.name, ElementType::kFloat32, {-1, group.length, result.columns});
  const std::string count = builder.input(group.name + "_count", ElementType::kInt32, {-1});
  result.raw = addFills(builder, values, spec, group.columns);

  std::vector<int32_t> positions(static_cast<size_t>(group.length));
  for (size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<int32_t>(i);
  const std::string range = builder.constant(group.name + "_position", {1, group.length, 1}, positions);
  const std::string axes = builder.constant(group.name + "_count_axes", {2}, std::vector<int64_t>{1, 2});
  result.counts = builder.node("Unsqueeze", {count, axes}, group.name + "_counts");
  result.mask = builder.node("Less", {range, result.counts}, group.name + "_mask");
  return result;
}

}  // namespace mlaas::model
