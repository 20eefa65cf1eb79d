// Statistics as a table for people.
// Threads: any.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mlaas::command {

// `statistics` as ScanResult::toJson() gives them.
std::string describeStatistics(const nlohmann::ordered_json& statistics);

}  // namespace mlaas::command
