// The pair features of pair_features.h as statements of TorchScript. Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/model/script_builder.h"

namespace mlaas::model {

// Of `particles` [n, length, columns]; gives a variable [n, length, length, 4]. Variables begin with _NAME.
std::string addScriptPairs(ScriptBuilder& builder, const std::string& particles, const std::vector<size_t>& kinematics,
                           const std::string& name);

}  // namespace mlaas::model
