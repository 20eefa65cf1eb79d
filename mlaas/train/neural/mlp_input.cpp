#include "mlaas/train/neural/mlp_input.h"

namespace mlaas::train {

Result<MlpInput> MlpInput::make(const feature::FeatureSpec& spec, const dataset::Statistics& statistics,
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
  MlpInput input;
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

}  // namespace mlaas::train
