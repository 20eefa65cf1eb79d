// The bytes of a TorchScript file, which torch.jit.load and torch::jit::load read: the same for the same script.
// Errors:  kInternal with libtorch's words.
// Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/model/torch_script.h"

namespace mlaas::train {

Result<std::string> torchScriptFile(const model::TorchScript& script);

// What the method of a file gives for `features`, whose groups are all of the method: fills `scores` with its values.
Result<void> runTorchScript(const std::string& bytes, const feature::Tensors& features, std::vector<float>& scores);

}  // namespace mlaas::train
