// The answers about server, models and repository as JSON, as KServe and Triton write them over REST.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/serve/oip/service.h"

namespace mlaas::serve {

std::string serverDocument(const OipService& service);
std::string modelDocument(const OipService& service, const ServedModel& model);
// As Triton's model configuration: max_batch_size 0 where the model does not batch.
std::string configDocument(const ServedModel& model);
std::string statisticsDocument(const std::vector<ModelPointer>& models);
std::string indexDocument(const std::vector<ModelState>& states);
std::string settingsDocument(const std::vector<OipSetting>& settings);
std::string regionsDocument(const std::vector<SharedRegion>& regions);

// Milliseconds since the epoch.
uint64_t milliseconds(std::chrono::system_clock::time_point time);
// Nanoseconds; 0 where negative.
uint64_t nanoseconds(std::chrono::nanoseconds duration);
// "TYPE_FP32"; Triton's configuration calls BYTES a string.
std::string configTypeName(infer::DataType type);

}  // namespace mlaas::serve
