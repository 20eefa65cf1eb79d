// Collects the statements of a TorchScript method and the tensors that they name.
// Threads: one at a time.
#pragma once

#include <charconv>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/model/torch_script.h"

namespace mlaas::model {

class ScriptBuilder {
 public:
  explicit ScriptBuilder(TorchScript& script) : script_(script) {}

  // Adds `name = expression`; gives the name.
  std::string let(const std::string& name, const std::string& expression) {
    script_.source += "  " + name + " = " + expression + "\n";
    return name;
  }
  // Adds an attribute; gives the expression that reads it.
  std::string tensor(const std::string& name, ScriptTensor::Kind kind, std::vector<int64_t> shape,
                     std::vector<float> values) {
    script_.tensors.push_back({name, kind, std::move(shape), std::move(values)});
    return "self." + name;
  }
  std::string constant(const std::string& name, std::vector<int64_t> shape, std::vector<float> values) {
    return tensor(name, ScriptTensor::Kind::kConstant, std::move(shape), std::move(values));
  }

  // The shortest text that reads as the same number.
  static std::string number(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    std::string result(text, end);
    return result.find_first_of(".e") == std::string::npos ? result + ".0" : result;
  }
  // "a, b, c"
  static std::string list(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
  }
  static std::string call(const std::string& function, const std::vector<std::string>& arguments) {
    return "torch." + function + "(" + list(arguments) + ")";
  }
  // `value` in the shape of these sizes, some of which are names.
  static std::string reshape(const std::string& value, const std::vector<std::string>& sizes) {
    return call("reshape", {value, "[" + list(sizes) + "]"});
  }

 private:
  TorchScript& script_;
};

}  // namespace mlaas::model
