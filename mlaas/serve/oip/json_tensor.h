// The data of tensors as JSON: numbers, true and false, strings; flat or nested like the shape.
// FP16 and BF16 have no form in JSON: they are sent as bytes.
// Errors: kInvalidArgument, naming the input and the element; kInternal for an output that JSON cannot hold.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor.h"

namespace mlaas::serve {

// Whether a null may stand for a missing value in this column of the innermost dimension.
using NullAllowed = std::function<bool(size_t column)>;

// Fills the bytes of `tensor`, whose name, type and shape stand, from the list `data`.
Result<void> readJsonData(const simdjson::dom::array& data, const NullAllowed& nullAllowed, infer::Tensor& tensor);

// "[0.1,0.2]", flat.
Result<void> appendJsonData(std::string& out, const infer::Tensor& tensor);

}  // namespace mlaas::serve
