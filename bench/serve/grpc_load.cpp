// Loads a gRPC server of the Open Inference Protocol from one thread and prints one JSON line: requests, seconds,
// latency. Each of the calls in flight sends the same rows again as soon as it is answered.
//
// Usage: grpc_load ADDRESS MODEL INPUT ROWS COLUMNS IN_FLIGHT SECONDS
#include <grpc_service.grpc.pb.h>
#include <grpcpp/create_channel.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Stub = inference::GRPCInferenceService::Stub;

// Calls share a few connections, as those of several clients would.
constexpr size_t kChannels = 4;

struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
  inference::ModelInferResponse response;
  grpc::Status status;
  Stub* stub = nullptr;
  Clock::time_point begin;
};

struct Load {
  inference::ModelInferRequest request;
  grpc::CompletionQueue queue;
  size_t expectedBytes = 0;

  void send(Call& call) {
    call.context = std::make_unique<grpc::ClientContext>();
    call.response.Clear();
    call.begin = Clock::now();
    call.reader = call.stub->AsyncModelInfer(call.context.get(), request, &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }

  bool good(const Call& call) const {
    return call.status.ok() && call.response.raw_output_contents_size() > 0 &&
           call.response.raw_output_contents(0).size() == expectedBytes;
  }
};

inference::ModelInferRequest makeRequest(char** argument) {
  const long rows = std::atol(argument[4]);
  const long columns = std::atol(argument[5]);
  inference::ModelInferRequest request;
  request.set_model_name(argument[2]);
  auto& input = *request.add_inputs();
  input.set_name(argument[3]);
  input.set_datatype("FP32");
  input.add_shape(rows);
  input.add_shape(columns);
  std::vector<float> values(static_cast<size_t>(rows * columns));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 97) / 97.0F;
  request.add_raw_input_contents(values.data(), values.size() * sizeof(float));
  return request;
}

double percentile(const std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0 : sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1))];
}

int run(char** argument) {
  Load load;
  load.request = makeRequest(argument);
  load.expectedBytes = static_cast<size_t>(std::atol(argument[4])) * sizeof(float);
  std::vector<std::unique_ptr<Stub>> stubs;
  for (size_t i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("channel", static_cast<int>(i));  // so that each has a connection of its own
    stubs.push_back(inference::GRPCInferenceService::NewStub(
        grpc::CreateCustomChannel(argument[1], grpc::InsecureChannelCredentials(), arguments)));
  }
  std::vector<Call> calls(static_cast<size_t>(std::atol(argument[6])));
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(std::atol(argument[7]));
  for (size_t i = 0; i < calls.size(); ++i) {
    calls[i].stub = stubs[i % kChannels].get();
    load.send(calls[i]);
  }
  std::vector<double> latencies;
  size_t errors = 0;
  void* tag = nullptr;
  bool ok = false;
  for (size_t open = calls.size(); open > 0 && load.queue.Next(&tag, &ok);) {
    auto& call = *static_cast<Call*>(tag);
    const auto now = Clock::now();
    if (!ok || !load.good(call)) ++errors;
    latencies.push_back(std::chrono::duration<double, std::milli>(now - call.begin).count());
    if (now < end) {
      load.send(call);
    } else {
      --open;
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::sort(latencies.begin(), latencies.end());
  std::printf("{\"requests\":%zu,\"seconds\":%.3f,\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"errors\":%zu}\n", latencies.size(),
              seconds, percentile(latencies, 0.5), percentile(latencies, 0.99), errors);
  return 0;
}

}  // namespace

int main(int count, char** argument) {
  if (count != 8) {
    std::fprintf(stderr, "usage: grpc_load ADDRESS MODEL INPUT ROWS COLUMNS IN_FLIGHT SECONDS\n");
    return 2;
  }
  return run(argument);
}
