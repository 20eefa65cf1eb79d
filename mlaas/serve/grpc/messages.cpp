#include "mlaas/serve/grpc/messages.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace mlaas::serve {

namespace {

namespace pb = ::inference;
using infer::DataType;
using infer::Tensor;

constexpr size_t kQuoted = 200;
constexpr int kMostDimensions = 16;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }
Error fail(const Tensor& tensor, const std::string& message) {
  return invalid("input " + inQuotes(tensor.name) + " " + message);
}

std::optional<OipParameter> parameterFrom(const pb::InferParameter& value) {
  switch (value.parameter_choice_case()) {
    case pb::InferParameter::kBoolParam:
      return OipParameter(value.bool_param());
    case pb::InferParameter::kInt64Param:
      return OipParameter(value.int64_param());
    case pb::InferParameter::kUint64Param:
      return OipParameter(value.uint64_param());
    case pb::InferParameter::kDoubleParam:
      return OipParameter(value.double_param());
    case pb::InferParameter::kStringParam:
      return OipParameter(value.string_param());
    default:
      return std::nullopt;
  }
}

template <class Parameters, class Apply>
Result<void> eachParameter(const Parameters& parameters, Apply apply) {
  for (const auto& [name, value] : parameters) {
    if (const auto parameter = parameterFrom(value)) MLAAS_CHECK(apply(name, *parameter));
  }
  return {};
}

// Elements of a list as narrower numbers of the tensor's type.
template <class Value, class List>
Result<void> copyElements(const List& list, Tensor& tensor) {
  using Element = typename List::value_type;
  tensor.bytes.resize(static_cast<size_t>(list.size()) * sizeof(Value));
  if constexpr (std::is_same_v<Value, Element>) {
    std::copy_n(reinterpret_cast<const char*>(list.data()), tensor.bytes.size(), tensor.bytes.begin());
  } else {
    char* to = tensor.bytes.data();
    for (const Element element : list) {
      if (element < std::numeric_limits<Value>::min() || element > std::numeric_limits<Value>::max()) {
        return fail(tensor, "has the number " + std::to_string(element) + ", which is beyond the range of " +
                                std::string(infer::dataTypeName(tensor.type)));
      }
      const auto value = static_cast<Value>(element);
      to = std::copy_n(reinterpret_cast<const char*>(&value), sizeof(Value), to);
    }
  }
  return {};
}

Result<void> readContents(const pb::InferTensorContents& contents, Tensor& tensor) {
  switch (tensor.type) {
    case DataType::kBool:
      return copyElements<bool>(contents.bool_contents(), tensor);
    case DataType::kInt8:
      return copyElements<int8_t>(contents.int_contents(), tensor);
    case DataType::kInt16:
      return copyElements<int16_t>(contents.int_contents(), tensor);
    case DataType::kInt32:
      return copyElements<int32_t>(contents.int_contents(), tensor);
    case DataType::kInt64:
      return copyElements<int64_t>(contents.int64_contents(), tensor);
    case DataType::kUint8:
      return copyElements<uint8_t>(contents.uint_contents(), tensor);
    case DataType::kUint16:
      return copyElements<uint16_t>(contents.uint_contents(), tensor);
    case DataType::kUint32:
      return copyElements<uint32_t>(contents.uint_contents(), tensor);
    case DataType::kUint64:
      return copyElements<uint64_t>(contents.uint64_contents(), tensor);
    case DataType::kFp32:
      return copyElements<float>(contents.fp32_contents(), tensor);
    case DataType::kFp64:
      return copyElements<double>(contents.fp64_contents(), tensor);
    case DataType::kBytes:
      for (const auto& element : contents.bytes_contents()) infer::appendBytesElement(tensor.bytes, element);
      return {};
    default:
      return fail(tensor, "of " + std::string(infer::dataTypeName(tensor.type)) +
                              " has no typed contents; send raw_input_contents");
  }
}

// Reads the inputs; the raw contents belong to those that are not in shared memory, in their order.
class InputReader {
 public:
  InputReader(pb::ModelInferRequest& message, const OipTarget& target) : message_(message), target_(target) {}

  Result<Tensor> read(const pb::ModelInferRequest::InferInputTensor& input) {
    Tensor tensor;
    tensor.name = input.name();
    const auto type = infer::dataTypeFrom(input.datatype());
    if (!type) return fail(tensor, "has the unknown datatype " + inQuotes(input.datatype()));
    tensor.type = *type;
    if (input.shape_size() > kMostDimensions) {
      return fail(tensor, "has more than " + std::to_string(kMostDimensions) + " dimensions");
    }
    tensor.shape.assign(input.shape().begin(), input.shape().end());
    PlaceParameters places;
    MLAAS_CHECK(eachParameter(input.parameters(), [&](const auto& key, const auto& value) -> Result<void> {
      MLAAS_TRY([[maybe_unused]] const bool taken, places.take(key, value));
      return {};
    }));
    MLAAS_TRY(const auto place, places.place());
    if (place) {
      MLAAS_TRY(tensor.bytes, target_.memory.read(*place));
    } else if (message_.raw_input_contents_size() > 0) {
      MLAAS_CHECK(takeRaw(input, tensor));
    } else {
      MLAAS_CHECK(readContents(input.contents(), tensor));
    }
    MLAAS_CHECK(infer::checkTensor(tensor));
    const auto* spec = inputSpec(target_.model->signature(), tensor.name);
    if (spec != nullptr) MLAAS_CHECK(narrowTensor(tensor, spec->type));
    return tensor;
  }

  Result<void> checkEnd() const {
    if (next_ == message_.raw_input_contents_size()) return {};
    return invalid("the request has " + std::to_string(message_.raw_input_contents_size()) +
                   " raw_input_contents for " + std::to_string(next_) + " inputs that want them");
  }

 private:
  Result<void> takeRaw(const pb::ModelInferRequest::InferInputTensor& input, Tensor& tensor) {
    if (input.has_contents()) {
      return fail(tensor, "has contents, and the request has raw_input_contents; send one of them");
    }
    if (next_ == message_.raw_input_contents_size()) return fail(tensor, "has no entry in raw_input_contents");
    tensor.bytes = std::move(*message_.mutable_raw_input_contents(next_++));
    return {};
  }

  pb::ModelInferRequest& message_;
  const OipTarget& target_;
  int next_ = 0;
};

Result<OipWantedOutput> readWanted(const pb::ModelInferRequest::InferRequestedOutputTensor& wanted) {
  OipWantedOutput output{wanted.name()};
  PlaceParameters places;
  MLAAS_CHECK(eachParameter(wanted.parameters(), [&](const auto& key, const auto& value) -> Result<void> {
    MLAAS_TRY(const bool taken, places.take(key, value));
    return taken ? Result<void>() : applyParameter(output, key, value);
  }));
  MLAAS_TRY(output.place, places.place());
  return output;
}

}  // namespace

Result<OipInference> readGrpcRequest(pb::ModelInferRequest& message, const OipTarget& target) {
  OipInference inference;
  inference.id = message.id();
  inference.request.model = target.model;
  MLAAS_CHECK(eachParameter(message.parameters(), [&](const auto& name, const auto& value) {
    return applyParameter(inference, name, value, target.now);
  }));
  InputReader reader(message, target);
  for (const auto& input : message.inputs()) {
    MLAAS_TRY(auto tensor, reader.read(input));
    inference.request.inputs.push_back(std::move(tensor));
  }
  MLAAS_CHECK(reader.checkEnd());
  for (const auto& wanted : message.outputs()) {
    MLAAS_TRY(auto output, readWanted(wanted));
    inference.request.outputs.push_back(output.name);
    inference.outputs.push_back(std::move(output));
  }
  return inference;
}

void writeGrpcAnswer(const OipInference& inference, const ServedModel& model, std::vector<OipOutput> outputs,
                     pb::ModelInferResponse& message) {
  message.set_model_name(model.name());
  message.set_model_version(model.version());
  message.set_id(inference.id);
  for (auto& output : outputs) {
    auto& tensor = *message.add_outputs();
    tensor.set_name(output.tensor.name);
    tensor.set_datatype(std::string(infer::dataTypeName(output.tensor.type)));
    for (const int64_t dimension : output.tensor.shape) tensor.add_shape(dimension);
    *message.add_raw_output_contents() = std::move(output.tensor.bytes);
    if (const auto& place = output.wanted.place) {
      auto& parameters = *tensor.mutable_parameters();
      parameters["shared_memory_region"].set_string_param(place->region);
      parameters["shared_memory_byte_size"].set_int64_param(static_cast<int64_t>(output.placed));
      if (place->offset > 0) {
        parameters["shared_memory_offset"].set_int64_param(static_cast<int64_t>(place->offset));
      }
    }
  }
}

}  // namespace mlaas::serve
