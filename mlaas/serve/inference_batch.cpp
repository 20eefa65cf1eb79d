#include "mlaas/serve/inference_batch.h"

#include <algorithm>
#include <exception>
#include <new>
#include <span>

#include "mlaas/base/nearest_name.h"

namespace mlaas::serve {

namespace {

using Clock = std::chrono::steady_clock;
using infer::Tensor;
using infer::TensorSpec;

constexpr size_t kQuoted = 200;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

std::vector<std::string> namesOf(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  return names;
}

std::string expectedShape(const infer::Signature& signature, const TensorSpec& spec) {
  std::vector<int64_t> shape = spec.dimensions;
  if (signature.batched) shape.insert(shape.begin(), -1);
  return infer::shapeText(shape);
}

// Where an input of the request stands in the signature.
Result<size_t> positionOf(const infer::Signature& signature, std::string_view name) {
  if (signature.inputs.size() == 1) return size_t{0};
  for (size_t i = 0; i < signature.inputs.size(); ++i) {
    if (signature.inputs[i].name == name) return i;
  }
  return invalid("the model has no input " + inQuotes(name) +
                 suggestNames(name.substr(0, kQuoted), namesOf(signature.inputs)));
}

Result<void> checkInput(const infer::Signature& signature, const TensorSpec& spec, Tensor& input) {
  if (input.type != spec.type) {
    return invalid("input " + inQuotes(spec.name) + " has datatype '" + std::string(infer::dataTypeName(input.type)) +
                   "', expected " + std::string(infer::dataTypeName(spec.type)));
  }
  // One number a row may also come as [N, 1], as servers that batch want it.
  if (signature.batched && spec.dimensions.empty() && input.shape.size() == 2 && input.shape[1] == 1) {
    input.shape.pop_back();
  }
  if (!infer::shapeFits(spec, signature.batched, input.shape)) {
    return invalid("input " + inQuotes(spec.name) + " has shape " + infer::shapeText(input.shape) + ", expected " +
                   expectedShape(signature, spec));
  }
  return infer::checkTensor(input);
}

Result<std::vector<Tensor>> sortInputs(const infer::Signature& signature, std::vector<Tensor> given) {
  std::vector<Tensor> inputs(signature.inputs.size());
  std::vector<bool> present(inputs.size(), false);
  for (auto& input : given) {
    MLAAS_TRY(const size_t position, positionOf(signature, input.name));
    if (present[position]) return invalid("input " + inQuotes(input.name) + " stands twice in the request");
    present[position] = true;
    MLAAS_CHECK(checkInput(signature, signature.inputs[position], input));
    inputs[position] = std::move(input);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (present[i]) continue;
    const auto& spec = signature.inputs[i];
    return invalid("the request lacks input " + inQuotes(spec.name) + " of shape " + expectedShape(signature, spec));
  }
  return inputs;
}

Result<int64_t> commonRows(const infer::Signature& signature, const std::vector<Tensor>& inputs) {
  const int64_t rows = inputs.front().shape.front();
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i].shape.front() == rows) continue;
    return invalid("input " + inQuotes(signature.inputs[i].name) + " has " + std::to_string(inputs[i].shape.front()) +
                   " rows, input " + inQuotes(signature.inputs[0].name) + " has " + std::to_string(rows));
  }
  if (rows == 0) return invalid("input " + inQuotes(signature.inputs[0].name) + " has no rows");
  return rows;
}

Result<std::vector<size_t>> outputPositions(const infer::Signature& signature, const std::vector<std::string>& names) {
  std::vector<size_t> positions;
  for (const auto& name : names) {
    size_t at = 0;
    while (at < signature.outputs.size() && signature.outputs[at].name != name) ++at;
    if (at == signature.outputs.size()) {
      return invalid("the model has no output " + inQuotes(name) +
                     suggestNames(name.substr(0, kQuoted), namesOf(signature.outputs)));
    }
    positions.push_back(at);
  }
  for (size_t at = 0; names.empty() && at < signature.outputs.size(); ++at) positions.push_back(at);
  return positions;
}

// Whether two requests of one model may run together: all but the number of rows is the same.
bool sameRows(const WaitingRequest& a, const WaitingRequest& b) {
  return std::equal(a.request.inputs.begin(), a.request.inputs.end(), b.request.inputs.begin(),
                    [](const Tensor& one, const Tensor& other) {
                      return std::equal(one.shape.begin() + 1, one.shape.end(), other.shape.begin() + 1,
                                        other.shape.end());
                    });
}

Result<void> runEngine(infer::TensorEngine& engine, std::span<const Tensor> inputs, std::vector<Tensor>& outputs) {
  try {
    return engine.run(inputs, outputs);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverloaded, "the server has no memory for this request");
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInternal, error.what());
  }
}

// The bytes of `rows` rows of a tensor, from row `first` on, and how far the next row's are.
class RowBytes {
 public:
  explicit RowBytes(const Tensor& tensor) : tensor_(tensor) {
    const int64_t rows = tensor.shape.front();
    if (tensor.type != infer::DataType::kBytes) {
      width_ = rows == 0 ? 0 : tensor.bytes.size() / static_cast<size_t>(rows);
      return;
    }
    // Elements of strings differ in length: where each row begins.
    const auto elements = infer::bytesElements(tensor);
    const size_t perRow = rows == 0 ? 0 : elements.size() / static_cast<size_t>(rows);
    size_t at = 0;
    starts_.push_back(0);
    for (size_t i = 0; i < elements.size(); ++i) {
      at += sizeof(uint32_t) + elements[i].size();
      if ((i + 1) % perRow == 0) starts_.push_back(at);
    }
  }

  std::string_view rows(int64_t first, int64_t count) const {
    const size_t from = start(first);
    return std::string_view(tensor_.bytes).substr(from, start(first + count) - from);
  }

 private:
  size_t start(int64_t row) const {
    return starts_.empty() ? static_cast<size_t>(row) * width_ : starts_[static_cast<size_t>(row)];
  }
  const Tensor& tensor_;
  size_t width_ = 0;
  std::vector<size_t> starts_;
};

std::vector<Tensor> join(std::span<const WaitingRequest> requests) {
  std::vector<Tensor> joined;
  for (size_t i = 0; i < requests.front().request.inputs.size(); ++i) {
    const Tensor& first = requests.front().request.inputs[i];
    Tensor& tensor = joined.emplace_back(Tensor{first.name, first.type, first.shape, {}});
    tensor.shape.front() = 0;
    size_t bytes = 0;
    for (const auto& one : requests) bytes += one.request.inputs[i].bytes.size();
    tensor.bytes.reserve(bytes);
    for (const auto& one : requests) {
      tensor.shape.front() += one.rows;
      tensor.bytes += one.request.inputs[i].bytes;
    }
  }
  return joined;
}

InferenceOutputs pick(std::vector<Tensor>& outputs, const std::vector<size_t>& positions) {
  InferenceOutputs picked;
  for (const size_t position : positions) picked.push_back(outputs[position]);
  return picked;
}

// One run of the model: requests[0, n) together.
class Run {
 public:
  Run(infer::TensorEngine& engine, std::span<WaitingRequest> requests) : engine_(engine), requests_(requests) {}

  void execute() {
    const auto start = Clock::now();
    const auto& model = *requests_.front().request.model;
    const bool alone = requests_.size() == 1;
    const std::vector<Tensor> joined = alone ? std::vector<Tensor>{} : join(requests_);
    const auto& inputs = alone ? requests_.front().request.inputs : joined;
    const auto ready = Clock::now();
    std::vector<Tensor> outputs;
    auto done = runEngine(engine_, inputs, outputs);
    const auto ran = Clock::now();
    if (!done.ok() && !alone) return executeEach();
    int64_t rows = 0;
    for (const auto& one : requests_) rows += one.rows;
    if (done.ok()) done = checkRows(model, outputs, rows);
    if (!done.ok()) {
      for (const auto& one : requests_) one.fail(Error(done.error()).within("model " + model.name()));
      return;
    }
    model.metrics().countRun(rows, ran - ready);
    StageTimes times;
    times.input = ready - start;
    times.infer = ran - ready;
    handOut(outputs, start, ran, times);
  }

 private:
  void executeEach() {
    for (auto& one : requests_) Run(engine_, {&one, 1}).execute();
  }

  static Result<void> checkRows(const ServedModel& model, const std::vector<Tensor>& outputs, int64_t rows) {
    if (outputs.size() != model.signature().outputs.size()) {
      return Error(ErrorCode::kInternal, "it gave " + std::to_string(outputs.size()) + " outputs");
    }
    for (const auto& output : outputs) {
      if (!model.signature().batched || (!output.shape.empty() && output.shape.front() == rows)) continue;
      return Error(ErrorCode::kInternal, "output " + inQuotes(output.name) + " has shape " +
                                             infer::shapeText(output.shape) + " for " + std::to_string(rows) + " rows");
    }
    return {};
  }

  void handOut(std::vector<Tensor>& outputs, Clock::time_point start, Clock::time_point ran, StageTimes times) {
    const auto finish = [&](const WaitingRequest& one, InferenceOutputs result) {
      const auto now = Clock::now();
      times.queue = start - one.arrival;
      times.output = now - ran;
      times.total = now - one.arrival;
      one.succeed(std::move(result), times);
    };
    if (requests_.size() == 1) return finish(requests_.front(), pick(outputs, requests_.front().outputs));
    std::vector<RowBytes> bytes(outputs.begin(), outputs.end());
    int64_t first = 0;
    for (const auto& one : requests_) {
      InferenceOutputs result;
      for (const size_t position : one.outputs) {
        const Tensor& output = outputs[position];
        Tensor& part = result.emplace_back(Tensor{output.name, output.type, output.shape, {}});
        part.shape.front() = one.rows;
        part.bytes = bytes[position].rows(first, one.rows);
      }
      first += one.rows;
      finish(one, std::move(result));
    }
  }

  infer::TensorEngine& engine_;
  std::span<WaitingRequest> requests_;
};

}  // namespace

void WaitingRequest::succeed(InferenceOutputs result, StageTimes times) const {
  request.model->metrics().addPending(-1);
  request.model->metrics().countSuccess(rows, times);
  completion(std::move(result));
}

void WaitingRequest::fail(Error error) const {
  request.model->metrics().addPending(-1);
  request.model->metrics().countFailure(Clock::now() - arrival);
  completion(std::move(error));
}

Result<void> checkRequest(InferenceRequest& request, int64_t& rows, std::vector<size_t>& outputs) {
  const auto& signature = request.model->signature();
  MLAAS_TRY(request.inputs, sortInputs(signature, std::move(request.inputs)));
  rows = 1;
  if (signature.batched) {
    MLAAS_TRY(rows, commonRows(signature, request.inputs));
  }
  MLAAS_TRY(outputs, outputPositions(signature, request.outputs));
  return {};
}

void runBatch(infer::TensorEngine& engine, std::vector<WaitingRequest> requests, int64_t maxRows) {
  const bool batched = requests.front().request.model->signature().batched;
  std::span<WaitingRequest> left(requests);
  while (!left.empty()) {
    // Those that may run with the first one come to the front, in their order.
    int64_t rows = left.front().rows;
    const auto joins = [&](const WaitingRequest& one) {
      if (!batched || rows + one.rows > maxRows || !sameRows(left.front(), one)) return false;
      rows += one.rows;
      return true;
    };
    const auto end = std::stable_partition(left.begin() + 1, left.end(), joins);
    const auto count = static_cast<size_t>(end - left.begin());
    Run(engine, left.first(count)).execute();
    left = left.subspan(count);
  }
}

}  // namespace mlaas::serve
