// OpenVINO's core, and graphs compiled as all engines want them.
// Threads: any.
// Errors:  both throw what OpenVINO throws; openvinoReason makes one line of it.
#pragma once

#include <exception>
#include <memory>
#include <openvino/openvino.hpp>
#include <string>

namespace mlaas::infer {

// Making a core reads the plugin's library; engines share one for as long as any of them lives. It must outlive what it
// made.
std::shared_ptr<ov::Core> sharedOpenvinoCore();

// Runs in float32 and in the thread that calls: no pool of threads stands between a request and its answer.
ov::CompiledModel compileForCaller(ov::Core& core, const std::shared_ptr<const ov::Model>& graph);

// What went wrong, without the places in OpenVINO's source.
std::string openvinoReason(const std::exception& error);

}  // namespace mlaas::infer
