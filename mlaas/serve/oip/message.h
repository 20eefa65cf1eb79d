// An inference of the Open Inference Protocol as REST and gRPC both ask for it: tensors, the outputs that are wanted
// and how, parameters; and what comes back.
// Source:  the protocol, and Triton's extensions: classification, parameters, system shared memory.
// Threads: values.
// Errors:  kInvalidArgument, naming the input, output or parameter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/infer/tensor.h"
#include "mlaas/serve/inference.h"
#include "mlaas/serve/shared_memory.h"

namespace mlaas::serve {

// The value of a parameter, in the types that both protocols know.
using OipParameter = std::variant<bool, int64_t, uint64_t, double, std::string>;

// How one output is wanted.
struct OipWantedOutput {
  std::string name = {};
  bool binary = false;                    // REST: behind the JSON
  int64_t classes = 0;                    // classification: the highest ones; 0: the tensor itself
  std::optional<SharedPlace> place = {};  // put there rather than sent
};

struct OipInference {
  std::string id = {};  // comes back; empty: none
  InferenceRequest request = {};
  std::vector<OipWantedOutput> outputs = {};  // empty: all
  bool binaryOutputs = false;                 // REST: of those that do not say
};

struct OipOutput {
  infer::Tensor tensor;
  OipWantedOutput wanted;
  uint64_t placed = 0;  // bytes that were put into shared memory; the tensor has none then
};

// Parameters of the request: sequence_id, sequence_start, sequence_end (refused: there are no sequences), priority,
// timeout in microseconds, binary_data_output. Others are the client's own.
Result<void> applyParameter(OipInference& inference, std::string_view name, const OipParameter& value,
                            std::chrono::steady_clock::time_point now);

// Collects the parameters that say where in shared memory a tensor lies.
class PlaceParameters {
 public:
  // Whether the parameter is one of these; kInvalidArgument where its value is of the wrong kind.
  Result<bool> take(std::string_view name, const OipParameter& value);
  // The place; nothing where no region was named.
  Result<std::optional<SharedPlace>> place() const;

 private:
  std::optional<std::string> region_;
  std::optional<uint64_t> offset_;
  std::optional<uint64_t> bytes_;
};

// Parameters of a wanted output besides those of its place: classification, binary_data.
Result<void> applyParameter(OipWantedOutput& output, std::string_view name, const OipParameter& value);

// The specification of the request's input; null where the model has none of that name. A model with one input takes
// it under any name.
const infer::TensorSpec* inputSpec(const infer::Signature& signature, std::string_view name);

// FP64 to FP32 and INT64 to INT32, where the model wants the narrower and the numbers fit; others stay as they are. The
// tensor must have been checked.
Result<void> narrowTensor(infer::Tensor& tensor, infer::DataType wanted);

// The `classes` highest values of each row as "value:index" or "value:index:label"; the rows' dimension stays where
// the model is batched.
Result<infer::Tensor> classified(const infer::Tensor& scores, bool batched, int64_t classes,
                                 const std::vector<std::string>& labels);

// What the model gave, as it was wanted.
Result<std::vector<OipOutput>> finishOutputs(const OipInference& inference, const ServedModel& model,
                                             InferenceOutputs outputs, const SharedMemory& memory);

}  // namespace mlaas::serve
