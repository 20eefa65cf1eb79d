#include "mlaas/serve/tfaas/row.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "mlaas/base/nearest_name.h"
#include "mlaas/serve/json_request.h"

namespace mlaas::serve {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr double kLargestFloat = std::numeric_limits<float>::max();
constexpr size_t kQuoted = 200;  // longer names from outside are cut in messages

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }

std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

Result<array> listFrom(const element& value, const std::string& what) {
  array list;
  if (value.get(list) != simdjson::SUCCESS) {
    return invalid("\"" + what + "\" is " + std::string(jsonKind(value)) + ", expected a list");
  }
  return list;
}

Result<std::vector<std::string_view>> readKeys(const element& value) {
  std::vector<std::string_view> keys;
  if (value.is_null()) return keys;
  MLAAS_TRY(const array list, listFrom(value, "keys"));
  for (const element& item : list) {
    std::string_view key;
    if (item.get(key) != simdjson::SUCCESS) {
      return invalid("\"keys\"[" + std::to_string(keys.size()) + "] is " + std::string(jsonKind(item)) +
                     ", expected a string");
    }
    keys.push_back(key);
  }
  return keys;
}

Result<std::vector<float>> readValues(const element& value) {
  MLAAS_TRY(const array list, listFrom(value, "values"));
  std::vector<float> values;
  values.reserve(list.size());
  for (const element& item : list) {
    double number = 0;
    if (item.is_null()) {
      values.push_back(std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    if (item.get(number) != simdjson::SUCCESS || !(std::abs(number) <= kLargestFloat)) {
      return floatFrom(item, "\"values\"[" + std::to_string(values.size()) + "]").error();
    }
    values.push_back(static_cast<float>(number));
  }
  return values;
}

// A row while keys are being sorted into it.
struct Placed {
  std::vector<float> values;
  std::vector<bool> present;
};

// Whether any key is a feature: TFaaS itself ignores keys, so clients send any ("attr1").
bool namesFeatures(const std::vector<std::string_view>& keys, const FlatIndex& index) {
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return index.contains(key); });
}

Result<Placed> placeByKeys(const TfaasRow& row, const std::vector<std::string>& names, const FlatIndex& index) {
  Placed placed{std::vector<float>(names.size(), 0.0F), std::vector<bool>(names.size(), false)};
  for (size_t i = 0; i < row.keys.size(); ++i) {
    const auto found = index.find(row.keys[i]);
    if (found == index.end()) {
      return invalid(inQuotes(row.keys[i]) + " is not a feature of the model" +
                     suggestNames(row.keys[i].substr(0, kQuoted), names));
    }
    if (placed.present[found->second]) return invalid(inQuotes(row.keys[i]) + " stands twice in \"keys\"");
    placed.present[found->second] = true;
    placed.values[found->second] = row.values[i];
  }
  return placed;
}

// Checks one group of a row placed by keys, whose first value stands at `first`, and fills its count where absent.
Result<void> completeGroup(const feature::JaggedGroup& group, size_t first, const std::vector<std::string>& names,
                           Placed& placed) {
  const size_t columns = group.columns.size();
  const auto length = static_cast<size_t>(group.length);
  const size_t countAt = first + length * columns;
  size_t elements = 0;  // up to the last one that has a value
  for (size_t at = first; at < countAt; ++at) {
    if (placed.present[at]) elements = (at - first) / columns + 1;
  }
  if (!placed.present[countAt]) {
    placed.present[countAt] = true;
    placed.values[countAt] = static_cast<float>(elements);
  }
  const float count = placed.values[countAt];
  if (!(count >= 0 && count <= static_cast<float>(length)) || count != std::floor(count)) {
    return invalid(inQuotes(names[countAt]) + " is " + std::to_string(count) + ", expected a whole number from 0 to " +
                   std::to_string(length));
  }
  const size_t needed = first + static_cast<size_t>(count) * columns;
  for (size_t at = first; at < needed; ++at) {
    if (!placed.present[at]) {
      return invalid("\"keys\" lacks " + inQuotes(names[at]) + "; " + inQuotes(names[countAt]) + " is " +
                     std::to_string(static_cast<size_t>(count)));
    }
  }
  return {};
}

// The column of a flat feature; empty for a count.
std::string_view columnAt(const feature::FeatureSpec& features, size_t position) {
  if (position < features.scalars.size()) return features.scalars[position];
  position -= features.scalars.size();
  for (const auto& group : features.groups) {
    const size_t numValues = static_cast<size_t>(group.length) * group.columns.size();
    if (position < numValues) return group.columns[position % group.columns.size()];
    if (position == numValues) return {};
    position -= numValues + 1;
  }
  return {};
}

// Nulls stand only for features that the model fills.
Result<void> checkNulls(const TfaasRow& row, bool keyed, const feature::FeatureSpec& features, const FlatIndex& index) {
  for (size_t i = 0; i < row.values.size(); ++i) {
    if (!std::isnan(row.values[i])) continue;
    const auto found = keyed ? index.find(row.keys[i]) : index.end();
    const std::string_view column = columnAt(features, found == index.end() ? i : found->second);
    if (features.fillOf(column) != nullptr) continue;
    return invalid("\"values\"[" + std::to_string(i) + "] is null, expected a number" +
                   (column.empty() ? "" : ": the model has no fill for missing values of " + inQuotes(column)));
  }
  return {};
}

infer::Tensor floatTensor(const infer::TensorSpec& spec, bool batched, std::span<const float> values) {
  infer::Tensor tensor{spec.name, infer::DataType::kFp32, spec.dimensions, {}};
  if (batched) tensor.shape.insert(tensor.shape.begin(), 1);
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return tensor;
}

// The flat features, in the order of flatNames(), as the bundle's tensors.
std::vector<infer::Tensor> bundleTensors(const infer::Signature& signature, std::span<const float> flat) {
  std::vector<infer::Tensor> tensors;
  for (const auto& spec : signature.inputs) {
    if (spec.type == infer::DataType::kInt32) {
      const auto count = static_cast<int32_t>(flat.front());
      tensors.push_back({spec.name, spec.type, {1}, std::string(reinterpret_cast<const char*>(&count), sizeof count)});
      flat = flat.subspan(1);
      continue;
    }
    const auto size = static_cast<size_t>(*infer::numElements(spec.dimensions));
    tensors.push_back(floatTensor(spec, true, flat.first(size)));
    flat = flat.subspan(size);
  }
  return tensors;
}

// The row in the shape of the model's only input; one free dimension takes what the values leave.
Result<std::vector<infer::Tensor>> plainTensors(const TfaasRow& row, const infer::Signature& signature) {
  if (signature.inputs.size() != 1 || signature.inputs[0].type != infer::DataType::kFp32) {
    return invalid("this route takes models with one FP32 input; ask /v2/models/NAME/infer");
  }
  infer::TensorSpec spec = signature.inputs[0];
  const auto found = static_cast<int64_t>(row.values.size());
  const auto free = std::find(spec.dimensions.begin(), spec.dimensions.end(), -1);
  if (free != spec.dimensions.end()) {
    *free = 1;
    const auto others = infer::numElements(spec.dimensions);
    if (others && *others > 0 && found % *others == 0) *free = found / *others;
  }
  if (infer::numElements(spec.dimensions) != found) {
    return invalid("\"values\" has " + std::to_string(found) + " numbers, the model's input " + inQuotes(spec.name) +
                   " has the shape " + infer::shapeText(signature.inputs[0].dimensions));
  }
  for (size_t i = 0; i < row.values.size(); ++i) {
    if (std::isnan(row.values[i])) return invalid("\"values\"[" + std::to_string(i) + "] is null, expected a number");
  }
  return std::vector{floatTensor(spec, signature.batched, row.values)};
}

// A count that is no whole number in range, among values without keys.
Result<void> checkFlatCounts(const std::vector<float>& flat, const feature::FeatureSpec& features,
                             const std::vector<std::string>& names) {
  size_t at = features.scalars.size();
  for (const auto& group : features.groups) {
    at += static_cast<size_t>(group.length) * group.columns.size();
    const float count = flat[at];
    if (!(count >= 0 && count <= static_cast<float>(group.length)) || count != std::floor(count)) {
      return invalid(inQuotes(names[at]) + " is " + std::to_string(count) + ", expected a whole number from 0 to " +
                     std::to_string(group.length));
    }
    ++at;
  }
  return {};
}

}  // namespace

Result<std::vector<infer::Tensor>> rowTensors(const TfaasRow& row, const ServedModel& model) {
  if (model.bundle() == nullptr) return plainTensors(row, model.signature());
  const auto& features = model.bundle()->features;
  MLAAS_TRY(const auto flat, flatRow(row, features, model.flatNames(), model.flatIndex()));
  MLAAS_CHECK(checkFlatCounts(flat, features, model.flatNames()));
  return bundleTensors(model.signature(), flat);
}

Result<TfaasRow> readTfaasRow(const simdjson::dom::object& document) {
  TfaasRow row;
  bool hasValues = false;
  for (const auto& [key, value] : document) {
    if (key == "keys") {
      MLAAS_TRY(row.keys, readKeys(value));
    } else if (key == "values") {
      MLAAS_TRY(row.values, readValues(value));
      hasValues = true;
    } else if (key == "model" && !value.is_null()) {
      if (value.get(row.model) != simdjson::SUCCESS) {
        return invalid("\"model\" is " + std::string(jsonKind(value)) + ", expected a string");
      }
    }
  }
  if (!hasValues)
    return invalid(R"(the request has no "values"; expected {"keys":[...],"values":[...],"model":"..."})");
  if (!row.keys.empty() && row.keys.size() != row.values.size()) {
    return invalid("\"keys\" has " + std::to_string(row.keys.size()) + " elements, \"values\" " +
                   std::to_string(row.values.size()));
  }
  return row;
}

Result<std::vector<float>> flatRow(const TfaasRow& row, const feature::FeatureSpec& features,
                                   const std::vector<std::string>& names, const FlatIndex& index) {
  const bool keyed = namesFeatures(row.keys, index);
  MLAAS_CHECK(checkNulls(row, keyed, features, index));
  if (!keyed) {
    if (row.values.size() == names.size()) return row.values;
    return invalid("\"values\" has " + std::to_string(row.values.size()) + " numbers, the model takes " +
                   std::to_string(names.size()) + " from '" + names.front() + "' to '" + names.back() +
                   "'; send \"keys\" to name them");
  }
  MLAAS_TRY(Placed placed, placeByKeys(row, names, index));
  for (size_t s = 0; s < features.scalars.size(); ++s) {
    if (!placed.present[s]) return invalid("\"keys\" lacks " + inQuotes(names[s]));
  }
  size_t first = features.scalars.size();
  for (const auto& group : features.groups) {
    MLAAS_CHECK(completeGroup(group, first, names, placed));
    first += static_cast<size_t>(group.length) * group.columns.size() + 1;
  }
  return std::move(placed.values);
}

}  // namespace mlaas::serve
