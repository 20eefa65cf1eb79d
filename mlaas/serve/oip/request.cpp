#include "mlaas/serve/oip/request.h"

#include <charconv>

#include "mlaas/base/nearest_name.h"
#include "mlaas/serve/oip/json_tensor.h"

namespace mlaas::serve {

namespace {

using infer::DataType;
using infer::Tensor;
using infer::TensorSpec;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr size_t kQuoted = 200;
constexpr size_t kMostDimensions = 16;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

// Nothing for lists, objects and null: no parameter that means something here has such a value.
std::optional<OipParameter> parameterFrom(const element& value) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) return OipParameter(flag);
  int64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return OipParameter(number);
  uint64_t plain = 0;
  if (value.get(plain) == simdjson::SUCCESS) return OipParameter(plain);
  double real = 0;
  if (value.get(real) == simdjson::SUCCESS) return OipParameter(real);
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return OipParameter(std::string(text));
  return std::nullopt;
}

// Calls `apply(name, value)` for each member of the object's "parameters".
template <class Apply>
Result<void> eachParameter(const object& json, const std::string& where, Apply apply) {
  element given;
  if (json["parameters"].get(given) != simdjson::SUCCESS || given.is_null()) return {};
  object parameters;
  if (given.get(parameters) != simdjson::SUCCESS) {
    return invalid("\"parameters\" of " + where + " is " + std::string(jsonKind(given)) + ", expected an object");
  }
  for (const auto& [name, value] : parameters) {
    if (const auto parameter = parameterFrom(value)) MLAAS_CHECK(apply(name, *parameter));
  }
  return {};
}

// Where a null is a missing value: in the columns of a bundle's input that have a fill.
NullAllowed nullsOf(const ServedModel& model, std::string_view input) {
  if (model.bundle() == nullptr) return {};
  const auto& features = model.bundle()->features;
  const auto* columns = input == "scalars" || model.signature().inputs.size() == 1 ? &features.scalars : nullptr;
  for (const auto& group : features.groups) {
    if (group.name == input) columns = &group.columns;
  }
  if (columns == nullptr || features.fills.empty()) return {};
  return [columns, &features](size_t column) {
    return column < columns->size() && features.fillOf((*columns)[column]) != nullptr;
  };
}

// Reads the inputs; the bytes behind the JSON belong to them in their order.
class InputReader {
 public:
  InputReader(std::string_view bytes, const OipTarget& target) : bytes_(bytes), target_(target) {}

  Result<Tensor> read(const element& item) {
    object json;
    std::string_view name;
    if (item.get(json) != simdjson::SUCCESS || json["name"].get(name) != simdjson::SUCCESS) {
      return invalid("an element of \"inputs\" is not an object with a \"name\"");
    }
    Tensor tensor;
    tensor.name = std::string(name);
    const auto* spec = inputSpec(target_.model->signature(), name);
    MLAAS_CHECK(readType(json, spec, tensor));
    MLAAS_CHECK(readShape(json, tensor));
    if (spec != nullptr) MLAAS_CHECK(checkShape(*spec, tensor));
    std::optional<uint64_t> size;
    PlaceParameters places;
    MLAAS_CHECK(eachParameter(json, "input " + inQuotes(name), [&](auto key, const auto& value) -> Result<void> {
      if (key == "binary_data_size") return readSize(tensor, value, size);
      MLAAS_TRY([[maybe_unused]] const bool taken, places.take(key, value));
      return {};
    }));
    MLAAS_TRY(const auto place, places.place());
    if (place) {
      MLAAS_TRY(tensor.bytes, target_.memory.read(*place));
    } else if (size) {
      MLAAS_TRY(tensor.bytes, takeBytes(tensor, *size));
    } else {
      return readData(json, spec, std::move(tensor));
    }
    MLAAS_CHECK(infer::checkTensor(tensor));
    if (spec != nullptr) MLAAS_CHECK(narrowTensor(tensor, spec->type));
    return tensor;
  }

  Result<void> checkEnd() const {
    if (bytes_.empty()) return {};
    return invalid(std::to_string(bytes_.size()) +
                   " bytes behind the JSON belong to no input; check each \"binary_data_size\"");
  }

 private:
  static Error fail(const Tensor& tensor, const std::string& message) {
    return invalid("input " + inQuotes(tensor.name) + " " + message);
  }

  static bool narrows(DataType from, DataType to) {
    return (from == DataType::kFp64 && to == DataType::kFp32) || (from == DataType::kInt64 && to == DataType::kInt32);
  }

  static Result<void> readType(const object& json, const TensorSpec* spec, Tensor& tensor) {
    std::string_view name;
    if (json["datatype"].get(name) != simdjson::SUCCESS) return fail(tensor, "has no \"datatype\"");
    const auto type = infer::dataTypeFrom(name);
    const bool fits = type && (spec == nullptr || *type == spec->type || narrows(*type, spec->type));
    if (!fits) {
      const auto expected =
          spec == nullptr ? "one such as FP32 or INT32" : std::string(infer::dataTypeName(spec->type));
      return fail(tensor, "has datatype " + inQuotes(name) + ", expected " + expected);
    }
    tensor.type = *type;
    return {};
  }

  static Result<void> readShape(const object& json, Tensor& tensor) {
    array list;
    if (json["shape"].get(list) != simdjson::SUCCESS) return fail(tensor, "has no list \"shape\"");
    for (const element& item : list) {
      int64_t dimension = 0;
      if (item.get(dimension) != simdjson::SUCCESS || dimension < 0 || tensor.shape.size() == kMostDimensions) {
        return fail(tensor, "has a \"shape\" that is not a list of at most " + std::to_string(kMostDimensions) +
                                " numbers from 0 on");
      }
      tensor.shape.push_back(dimension);
    }
    return {};
  }

  // Before the data are read: a shape that the model does not take is the better message.
  Result<void> checkShape(const TensorSpec& spec, const Tensor& tensor) const {
    const bool batched = target_.model->signature().batched;
    const bool column = batched && spec.dimensions.empty() && tensor.shape.size() == 2 && tensor.shape[1] == 1;
    if (column || infer::shapeFits(spec, batched, tensor.shape)) return {};
    auto expected = spec.dimensions;
    if (batched) expected.insert(expected.begin(), -1);
    return fail(tensor, "has shape " + infer::shapeText(tensor.shape) + ", expected " + infer::shapeText(expected));
  }

  static Result<void> readSize(const Tensor& tensor, const OipParameter& value, std::optional<uint64_t>& size) {
    const auto* number = std::get_if<int64_t>(&value);
    if (number == nullptr || *number < 0)
      return fail(tensor, "has a \"binary_data_size\" that is not a number of bytes");
    size = static_cast<uint64_t>(*number);
    return {};
  }

  Result<std::string> takeBytes(const Tensor& tensor, uint64_t size) {
    if (size > bytes_.size()) {
      return fail(tensor, "has a \"binary_data_size\" of " + std::to_string(size) + ", but only " +
                              std::to_string(bytes_.size()) + " bytes follow behind the JSON");
    }
    std::string taken(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return taken;
  }

  Result<Tensor> readData(const object& json, const TensorSpec* spec, Tensor tensor) const {
    array list;
    if (json["data"].get(list) != simdjson::SUCCESS) {
      return fail(tensor, "has no list \"data\", no \"binary_data_size\" and no shared memory");
    }
    // Wider numbers are read as what the model takes.
    if (spec != nullptr) tensor.type = spec->type;
    MLAAS_CHECK(readJsonData(list, nullsOf(*target_.model, tensor.name), tensor));
    return tensor;
  }

  std::string_view bytes_;
  const OipTarget& target_;
};

Result<void> readOutputs(const object& document, OipInference& inference) {
  element given;
  if (document["outputs"].get(given) != simdjson::SUCCESS) return {};
  array list;
  if (given.get(list) != simdjson::SUCCESS) return invalid("\"outputs\" is not a list");
  for (const element& item : list) {
    object json;
    std::string_view name;
    if (item.get(json) != simdjson::SUCCESS || json["name"].get(name) != simdjson::SUCCESS) {
      return invalid("an element of \"outputs\" is not an object with a \"name\"");
    }
    OipWantedOutput output{std::string(name), inference.binaryOutputs};
    PlaceParameters places;
    MLAAS_CHECK(eachParameter(json, "output " + inQuotes(name), [&](auto key, const auto& value) -> Result<void> {
      MLAAS_TRY(const bool taken, places.take(key, value));
      return taken ? Result<void>() : applyParameter(output, key, value);
    }));
    MLAAS_TRY(output.place, places.place());
    inference.request.outputs.push_back(output.name);
    inference.outputs.push_back(std::move(output));
  }
  return {};
}

// The whole body as the one input of the model, as many rows as there are.
Result<OipInference> readRawRequest(std::string_view body, const OipTarget& target) {
  const auto& signature = target.model->signature();
  if (signature.inputs.size() != 1) {
    return invalid("a body without JSON stands for a model's one input; this model has " +
                   std::to_string(signature.inputs.size()));
  }
  const auto& spec = signature.inputs.front();
  auto rowShape = spec.dimensions;
  const auto elements = infer::numElements(rowShape);
  if (!elements || spec.type == DataType::kBytes) {
    return invalid("a body without JSON needs an input of a known shape; name the shape of input " +
                   inQuotes(spec.name) + " in JSON");
  }
  const size_t rowBytes = static_cast<size_t>(*elements) * infer::elementBytes(spec.type);
  if (signature.batched) {
    if (rowBytes == 0 || body.size() % rowBytes != 0) {
      return invalid("the body of " + std::to_string(body.size()) + " bytes is no multiple of a row's " +
                     std::to_string(rowBytes));
    }
    rowShape.insert(rowShape.begin(), static_cast<int64_t>(body.size() / rowBytes));
  }
  OipInference inference;
  inference.request.model = target.model;
  inference.binaryOutputs = true;
  inference.request.inputs.push_back({spec.name, spec.type, rowShape, std::string(body)});
  MLAAS_CHECK(infer::checkTensor(inference.request.inputs.back()));
  return inference;
}

}  // namespace

Result<std::optional<uint64_t>> headerLength(std::string_view text) {
  if (text.empty()) return std::optional<uint64_t>();
  uint64_t length = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (status != std::errc() || end != text.data() + text.size()) {
    return invalid("Inference-Header-Content-Length " + inQuotes(text) + " is not a number of bytes");
  }
  return std::optional<uint64_t>(length);
}

Result<OipInference> readOipRequest(std::string_view body, std::optional<uint64_t> headerBytes, JsonParser& parser,
                                    const OipTarget& target) {
  if (headerBytes == 0 && !body.empty()) return readRawRequest(body, target);
  const uint64_t jsonBytes = headerBytes.value_or(body.size());
  if (jsonBytes > body.size()) {
    return invalid("Inference-Header-Content-Length is " + std::to_string(jsonBytes) + ", the body has " +
                   std::to_string(body.size()) + " bytes");
  }
  MLAAS_TRY(const auto document, parser.parse(body.substr(0, jsonBytes)));
  OipInference inference;
  inference.request.model = target.model;
  element id;
  if (document["id"].get(id) == simdjson::SUCCESS) {
    std::string_view text;
    if (id.get(text) != simdjson::SUCCESS) {
      return invalid("\"id\" is " + std::string(jsonKind(id)) + ", expected a string");
    }
    inference.id = std::string(text);
  }
  MLAAS_CHECK(eachParameter(document, "the request", [&](auto name, const auto& value) {
    return applyParameter(inference, name, value, target.now);
  }));
  array inputs;
  if (document["inputs"].get(inputs) != simdjson::SUCCESS) return invalid("the request has no list \"inputs\"");
  InputReader reader(body.substr(jsonBytes), target);
  for (const element& item : inputs) {
    MLAAS_TRY(auto tensor, reader.read(item));
    inference.request.inputs.push_back(std::move(tensor));
  }
  MLAAS_CHECK(reader.checkEnd());
  MLAAS_CHECK(readOutputs(document, inference));
  return inference;
}

}  // namespace mlaas::serve
