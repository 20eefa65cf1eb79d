#include "mlaas/train/neural/network_input.h"

#include "mlaas/model/pair_features.h"

namespace mlaas::train {

namespace {

model::Particle particleAt(const float* element, const std::vector<size_t>& kinematics) {
  const float mass = kinematics.size() > 3 ? element[kinematics[3]] : 0;
  return {.pt = element[kinematics[0]], .eta = element[kinematics[1]], .phi = element[kinematics[2]], .mass = mass};
}

void packPairs(const std::vector<size_t>& kinematics, const feature::GroupTensor& group, size_t rows,
               std::vector<float>& out) {
  out.clear();
  const auto columns = static_cast<size_t>(group.numColumns);
  std::vector<model::Particle> particles;
  for (size_t row = 0; row < rows; ++row) {
    const float* element = group.values.data() + group.firstElement(row) * columns;
    particles.clear();
    for (int32_t i = 0; i < group.count[row]; ++i, element += columns) {
      particles.push_back(particleAt(element, kinematics));
      for (const model::Particle& other : particles) {
        out.resize(out.size() + model::kNumPairFeatures);
        model::pairFeatures(particles.back(), other, out.data() + out.size() - model::kNumPairFeatures);
      }
    }
  }
}

}  // namespace

Result<NetworkInput> NetworkInput::make(const feature::FeatureSpec& spec, const dataset::Statistics& statistics,
                                        const std::vector<Scaling>& scalings) {
  size_t next = 0;
  const auto transforms = [&](const std::vector<dataset::FeatureStatistics>& features) {
    Result<std::vector<feature::Transform>> result = std::vector<feature::Transform>();
    for (const auto& one : features) {
      auto transform = transformOf(scalings[next++], one);
      if (!transform.ok()) return Result<std::vector<feature::Transform>>(std::move(transform).error());
      result->push_back(*std::move(transform));
    }
    return result;
  };
  NetworkInput input;
  MLAAS_TRY(input.scalars, transforms(statistics.scalars));
  std::vector<feature::RowScaler::Group> groups;
  for (size_t g = 0; g < statistics.groups.size(); ++g) {
    MLAAS_TRY(auto columns, transforms(statistics.groups[g]));
    groups.push_back({columns, spec.groups[g].length});
    input.groups.push_back(std::move(columns));
  }
  input.scaler = feature::RowScaler(input.scalars, groups);
  return input;
}

void NetworkInput::prepare(const model::Network& network, const feature::Tensors& tensors, NetworkRows& out) const {
  const auto rows = static_cast<size_t>(tensors.rows);
  out.rows = tensors.rows;
  if (network.has(model::NetworkOp::kFlat)) scaler.fill(tensors, out.flat);
  if (network.has(model::NetworkOp::kScalars)) scaler.fillScalars(tensors, out.scalars);
  if (!network.has(model::NetworkOp::kElements)) return;
  out.groups.resize(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    scaler.fillElements(tensors.groups[g], g, out.groups[g].elements);
    auto& offsets = out.groups[g].offsets;
    offsets.assign(1, 0);
    for (const int32_t count : tensors.groups[g].count) offsets.push_back(offsets.back() + count);
  }
  for (const auto& node : network.nodes()) {
    if (node.op != model::NetworkOp::kPairs) continue;
    packPairs(node.kinematics, tensors.groups[*node.group], rows, out.groups[*node.group].pairs);
  }
}

}  // namespace mlaas::train
