// What every graph of a model begins with: its description, and inputs of raw physics values with their fills.
// Threads: functions of their arguments.
#pragma once

#include <string>

#include "mlaas/feature/feature_spec.h"
#include "mlaas/model/onnx_graph_builder.h"
#include "mlaas/model/onnx_network.h"

namespace onnx {
class ModelProto;
}

namespace mlaas::model {

// Versions, producer and name; the names of the features in the file itself, for whoever finds it without its bundle.
void describeModel(onnx::ModelProto& model, const std::string& name, const std::string& producerVersion,
                   const feature::FeatureSpec& features);

// kInternal where a fill is not known.
Result<void> checkFills(const feature::FeatureSpec& spec);

// The inputs NAME and NAME_count of a group: counts, mask and raw are set, values are not.
OnnxGroup addGroupInput(GraphBuilder& builder, const feature::FeatureSpec& spec, const feature::JaggedGroup& group);

}  // namespace mlaas::model
