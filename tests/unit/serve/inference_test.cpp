// Batches and queues with an engine of the test's own: it doubles numbers, slowly or not at all if told so.
#include "mlaas/serve/inference.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace mlaas::serve {
namespace {

using namespace std::chrono_literals;
using infer::DataType;
using infer::Tensor;

struct Behaviour {
  std::atomic<int> runs = 0;
  std::atomic<int64_t> largest = 0;
  std::chrono::milliseconds duration{0};
};

// y = 2 x; a row with a negative first number fails.
class DoublingEngine final : public infer::TensorEngine {
 public:
  explicit DoublingEngine(std::shared_ptr<Behaviour> behaviour) : behaviour_(std::move(behaviour)) {}
  Result<void> run(std::span<const Tensor> inputs, std::vector<Tensor>& outputs) override {
    ++behaviour_->runs;
    std::this_thread::sleep_for(behaviour_->duration);
    const auto values = inputs[0].as<float>();
    behaviour_->largest = std::max(behaviour_->largest.load(), inputs[0].shape[0]);
    outputs.assign(2, inputs[0]);
    outputs[0].name = "y";
    outputs[1].name = "copy";
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 0) return Error(ErrorCode::kInvalidArgument, "a negative number");
      const float twice = 2 * values[i];
      std::copy_n(reinterpret_cast<const char*>(&twice), sizeof twice, outputs[0].bytes.begin() + i * sizeof twice);
    }
    return {};
  }

 private:
  std::shared_ptr<Behaviour> behaviour_;
};

class InferenceTest : public testing::Test {
 protected:
  ModelPointer makeModel(const std::string& name, BatchSettings batching = {}, size_t numEngines = 2) {
    infer::LoadedModel loaded;
    loaded.signature.inputs = {{"x", DataType::kFp32, {-1}}};
    loaded.signature.outputs = {{"y", DataType::kFp32, {-1}}, {"copy", DataType::kFp32, {-1}}};
    for (size_t i = 0; i < numEngines; ++i) loaded.engines.push_back(std::make_unique<DoublingEngine>(behaviour_));
    ServedModel::Identity identity{name};
    identity.batching = batching;
    return ServedModel::make(std::move(loaded), std::move(identity), metrics_.model(name, "1"));
  }

  static Tensor tensor(const std::vector<float>& values, int64_t rows) {
    const auto columns = static_cast<int64_t>(values.size()) / rows;
    return {"x",
            DataType::kFp32,
            {rows, columns},
            std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))};
  }

  static InferenceRequest request(const ModelPointer& model, const std::vector<float>& values, int64_t rows = 1) {
    InferenceRequest made;
    made.model = model;
    made.inputs = {tensor(values, rows)};
    return made;
  }

  // A completion and what it was called with.
  static std::pair<Completion, std::future<Result<InferenceOutputs>>> awaited() {
    auto promise = std::make_shared<std::promise<Result<InferenceOutputs>>>();
    auto future = promise->get_future();
    return {[promise](Result<InferenceOutputs> result) { promise->set_value(std::move(result)); }, std::move(future)};
  }

  static std::vector<float> numbers(const Tensor& tensor) {
    const auto values = tensor.as<float>();
    return {values.begin(), values.end()};
  }

  Result<InferenceOutputs> ask(Inference& inference, InferenceRequest made) {
    auto [completion, future] = awaited();
    inference.enqueue(std::move(made), completion);
    return future.get();
  }

  std::shared_ptr<Behaviour> behaviour_ = std::make_shared<Behaviour>();
  Metrics metrics_;
};

TEST_F(InferenceTest, AnswersFromTheQueue) {
  Inference inference(1, 2);
  const auto model = makeModel("a");
  const auto outputs = ask(inference, request(model, {1, 2, 3, 4}, 2)).value();
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(numbers(outputs[0]), (std::vector<float>{2, 4, 6, 8}));
}

TEST_F(InferenceTest, RunsWhatOneTurnGatheredTogether) {
  Inference inference(1, 1, 1h);  // however slow the machine is
  const auto model = makeModel("a");
  EXPECT_TRUE(ask(inference, request(model, {0})).ok());  // what a row costs is known from now on
  behaviour_->runs = 0;
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  for (int i = 0; i < 5; ++i) {
    auto [completion, future] = awaited();
    inference.submit(0, request(model, {static_cast<float>(i), static_cast<float>(10 * i)}, i == 4 ? 2 : 1),
                     completion);
    futures.push_back(std::move(future));
  }
  EXPECT_EQ(futures[0].wait_for(0s), std::future_status::timeout);
  inference.flush(0);
  // The last one has one column: it cannot run with the others.
  EXPECT_EQ(behaviour_->runs, 2);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(futures[i].wait_for(0s), std::future_status::ready);
    const auto outputs = futures[i].get().value();
    EXPECT_EQ(numbers(outputs[0]), (std::vector<float>{2.0F * i, 20.0F * i}));
    EXPECT_EQ(outputs[0].shape, (i == 4 ? std::vector<int64_t>{2, 1} : std::vector<int64_t>{1, 2}));
  }
}

TEST_F(InferenceTest, OneBadRequestSpoilsNoOther) {
  Inference inference(1, 1, 1h);  // however slow the machine is
  const auto model = makeModel("a");
  EXPECT_TRUE(ask(inference, request(model, {0})).ok());
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  for (const float value : {1.0F, -1.0F, 3.0F}) {
    auto [completion, future] = awaited();
    inference.submit(0, request(model, {value}), completion);
    futures.push_back(std::move(future));
  }
  inference.flush(0);
  EXPECT_EQ(numbers(futures[0].get().value()[0]), std::vector<float>{2});
  const auto failed = futures[1].get();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(std::string(failed.error().what()), "model a: a negative number");
  EXPECT_EQ(numbers(futures[2].get().value()[0]), std::vector<float>{6});
  const auto totals = model->metrics().totals();
  EXPECT_EQ(totals.successes, 3U);
  EXPECT_EQ(totals.failures, 1U);
}

TEST_F(InferenceTest, GivesTheOutputsThatAreAskedForInTheirOrder) {
  Inference inference(1, 1);
  auto one = request(makeModel("a"), {3});
  one.outputs = {"copy", "y"};
  const auto outputs = ask(inference, std::move(one)).value();
  EXPECT_EQ(outputs[0].name, "copy");
  EXPECT_EQ(numbers(outputs[0]), std::vector<float>{3});
  EXPECT_EQ(numbers(outputs[1]), std::vector<float>{6});
}

TEST_F(InferenceTest, ParametersChooseTheMainOutput) {
  const auto mainOutput = [&](const std::string& params) {
    infer::LoadedModel loaded;
    loaded.signature.inputs = {{"x", DataType::kFp32, {-1}}};
    loaded.signature.outputs = {{"y", DataType::kFp32, {-1}}, {"copy", DataType::kFp32, {-1}}};
    loaded.engines.push_back(std::make_unique<DoublingEngine>(behaviour_));
    ServedModel::Identity identity{"a"};
    identity.params = params;
    return ServedModel::make(std::move(loaded), std::move(identity), metrics_.model("a", "1"))->mainOutput();
  };
  EXPECT_EQ(mainOutput(""), "y");
  EXPECT_EQ(mainOutput(R"({"output_name": "copy"})"), "copy");
  EXPECT_EQ(mainOutput(R"({"outputNode": "copy:0"})"), "copy");
  EXPECT_EQ(mainOutput(R"({"output_node": "gone", "output_name": 3})"), "y");
}

TEST_F(InferenceTest, SaysWhatIsWrongWithTensors) {
  Inference inference(1, 1);
  const auto model = makeModel("a");
  const auto message = [&](const std::function<void(InferenceRequest&)>& change) {
    auto made = request(model, {1, 2});
    change(made);
    const auto result = ask(inference, std::move(made));
    return result.ok() ? std::string() : std::string(result.error().what());
  };
  EXPECT_EQ(message([](auto& made) { made.inputs[0].type = DataType::kInt32; }),
            "input 'x' has datatype 'INT32', expected FP32");
  EXPECT_EQ(message([](auto& made) { made.inputs[0].shape = {2}; }), "input 'x' has shape [2], expected [-1, -1]");
  EXPECT_EQ(message([](auto& made) { made.inputs[0].bytes.pop_back(); }),
            "tensor 'x' has 7 bytes, FP32 of shape [1, 2] has elements of 4 bytes, 2 of them");
  EXPECT_EQ(message([](auto& made) { made.inputs.clear(); }), "the request lacks input 'x' of shape [-1, -1]");
  EXPECT_EQ(message([](auto& made) { made.inputs.push_back(made.inputs[0]); }),
            "input 'x' stands twice in the request");
  EXPECT_EQ(message([](auto& made) { made.outputs = {"z"}; }).substr(0, 29), "the model has no output 'z'; ");
  EXPECT_EQ(message([](auto& made) {
              made.inputs[0].shape = {0, 2};
              made.inputs[0].bytes.clear();
            }),
            "input 'x' has no rows");
  EXPECT_EQ(message([](auto& made) { made.inputs[0].name = "anything"; }), "");
}

TEST_F(InferenceTest, WhatWaitsBecomesTheNextBatch) {
  behaviour_->duration = 50ms;
  Inference inference(1, 1);
  const auto model = makeModel("a", {}, 1);
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  for (int i = 0; i < 20; ++i) {
    auto [completion, future] = awaited();
    inference.enqueue(request(model, {static_cast<float>(i)}), completion);
    futures.push_back(std::move(future));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(numbers(futures[i].get().value()[0]), std::vector<float>{2.0F * i});
  EXPECT_LE(behaviour_->runs, 4);
  EXPECT_GE(behaviour_->largest, 10);
}

TEST_F(InferenceTest, RefusesWhenTheQueueIsFull) {
  behaviour_->duration = 300ms;
  Inference inference(1, 1);
  BatchSettings batching;
  batching.maxWaitingRequests = 2;
  const auto model = makeModel("a", batching, 1);
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  for (int i = 0; i < 8; ++i) {
    auto [completion, future] = awaited();
    inference.enqueue(request(model, {1}), completion);
    futures.push_back(std::move(future));
    while (i == 0 && behaviour_->runs == 0) std::this_thread::sleep_for(1ms);  // it runs while the others come
  }
  int refused = 0;
  for (auto& future : futures) {
    const auto result = future.get();
    if (result.ok()) continue;
    ++refused;
    EXPECT_EQ(result.error().code(), ErrorCode::kOverloaded);
  }
  EXPECT_EQ(refused, 5);
}

TEST_F(InferenceTest, EndsWhatWaitsTooLong) {
  behaviour_->duration = 100ms;
  Inference inference(1, 1);
  BatchSettings batching;
  batching.maxRows = 1;
  const auto model = makeModel("a", batching, 1);
  auto [first, firstDone] = awaited();
  inference.enqueue(request(model, {1}), first);
  while (behaviour_->runs == 0) std::this_thread::sleep_for(1ms);
  auto late = request(model, {1});
  late.deadline = std::chrono::steady_clock::now() + 10ms;
  const auto result = ask(inference, std::move(late));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kTimeout);
  EXPECT_TRUE(firstDone.get().ok());
}

TEST_F(InferenceTest, HigherPrioritiesGoFirst) {
  behaviour_->duration = 100ms;
  Inference inference(1, 1);
  BatchSettings batching;
  batching.maxRows = 1;
  const auto model = makeModel("a", batching, 1);
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  for (int i = 0; i < 4; ++i) {
    auto made = request(model, {1});
    made.priority = i == 3 ? 1 : 2;
    auto promise = std::make_shared<std::promise<Result<InferenceOutputs>>>();
    futures.push_back(promise->get_future());
    inference.enqueue(std::move(made), [&, i, promise](Result<InferenceOutputs> result) {
      {
        std::lock_guard lock(mutex);
        order.push_back(i);
      }
      promise->set_value(std::move(result));
    });
    while (i == 0 && behaviour_->runs == 0) std::this_thread::sleep_for(1ms);  // it runs while the others come
  }
  for (auto& future : futures) future.wait();
  EXPECT_EQ(order, (std::vector<int>{0, 3, 1, 2}));
}

TEST_F(InferenceTest, WaitsForMoreWhereThatIsAllowed) {
  Inference inference(1, 2);
  BatchSettings batching;
  batching.maxDelay = 500ms;
  batching.maxRows = 3;
  const auto model = makeModel("a", batching);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  for (int i = 0; i < 3; ++i) {
    auto [completion, future] = awaited();
    inference.enqueue(request(model, {1}), completion);
    futures.push_back(std::move(future));
  }
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
  EXPECT_EQ(behaviour_->runs, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 400ms);  // full: no wait
  EXPECT_TRUE(ask(inference, request(model, {1})).ok());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 500ms);
}

TEST_F(InferenceTest, SlowModelsDoNotHoldUpATurn) {
  behaviour_->duration = 300ms;
  Inference inference(1, 1);
  const auto model = makeModel("slow");
  EXPECT_TRUE(ask(inference, request(model, {1})).ok());
  auto [completion, future] = awaited();
  inference.submit(0, request(model, {1}), completion);
  const auto start = std::chrono::steady_clock::now();
  inference.flush(0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 200ms);
  EXPECT_TRUE(future.get().ok());
}

TEST_F(InferenceTest, ManyThreadsEachGetTheirOwnAnswer) {
  const auto model = makeModel("a", {}, 2);
  std::atomic<int> wrong = 0;
  Inference inference(2, 2);
  std::vector<std::thread> threads;
  for (size_t worker = 0; worker < 2; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < 300; ++i) {
        std::vector<std::future<Result<InferenceOutputs>>> futures;
        for (int k = 0; k < 4; ++k) {
          auto [completion, future] = awaited();
          auto made = request(model, {static_cast<float>(i + k)});
          k % 2 == 0 ? inference.submit(worker, std::move(made), completion)
                     : inference.enqueue(std::move(made), completion);
          futures.push_back(std::move(future));
        }
        inference.flush(worker);
        for (int k = 0; k < 4; ++k) {
          if (numbers(futures[static_cast<size_t>(k)].get().value()[0]) != std::vector<float>{2.0F * (i + k)}) ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(model->metrics().totals().successes, 2400U);
}

TEST_F(InferenceTest, AnswersEverythingWhenItEnds) {
  behaviour_->duration = 20ms;
  std::vector<std::future<Result<InferenceOutputs>>> futures;
  {
    Inference inference(1, 1);
    BatchSettings batching;
    batching.maxRows = 1;
    const auto model = makeModel("a", batching, 1);
    for (int i = 0; i < 10; ++i) {
      auto [completion, future] = awaited();
      inference.enqueue(request(model, {1}), completion);
      futures.push_back(std::move(future));
    }
  }
  for (auto& future : futures) {
    const auto result = future.get();
    if (!result.ok()) {
      EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
    }
  }
}

}  // namespace
}  // namespace mlaas::serve
