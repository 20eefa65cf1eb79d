// One row of TFaaS's JSON: {"keys":[...],"values":[...],"model":"..."} to the flat features of a model.
// Keys that name the model's features are honoured in any order; without such keys the values stand in the order of
// FeatureSpec::flatNames(). docs/serving.md, "TFaaS".
// Errors: kInvalidArgument, naming the key.
#pragma once

#include <simdjson.h>

#include <string_view>
#include <unordered_map>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/infer/tensor.h"
#include "mlaas/serve/model_repository.h"

namespace mlaas::serve {

struct TfaasRow {
  std::string_view model;              // empty: the default
  std::vector<std::string_view> keys;  // views into the parsed document
  std::vector<float> values;           // NaN for null
};

Result<TfaasRow> readTfaasRow(const simdjson::dom::object& document);

// Where each flat feature of a model stands.
using FlatIndex = std::unordered_map<std::string_view, size_t>;

// The row in the order of `names`. With keys, elements behind a group's last one may be absent, and so may its count,
// which is then the number of elements that are present. A null stays NaN where the model has a fill for the feature.
Result<std::vector<float>> flatRow(const TfaasRow& row, const feature::FeatureSpec& features,
                                   const std::vector<std::string>& names, const FlatIndex& index);

// The model's input tensors for the row: of a bundle by its features; else the values as they stand, in the shape of
// the model's only input.
Result<std::vector<infer::Tensor>> rowTensors(const TfaasRow& row, const ServedModel& model);

}  // namespace mlaas::serve
