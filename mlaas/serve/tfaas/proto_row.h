// TFaaS's rows and answers as Protocol Buffers (tfaas.proto).
// Threads: functions of their arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

// A row that was read; what views would point to lies here.
struct ProtoRow {
  std::string model;
  std::vector<std::string> keys;
  std::vector<float> values;
};

// kInvalidArgument where `body` is not a Row, or has as many keys as it should not.
Result<ProtoRow> readProtoRow(std::string_view body);

// Predictions with a probability for each score; TFaaS leaves labels empty.
std::string writePredictions(std::span<const float> scores);

}  // namespace mlaas::serve
