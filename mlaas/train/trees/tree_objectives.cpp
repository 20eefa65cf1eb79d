#include "mlaas/train/trees/tree_objectives.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace mlaas::train {

namespace {

struct TargetObjective {
  std::string_view name;
  bool severalTargets;
};
constexpr std::array kOfTargets = {
    TargetObjective{"reg:squarederror", true},  TargetObjective{"reg:squaredlogerror", true},
    TargetObjective{"reg:logistic", true},      TargetObjective{"reg:pseudohubererror", true},
    TargetObjective{"reg:absoluteerror", true}, TargetObjective{"reg:gamma", false},
    TargetObjective{"reg:tweedie", false},      TargetObjective{"count:poisson", false},
};

// Names, or the beginnings of names, of objectives that are not for a workflow.
struct Refused {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array kRefused = {
    Refused{"binary:logitraw", "it has the trees of binary:logistic, whose score is a probability"},
    Refused{"binary:hinge", "it gives 0 or 1, where binary:logistic gives a probability to cut on"},
    Refused{"multi:softmax", "it gives a class alone; multi:softprob has the same trees and a score for each class"},
    Refused{"reg:linear", "it is an old name of reg:squarederror"},
    Refused{"rank:", "it orders the members of groups, which events are not"},
    Refused{"survival:", "it is about times that are not known to the end, which a dataset does not have"},
};

std::vector<std::string> allowed(const ClassTable& classes) {
  if (!classes.predictsTargets()) return {classes.isBinary() ? "binary:logistic" : "multi:softprob"};
  std::vector<std::string> names;
  for (const TargetObjective& one : kOfTargets) {
    if (one.severalTargets || classes.targets.size() == 1) names.emplace_back(one.name);
  }
  return names;
}

}  // namespace

std::string readObjective(OptionReader& model, const ClassTable& classes) {
  const std::vector<std::string> names = allowed(classes);
  const auto given = model.value("objective");
  if (given.is_string()) {
    const auto name = given.get<std::string>();
    for (const Refused& one : kRefused) {
      if (name.starts_with(one.name)) model.reject("objective", "not '" + name + "': " + std::string(one.reason));
    }
    if (classes.targets.size() > 1 && std::ranges::find(kOfTargets, name, &TargetObjective::name) != kOfTargets.end() &&
        std::ranges::find(names, name) == names.end()) {
      model.reject("objective", "'" + name + "' is for one target, but dataset.targets has " +
                                    std::to_string(classes.targets.size()));
    }
  }
  return model.choice("objective", names.front(), names);
}

}  // namespace mlaas::train
