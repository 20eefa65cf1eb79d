#include "mlaas/infer/openvino/openvino_core.h"

#include <mutex>
#include <sstream>

namespace mlaas::infer {

std::shared_ptr<ov::Core> sharedOpenvinoCore() {
  static std::mutex mutex;
  static std::weak_ptr<ov::Core> kept;
  std::lock_guard lock(mutex);
  auto core = kept.lock();
  if (!core) kept = core = std::make_shared<ov::Core>();
  return core;
}

ov::CompiledModel compileForCaller(ov::Core& core, const std::shared_ptr<const ov::Model>& graph) {
  return core.compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32),
                            ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY), ov::num_streams(0));
}

std::string openvinoReason(const std::exception& error) {
  constexpr size_t kLongest = 600;
  std::istringstream lines(error.what());
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool place = line.starts_with("Exception from ") || line.starts_with("Check '") ||
                       line.find_first_not_of(" \t\r") == std::string::npos;
    if (place) continue;
    text += (text.empty() ? "" : "; ") + line;
  }
  if (text.empty()) text = error.what();
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return "OpenVINO: " + text;
}

}  // namespace mlaas::infer
