#include "mlaas/client/tensor_message.h"

#include <nlohmann/json.hpp>

namespace mlaas::client {

namespace {

using Json = nlohmann::json;

// Calls function(Value{}) with the type of `datatype`; kUnsupported for those that have none in C++.
template <class Function>
Result<void> visitDatatype(const std::string& datatype, Function&& function) {
  const auto attempt = [&](auto zero) {
    if (datatype != datatypeOf<decltype(zero)>()) return false;
    function(zero);
    return true;
  };
  const bool known = attempt(bool{}) || attempt(uint8_t{}) || attempt(uint16_t{}) || attempt(uint32_t{}) ||
                     attempt(uint64_t{}) || attempt(int8_t{}) || attempt(int16_t{}) || attempt(int32_t{}) ||
                     attempt(int64_t{}) || attempt(float{}) || attempt(double{});
  if (known) return {};
  return Error(ErrorCode::kUnsupported, "tensors of " + datatype + " cannot be written as JSON here, and the server " +
                                            "does not take them in binary form");
}

Result<std::vector<Tensor>> decode(std::string_view body, std::optional<size_t> headerLength) {
  const size_t end = headerLength.value_or(body.size());
  if (end > body.size()) return Error(ErrorCode::kCorrupt, "the answer is shorter than its header says");
  const Json json = Json::parse(body.substr(0, end));
  size_t at = end;
  std::vector<Tensor> outputs;
  for (const Json& one : json.at("outputs")) {
    Tensor& tensor = outputs.emplace_back();
    tensor.name = one.at("name");
    tensor.datatype = one.at("datatype");
    tensor.shape = one.at("shape").get<std::vector<int64_t>>();
    const auto size = one.value("/parameters/binary_data_size"_json_pointer, Json());
    if (!size.is_null()) {
      const auto bytes = size.get<size_t>();
      if (bytes > body.size() - at) {
        return Error(ErrorCode::kCorrupt, "output '" + tensor.name + "' is cut short");
      }
      tensor.bytes = body.substr(at, bytes);
      at += bytes;
      continue;
    }
    MLAAS_CHECK(visitDatatype(tensor.datatype, [&](auto zero) {
      for (const Json& value : one.at("data")) {
        const auto number = value.get<decltype(zero)>();
        tensor.bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
      }
    }));
  }
  return outputs;
}

}  // namespace

Result<InferMessage> encodeInputs(std::span<const Tensor> inputs, std::span<const std::string> outputs, bool binary) {
  Json request;
  request["inputs"] = Json::array();
  for (const Tensor& tensor : inputs) {
    Json one = {{"name", tensor.name}, {"datatype", tensor.datatype}, {"shape", tensor.shape}};
    if (binary) {
      one["parameters"]["binary_data_size"] = tensor.bytes.size();
    } else {
      Json& data = one["data"] = Json::array();
      MLAAS_CHECK(visitDatatype(tensor.datatype, [&](auto zero) {
        for (const auto value : tensor.as<decltype(zero)>()) data.push_back(value);
      }));
    }
    request["inputs"].push_back(std::move(one));
  }
  for (const std::string& name : outputs) request["outputs"].push_back({{"name", name}});
  if (binary) request["parameters"]["binary_data_output"] = true;
  InferMessage message;
  try {
    message.body = request.dump();
  } catch (const Json::exception& error) {
    return Error(ErrorCode::kInvalidArgument, std::string("the names of tensors are not UTF-8: ") + error.what());
  }
  message.headerLength = message.body.size();
  for (const Tensor& tensor : inputs) {
    if (binary) message.body += tensor.bytes;
  }
  return message;
}

Result<std::vector<Tensor>> decodeOutputs(std::string_view body, std::optional<size_t> headerLength) {
  try {
    return decode(body, headerLength);
  } catch (const Json::exception& error) {
    return Error(ErrorCode::kCorrupt,
                 std::string("the answer is none of the Open Inference Protocol: ") + error.what());
  }
}

}  // namespace mlaas::client
