#include "mlaas/train/neural/network_model.h"

#include "mlaas/model/torch_script.h"
#include "mlaas/train/neural/torch_script_file.h"

namespace mlaas::train {

Result<void> NetworkModel::score(const feature::Tensors& features, std::vector<float>& scores) {
  input_.prepare(network_.network(), features, rows_);
  return network_.score(rows_, scores);
}

model::NetworkGraph NetworkModel::graph() const {
  model::NetworkGraph graph;
  graph.name = options_.kind;
  graph.features = features_;
  graph.scalars = input_.scalars;
  graph.groups = input_.groups;
  graph.network = network_.network();
  const auto weights = network_.weights();
  const auto running = network_.running();
  graph.weights.assign(weights.begin(), weights.end());
  graph.running.assign(running.begin(), running.end());
  return graph;
}

Result<std::string> NetworkModel::serialise() const { return model::writeOnnx(graph()); }

Result<std::vector<ModelFile>> NetworkModel::scriptOf(const model::ScoreCalibration* calibration) const {
  MLAAS_TRY(const model::TorchScript script, model::writeTorchScript(graph(), calibration));
  MLAAS_TRY(std::string bytes, torchScriptFile(script));
  return std::vector<ModelFile>{{"model.pt", std::move(bytes)}};
}

nlohmann::ordered_json NetworkModel::description() const {
  nlohmann::ordered_json json;
  json["kind"] = options_.kind;
  json["inputs"] = input_.width();
  json["parameters"] = network_.network().numWeights();
  json["options"] = options_.toJson();
  json["library"] = "libtorch " + torchVersion();
  return json;
}

}  // namespace mlaas::train
