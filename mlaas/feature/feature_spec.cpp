#include "mlaas/feature/feature_spec.h"

namespace mlaas::feature {

std::vector<std::string> FeatureSpec::flatNames() const {
  std::vector<std::string> names = scalars;
  for (const JaggedGroup& group : groups) {
    for (int64_t element = 0; element < group.length; ++element) {
      for (const std::string& column : group.columns) names.push_back(column + "[" + std::to_string(element) + "]");
    }
    names.push_back(group.name + "_count");
  }
  return names;
}

int64_t FeatureSpec::flatWidth() const {
  auto width = static_cast<int64_t>(scalars.size());
  for (const JaggedGroup& group : groups) width += group.length * static_cast<int64_t>(group.columns.size()) + 1;
  return width;
}

}  // namespace mlaas::feature
