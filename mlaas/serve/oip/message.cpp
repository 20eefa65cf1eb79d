#include "mlaas/serve/oip/message.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace mlaas::serve {

namespace {

using infer::DataType;
using infer::Tensor;

constexpr size_t kQuoted = 200;
// A longer wait is none; keeps the sum with the clock far from overflow.
constexpr uint64_t kLongestTimeout = uint64_t{24} * 3600 * 1000 * 1000;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

Error wrongKind(std::string_view name, std::string_view expected) {
  return invalid("parameter " + inQuotes(name) + " is not " + std::string(expected));
}

Result<uint64_t> countOf(std::string_view name, const OipParameter& value) {
  if (const auto* plain = std::get_if<uint64_t>(&value)) return *plain;
  const auto* number = std::get_if<int64_t>(&value);
  if (number == nullptr || *number < 0) return wrongKind(name, "a number from 0 on");
  return static_cast<uint64_t>(*number);
}

Result<bool> flagOf(std::string_view name, const OipParameter& value) {
  const auto* flag = std::get_if<bool>(&value);
  if (flag == nullptr) return wrongKind(name, "true or false");
  return *flag;
}

bool saysNothing(const OipParameter& value) {
  return std::visit(
      [](const auto& plain) {
        if constexpr (std::is_same_v<std::decay_t<decltype(plain)>, std::string>) {
          return plain.empty();
        } else {
          return plain == std::decay_t<decltype(plain)>{};
        }
      },
      value);
}

template <class From, class To, class Fits>
Result<void> narrowValues(Tensor& tensor, DataType to, Fits fits) {
  const size_t count = tensor.bytes.size() / sizeof(From);
  std::string narrow(count * sizeof(To), '\0');
  for (size_t i = 0; i < count; ++i) {
    From wide{};
    std::memcpy(&wide, tensor.bytes.data() + i * sizeof(From), sizeof(From));
    if (!fits(wide)) {
      return invalid("input " + inQuotes(tensor.name) + ": element " + std::to_string(i) + " is beyond the range of " +
                     std::string(infer::dataTypeName(to)));
    }
    const auto value = static_cast<To>(wide);
    std::memcpy(narrow.data() + i * sizeof(To), &value, sizeof(To));
  }
  tensor.bytes = std::move(narrow);
  tensor.type = to;
  return {};
}

template <class Value>
void classifyRow(Tensor& result, std::span<const Value> row, size_t classes, const std::vector<std::string>& labels) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // NaN comes last, equal ones in their order.
  const auto before = [&](size_t a, size_t b) {
    const bool known = row[a] == row[a];
    if (known != (row[b] == row[b])) return known;
    return row[a] > row[b] || (row[a] == row[b] && a < b) || (!known && a < b);
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(classes), order.end(), before);
  for (size_t i = 0; i < classes; ++i) {
    std::string text = std::to_string(row[order[i]]) + ":" + std::to_string(order[i]);
    if (order[i] < labels.size()) text += ":" + labels[order[i]];
    infer::appendBytesElement(result.bytes, text);
  }
}

template <class Value>
Tensor classifiedAs(const Tensor& scores, bool batched, int64_t classes, const std::vector<std::string>& labels) {
  const auto values = scores.as<Value>();
  const auto rows = batched ? static_cast<size_t>(scores.shape.front()) : size_t{1};
  const size_t width = rows == 0 ? 0 : values.size() / rows;
  const size_t count = std::min(static_cast<size_t>(classes), width);
  Tensor result{scores.name, DataType::kBytes, {static_cast<int64_t>(count)}, {}};
  if (batched) result.shape.insert(result.shape.begin(), static_cast<int64_t>(rows));
  for (size_t row = 0; row < rows; ++row) classifyRow(result, values.subspan(row * width, width), count, labels);
  return result;
}

}  // namespace

Result<void> applyParameter(OipInference& inference, std::string_view name, const OipParameter& value,
                            std::chrono::steady_clock::time_point now) {
  if (name == "sequence_id" || name == "sequence_start" || name == "sequence_end") {
    if (saysNothing(value)) return {};
    return invalid("parameter " + inQuotes(name) + ": models here keep no state from request to request; leave it out");
  }
  if (name == "priority") {
    MLAAS_TRY(const uint64_t priority, countOf(name, value));
    inference.request.priority =
        static_cast<uint32_t>(std::min<uint64_t>(priority, std::numeric_limits<uint32_t>::max()));
  } else if (name == "timeout") {
    MLAAS_TRY(const uint64_t timeout, countOf(name, value));
    if (timeout > 0) {
      inference.request.deadline = now + std::chrono::microseconds(std::min(timeout, kLongestTimeout));
    }
  } else if (name == "binary_data_output") {
    MLAAS_TRY(inference.binaryOutputs, flagOf(name, value));
  }
  return {};
}

Result<bool> PlaceParameters::take(std::string_view name, const OipParameter& value) {
  if (name == "shared_memory_region") {
    const auto* region = std::get_if<std::string>(&value);
    if (region == nullptr) return wrongKind(name, "a string");
    region_ = *region;
  } else if (name == "shared_memory_offset") {
    MLAAS_TRY(offset_, countOf(name, value));
  } else if (name == "shared_memory_byte_size") {
    MLAAS_TRY(bytes_, countOf(name, value));
  } else {
    return false;
  }
  return true;
}

Result<std::optional<SharedPlace>> PlaceParameters::place() const {
  if (!region_) {
    if (!offset_ && !bytes_) return std::optional<SharedPlace>();
    return invalid("parameters of shared memory without 'shared_memory_region'");
  }
  if (!bytes_) return invalid("parameter 'shared_memory_region' without 'shared_memory_byte_size'");
  return std::optional<SharedPlace>({*region_, offset_.value_or(0), *bytes_});
}

Result<void> applyParameter(OipWantedOutput& output, std::string_view name, const OipParameter& value) {
  if (name == "binary_data") {
    MLAAS_TRY(output.binary, flagOf(name, value));
  } else if (name == "classification") {
    MLAAS_TRY(const uint64_t classes, countOf(name, value));
    output.classes = static_cast<int64_t>(std::min<uint64_t>(classes, std::numeric_limits<int32_t>::max()));
  }
  return {};
}

const infer::TensorSpec* inputSpec(const infer::Signature& signature, std::string_view name) {
  return signature.inputs.size() == 1 ? signature.inputs.data() : signature.findInput(name);
}

Result<void> narrowTensor(Tensor& tensor, DataType wanted) {
  if (tensor.type == DataType::kFp64 && wanted == DataType::kFp32) {
    return narrowValues<double, float>(tensor, wanted, [](double value) {
      return !std::isfinite(value) || std::abs(value) <= double{std::numeric_limits<float>::max()};
    });
  }
  if (tensor.type == DataType::kInt64 && wanted == DataType::kInt32) {
    return narrowValues<int64_t, int32_t>(tensor, wanted, [](int64_t value) {
      return value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
    });
  }
  return {};
}

Result<Tensor> classified(const Tensor& scores, bool batched, int64_t classes, const std::vector<std::string>& labels) {
  switch (scores.type) {
    case DataType::kUint8:
      return classifiedAs<uint8_t>(scores, batched, classes, labels);
    case DataType::kUint16:
      return classifiedAs<uint16_t>(scores, batched, classes, labels);
    case DataType::kUint32:
      return classifiedAs<uint32_t>(scores, batched, classes, labels);
    case DataType::kUint64:
      return classifiedAs<uint64_t>(scores, batched, classes, labels);
    case DataType::kInt8:
      return classifiedAs<int8_t>(scores, batched, classes, labels);
    case DataType::kInt16:
      return classifiedAs<int16_t>(scores, batched, classes, labels);
    case DataType::kInt32:
      return classifiedAs<int32_t>(scores, batched, classes, labels);
    case DataType::kInt64:
      return classifiedAs<int64_t>(scores, batched, classes, labels);
    case DataType::kFp32:
      return classifiedAs<float>(scores, batched, classes, labels);
    case DataType::kFp64:
      return classifiedAs<double>(scores, batched, classes, labels);
    default:
      return invalid("output " + inQuotes(scores.name) + " of " + std::string(infer::dataTypeName(scores.type)) +
                     " cannot be asked for as a classification");
  }
}

Result<std::vector<OipOutput>> finishOutputs(const OipInference& inference, const ServedModel& model,
                                             InferenceOutputs outputs, const SharedMemory& memory) {
  const auto& signature = model.signature();
  std::vector<OipOutput> finished;
  for (size_t i = 0; i < outputs.size(); ++i) {
    OipOutput& output = finished.emplace_back();
    output.tensor = std::move(outputs[i]);
    if (i < inference.outputs.size()) {
      output.wanted = inference.outputs[i];
    } else {
      output.wanted.binary = inference.binaryOutputs;
    }
    if (output.wanted.classes > 0) {
      const auto* spec = signature.findOutput(output.tensor.name);
      const auto labels = spec == nullptr ? std::vector<std::string>() : spec->labels;
      MLAAS_TRY(output.tensor, classified(output.tensor, signature.batched, output.wanted.classes, labels));
    }
    if (output.wanted.place) {
      MLAAS_CHECK(memory.write(*output.wanted.place, output.tensor.bytes));
      output.placed = output.tensor.bytes.size();
      output.tensor.bytes.clear();
    }
  }
  return finished;
}

}  // namespace mlaas::serve
