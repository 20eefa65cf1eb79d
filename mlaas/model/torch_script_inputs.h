// What the TorchScript method of a network begins with: its inputs, their fills, transforms and masks.
// Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/model/onnx_writer.h"
#include "mlaas/model/script_builder.h"

namespace mlaas::model {

// A group behind its preprocessing; the strings name variables.
struct ScriptGroup {
  int64_t length = 0;
  int64_t columns = 0;
  std::string count;   // [n]
  std::string mask;    // bool [n, length, 1]
  std::string raw;     // [n, length, columns], filled, not transformed, padding 0
  std::string values;  // [n, length, columns], padding 0
};

struct ScriptInputs {
  std::vector<std::string> arguments;  // of the method, behind self
  std::string scalars;                 // [n, S], empty where there are none
  std::vector<ScriptGroup> groups;
};

// Adds the method's first line and the statements up to the inputs of the network; `n` is the number of events.
ScriptInputs addScriptInputs(TorchScript& script, const NetworkGraph& graph);

}  // namespace mlaas::model
