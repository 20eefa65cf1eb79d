#include "mlaas/serve/oip_request.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "mlaas/base/nearest_name.h"
#include "mlaas/serve/json_request.h"

namespace mlaas::serve {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr double kLargestFloat = std::numeric_limits<float>::max();
constexpr size_t kQuoted = 200;
// No request body holds more rows; keeps products of dimensions far from overflow.
constexpr int64_t kMaxRows = int64_t{1} << 31;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

std::string shapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + (i == 0 && shape[i] < 0 ? std::string("N") : std::to_string(shape[i]));
  }
  return text + "]";
}

std::vector<int64_t> withBatch(int64_t rows, const std::vector<int64_t>& dimensions) {
  std::vector<int64_t> shape{rows};
  shape.insert(shape.end(), dimensions.begin(), dimensions.end());
  return shape;
}

// One tensor of the request; `values` or `counts` is filled.
struct InputData {
  int64_t rows = 0;
  std::vector<float> values;
  std::vector<int32_t> counts;
};

// Reads one input object whose name is already known.
class InputReader {
 public:
  InputReader(const object& json, const OipInput& input) : json_(json), input_(input) {}

  Result<InputData> read() {
    MLAAS_CHECK(checkDatatype());
    MLAAS_TRY(shape_, readShape());
    data_.rows = shape_.front();
    numValues_ = 1;
    for (const int64_t dimension : shape_) numValues_ *= dimension;
    array list;
    if (json_["data"].get(list) != simdjson::SUCCESS) return fail("has no list \"data\"" + std::string(binaryHint()));
    if (isNested(list)) {
      MLAAS_CHECK(readNested(list, 0));
    } else {
      MLAAS_CHECK(readNumbers(list, numValues_));
    }
    return std::move(data_);
  }

 private:
  Error fail(const std::string& message) const { return invalid("input " + inQuotes(input_.name) + " " + message); }

  std::string_view binaryHint() const {
    object parameters;
    if (json_["parameters"].get(parameters) != simdjson::SUCCESS) return "";
    const bool binary = parameters["binary_data_size"].error() == simdjson::SUCCESS;
    return binary ? "; tensors behind the JSON (binary_data_size) are not read, send \"data\"" : "";
  }

  Result<void> checkDatatype() const {
    std::string_view datatype;
    if (json_["datatype"].get(datatype) != simdjson::SUCCESS) return fail("has no \"datatype\"");
    const bool fits =
        input_.isCount ? datatype == "INT32" || datatype == "INT64" : datatype == "FP32" || datatype == "FP64";
    if (fits) return {};
    return fail("has datatype " + inQuotes(datatype) + ", expected " + (input_.isCount ? "INT32" : "FP32"));
  }

  // A count may also come as [N, 1], as servers that batch want it.
  Result<std::vector<int64_t>> readShape() const {
    array list;
    if (json_["shape"].get(list) != simdjson::SUCCESS) return fail("has no list \"shape\"");
    std::vector<int64_t> shape;
    for (const element& item : list) {
      int64_t dimension = 0;
      if (item.get(dimension) != simdjson::SUCCESS || dimension < 0 || dimension > kMaxRows || shape.size() > 3) {
        return fail("has a \"shape\" that is not " + shapeText(withBatch(-1, input_.dimensions)));
      }
      shape.push_back(dimension);
    }
    auto expected = withBatch(shape.empty() ? -1 : shape.front(), input_.dimensions);
    if (shape == expected || (input_.isCount && shape.size() == 2 && shape[1] == 1)) return shape;
    expected.front() = -1;
    return fail("has shape " + shapeText(shape) + ", expected " + shapeText(expected));
  }

  static bool isNested(const array& list) {
    const auto first = list.begin();
    return first != list.end() && (*first).is_array();
  }

  Result<void> readNested(const array& list, size_t level) {
    if (level + 1 == shape_.size()) return readNumbers(list, shape_[level]);
    int64_t count = 0;
    for (const element& item : list) {
      array inner;
      if (item.get(inner) != simdjson::SUCCESS) {
        return fail("has " + std::string(jsonKind(item)) + " in its nested data where shape " + shapeText(shape_) +
                    " wants a list");
      }
      MLAAS_CHECK(readNested(inner, level + 1));
      ++count;
    }
    return checkLength(count, shape_[level]);
  }

  Result<void> checkLength(int64_t found, int64_t expected) const {
    if (found == expected) return {};
    return fail("has " + std::to_string(found) + " elements in a list where shape " + shapeText(shape_) + " wants " +
                std::to_string(expected));
  }

  Result<void> readNumbers(const array& list, int64_t expected) {
    int64_t count = 0;
    for (const element& item : list) {
      if (count++ == expected) return checkLength(expected + 1, expected);
      MLAAS_CHECK(input_.isCount ? readCount(item) : readValue(item));
    }
    return checkLength(count, expected);
  }

  Result<void> readValue(const element& item) {
    double number = 0;
    if (item.is_null() && input_.filled[data_.values.size() % input_.filled.size()]) {
      data_.values.push_back(std::numeric_limits<float>::quiet_NaN());
      return {};
    }
    if (item.get(number) != simdjson::SUCCESS || !(std::abs(number) <= kLargestFloat)) {
      return floatFrom(item, "input " + inQuotes(input_.name) + ": element " + std::to_string(data_.values.size()))
          .error();
    }
    data_.values.push_back(static_cast<float>(number));
    return {};
  }

  Result<void> readCount(const element& item) {
    int64_t number = 0;
    if (item.get(number) != simdjson::SUCCESS || number < 0 || number > std::numeric_limits<int32_t>::max()) {
      return fail("has an element " + std::to_string(data_.counts.size()) + " that is not a count");
    }
    data_.counts.push_back(static_cast<int32_t>(number));
    return {};
  }

  const object& json_;
  const OipInput& input_;
  std::vector<int64_t> shape_;
  int64_t numValues_ = 0;
  InputData data_;
};

// Matches the request's inputs with those of the model.
class InputCollector {
 public:
  explicit InputCollector(const feature::FeatureSpec& features)
      : features_(features), inputs_(oipInputs(features)), data_(inputs_.size()) {}

  Result<feature::Tensors> collect(const array& list) {
    for (const element& item : list) MLAAS_CHECK(take(item));
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (!data_[i]) {
        return invalid("the request lacks input " + inQuotes(inputs_[i].name) + " of shape " +
                       shapeText(withBatch(-1, inputs_[i].dimensions)));
      }
      if (data_[i]->rows != data_[0]->rows) {
        return invalid("input " + inQuotes(inputs_[i].name) + " has " + std::to_string(data_[i]->rows) +
                       " rows, input " + inQuotes(inputs_[0].name) + " has " + std::to_string(data_[0]->rows));
      }
    }
    return assemble();
  }

 private:
  Result<void> take(const element& item) {
    object json;
    std::string_view name;
    if (item.get(json) != simdjson::SUCCESS || json["name"].get(name) != simdjson::SUCCESS) {
      return invalid("an element of \"inputs\" is not an object with a \"name\"");
    }
    MLAAS_TRY(const size_t position, find(name));
    if (data_[position]) return invalid("input " + inQuotes(name) + " stands twice in the request");
    MLAAS_TRY(data_[position], InputReader(json, inputs_[position]).read());
    return {};
  }

  // A model with one input takes its tensor under any name, as clients of such models expect.
  Result<size_t> find(std::string_view name) const {
    if (inputs_.size() == 1) return size_t{0};
    std::vector<std::string> names;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].name == name) return i;
      names.push_back(inputs_[i].name);
    }
    return invalid("the model has no input " + inQuotes(name) + suggestNames(name.substr(0, kQuoted), names));
  }

  Result<feature::Tensors> assemble() {
    feature::Tensors tensors;
    tensors.rows = data_.front()->rows;
    tensors.numScalars = static_cast<int64_t>(features_.scalars.size());
    size_t next = 0;
    if (tensors.numScalars > 0) tensors.scalars = std::move(data_[next++]->values);
    for (const auto& group : features_.groups) {
      feature::GroupTensor tensor{group.length, static_cast<int64_t>(group.columns.size()), {}, {}};
      tensor.values = std::move(data_[next++]->values);
      tensor.count = std::move(data_[next++]->counts);
      for (size_t row = 0; row < tensor.count.size(); ++row) {
        if (tensor.count[row] > group.length) {
          return invalid("input " + inQuotes(group.name + "_count") + ": element " + std::to_string(row) + " is " +
                         std::to_string(tensor.count[row]) + ", expected at most " + std::to_string(group.length));
        }
      }
      tensors.groups.push_back(std::move(tensor));
    }
    return tensors;
  }

  const feature::FeatureSpec& features_;
  std::vector<OipInput> inputs_;
  std::vector<std::optional<InputData>> data_;  // by position in inputs_
};

Result<void> checkOutputs(const object& document) {
  element requested;
  if (document["outputs"].get(requested) != simdjson::SUCCESS) return {};
  array list;
  if (requested.get(list) != simdjson::SUCCESS) return invalid("\"outputs\" is not a list");
  for (const element& item : list) {
    object output;
    std::string_view name;
    if (item.get(output) != simdjson::SUCCESS || output["name"].get(name) != simdjson::SUCCESS) {
      return invalid("an element of \"outputs\" is not an object with a \"name\"");
    }
    if (name != kScoresOutput) {
      return invalid("the model has no output " + inQuotes(name) + "; its one output is '" +
                     std::string(kScoresOutput) + "'");
    }
  }
  return {};
}

}  // namespace

std::vector<OipInput> oipInputs(const feature::FeatureSpec& features) {
  const auto filled = [&](const std::vector<std::string>& columns) {
    std::vector<bool> result;
    for (const auto& column : columns) result.push_back(features.fillOf(column) != nullptr);
    return result;
  };
  std::vector<OipInput> inputs;
  if (!features.scalars.empty()) {
    inputs.push_back({"scalars", false, {static_cast<int64_t>(features.scalars.size())}, filled(features.scalars)});
  }
  for (const auto& group : features.groups) {
    inputs.push_back(
        {group.name, false, {group.length, static_cast<int64_t>(group.columns.size())}, filled(group.columns)});
    inputs.push_back({group.name + "_count", true, {}, {}});
  }
  return inputs;
}

Result<OipRequest> readOipRequest(const object& document, const feature::FeatureSpec& features) {
  OipRequest request;
  element id;
  if (document["id"].get(id) == simdjson::SUCCESS) {
    if (id.get(request.id) != simdjson::SUCCESS) {
      return invalid("\"id\" is " + std::string(jsonKind(id)) + ", expected a string");
    }
    request.hasId = true;
  }
  array inputs;
  if (document["inputs"].get(inputs) != simdjson::SUCCESS) return invalid("the request has no list \"inputs\"");
  MLAAS_TRY(request.tensors, InputCollector(features).collect(inputs));
  MLAAS_CHECK(checkOutputs(document));
  return request;
}

}  // namespace mlaas::serve
