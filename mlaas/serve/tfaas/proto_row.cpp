#include "mlaas/serve/tfaas/proto_row.h"

#include <cmath>

#include "mlaas/serve/tfaas/tfaas.pb.h"

namespace mlaas::serve {

Result<ProtoRow> readProtoRow(std::string_view body) {
  tfaaspb::Row message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Error(ErrorCode::kInvalidArgument,
                 "the body is not a protobuf message Row {repeated string key = 1; repeated float value = 2; "
                 "string model = 3}");
  }
  if (message.key_size() != 0 && message.key_size() != message.value_size()) {
    return Error(ErrorCode::kInvalidArgument, "the row has " + std::to_string(message.key_size()) + " keys and " +
                                                  std::to_string(message.value_size()) + " values");
  }
  for (int i = 0; i < message.value_size(); ++i) {
    if (std::isfinite(message.value(i))) continue;
    return Error(ErrorCode::kInvalidArgument, "value " + std::to_string(i) + " is not a finite number");
  }
  ProtoRow row{std::move(*message.mutable_model()), {}, {message.value().begin(), message.value().end()}};
  row.keys.assign(message.key().begin(), message.key().end());
  return row;
}

std::string writePredictions(std::span<const float> scores) {
  tfaaspb::Predictions message;
  for (const float score : scores) message.add_prediction()->set_probability(score);
  return message.SerializeAsString();
}

}  // namespace mlaas::serve
