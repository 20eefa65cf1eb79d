// The client against a real server with a small model of trees, and against one that answers what a test wants.
#include "mlaas/client/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "mlaas/client/tensor_message.h"
#include "mlaas/model/bundle.h"
#include "mlaas/serve/application.h"
#include "mlaas/serve/server.h"
#include "tests/unit/io/temporary_folder.h"

namespace mlaas::client {
namespace {

// One split: a margin of -1 where ht < 100, of 2 from there on. The score is its sigmoid.
constexpr std::string_view kTrees = R"({"learner": {
  "gradient_booster": {"name": "gbtree", "model": {
    "gbtree_model_param": {"num_trees": "1"}, "tree_info": [0],
    "trees": [{"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0],
      "split_conditions": [100, -1, 2], "default_left": [1, 0, 0], "split_type": [0, 0, 0],
      "tree_param": {"num_nodes": "3", "num_feature": "1"}}]}},
  "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "1", "num_target": "1"},
  "objective": {"name": "binary:logistic"}, "feature_names": []}, "version": [1, 7, 4]})";
const float kLow = 1 / (1 + std::exp(1.0F));
const float kHigh = 1 / (1 + std::exp(-2.0F));

// A server on a free port for as long as it lives.
class RunningServer {
 public:
  explicit RunningServer(serve::RequestHandler handler, std::function<void(size_t)> endOfTurn = {}) {
    serve::ServerOptions options;
    options.addresses = {{"127.0.0.1", 0}};
    options.endOfTurn = std::move(endOfTurn);
    server_ = serve::Server::listen(options, std::move(handler)).value();
    thread_ = std::thread([this] { server_->run(stop_.get_token()); });
  }
  ~RunningServer() {
    stop_.request_stop();
    thread_.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  std::string url() const { return server_->url(); }

 private:
  std::unique_ptr<serve::Server> server_;
  std::stop_source stop_;
  std::thread thread_;
};

class ModelServerTest : public testing::Test {
 protected:
  void SetUp() override {
    model::Bundle bundle;
    bundle.name = "step";
    bundle.engine = model::EngineKind::kTrees;
    bundle.modelFile = "model.json";
    bundle.features.defines = {{"twice", "ht * 2"}};
    bundle.features.select = "met > 10";
    bundle.features.scalars = {"ht"};
    bundle.identity = {"event"};
    bundle.labels = {"background", "signal"};
    bundle.outputs = {"score"};
    auto writer = model::BundleWriter::begin(folder_.path("step")).value();
    writer.addFile("model.json", kTrees).value();
    writer.commit(bundle).value();
    application_ = serve::Application::make(folder_.path("step"), {}, {}).value();
    server_.emplace([this](const serve::Request& request,
                           serve::Answer answer) { application_->handle(request, std::move(answer)); },
                    [this](size_t worker) { application_->endOfTurn(worker); });
    client_.emplace(Client::make(server_->url()).value());
  }

  static Tensor scalars(const std::vector<float>& values) {
    return Tensor::of("scalars", {static_cast<int64_t>(values.size()), 1}, std::span<const float>(values));
  }

  io::TemporaryFolder folder_;
  std::unique_ptr<serve::Application> application_;
  std::optional<RunningServer> server_;
  std::optional<Client> client_;
};

TEST_F(ModelServerTest, Infers) {
  const std::vector<Tensor> inputs = {scalars({99.5F, 100, 250})};
  const auto outputs = client_->infer("step", inputs).value();
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].name, "scores");
  EXPECT_EQ(outputs[0].shape, (std::vector<int64_t>{3, 1}));
  const auto scores = outputs[0].as<float>();
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_NEAR(scores[0], kLow, 1e-6);
  EXPECT_NEAR(scores[1], kHigh, 1e-6);
  EXPECT_NEAR(scores[2], kHigh, 1e-6);
  EXPECT_TRUE(outputs[0].as<double>().empty());
  EXPECT_TRUE(client_->infer("step", inputs, {"1", {"scores"}}).ok());
}

TEST_F(ModelServerTest, ScoresEvents) {
  const auto events = Client::Json::parse(R"([{"ht": 50, "met": 20, "event": 7}, {"ht": 150, "met": 5, "event": 8}])");
  const auto scores = client_->events("step", events).value();
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_EQ(scores[0]["event"], 7);
  EXPECT_EQ(scores[0]["selected"], true);
  EXPECT_NEAR(scores[0]["score"].get<double>(), kLow, 1e-6);
  EXPECT_EQ(scores[1]["selected"], false);
  EXPECT_NEAR(scores[1]["score"].get<double>(), kHigh, 1e-6);
  Client::Json columns;
  columns["ht"] = {50.0, std::nan("")};
  columns["met"] = {20.0, 20.0};
  EXPECT_TRUE(client_->events("step", columns, "1").value()["score"][1].is_null());
}

TEST_F(ModelServerTest, DescribesServerAndModel) {
  EXPECT_EQ(client_->server().value()["name"], "mlaas");
  EXPECT_EQ(client_->metadata("step").value()["inputs"][0]["name"], "scalars");
  EXPECT_TRUE(client_->ready("step").value());
  EXPECT_FALSE(client_->ready("other").value());
}

TEST_F(ModelServerTest, NamesWhatTheServerRefuses) {
  const auto unknown = client_->metadata("stop");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message().find("did you mean 'step'"), std::string::npos) << unknown.error().what();
  const std::vector<Tensor> wrong = {Tensor::of<float>("scalars", {1, 2}, std::vector<float>{1, 2})};
  const auto refused = client_->infer("step", wrong);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  const auto missing = client_->events("step", Client::Json::parse(R"([{"met": 1}])"));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("'ht' is missing"), std::string::npos);
}

TEST(Client, KeepsItsConnectionAndSpeaksJsonWhereItMust) {
  std::atomic<int> requests = 0;
  std::mutex mutex;
  std::string seen;
  RunningServer server([&](const serve::Request& request, const serve::Answer& answer) {
    ++requests;
    if (request.path == "/v2") return answer({200, "application/json", R"({"extensions":[]})", {}});
    const std::lock_guard lock(mutex);
    seen = std::string(request.path) + " " + std::string(request.header("Authorization")) + " " +
           std::string(request.body);
    answer({200, "application/json", R"({"outputs":[{"name":"y","datatype":"INT64","shape":[2],"data":[3,-4]}]})", {}});
  });
  ClientOptions options;
  options.token = "secret-of-the-test";
  auto client = Client::make(server.url() + "/", options).value();
  const std::vector<Tensor> inputs = {Tensor::of<int32_t>("x", {2}, std::vector<int32_t>{1, 2})};
  for (int i = 0; i < 3; ++i) {
    const auto outputs = client.infer("a b/c", inputs, {{}, {"y"}}).value();
    EXPECT_EQ(std::vector<int64_t>(outputs[0].as<int64_t>().begin(), outputs[0].as<int64_t>().end()),
              (std::vector<int64_t>{3, -4}));
  }
  EXPECT_EQ(requests, 4);
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(seen.starts_with("/v2/models/a%20b%2Fc/infer Bearer secret-of-the-test ")) << seen;
  EXPECT_NE(seen.find(R"("data":[1,2])"), std::string::npos) << seen;
  EXPECT_NE(seen.find(R"("outputs":[{"name":"y"}])"), std::string::npos) << seen;
}

TEST(Client, TranslatesStatusAndTrouble) {
  std::atomic<int> status = 500;
  RunningServer server([&](const serve::Request&, const serve::Answer& answer) {
    answer({status, "application/json", R"({"error":"no"})", {}});
  });
  auto client = Client::make(server.url()).value();
  for (const auto& [code, expected] :
       {std::pair{400, ErrorCode::kInvalidArgument}, std::pair{401, ErrorCode::kUnauthenticated},
        std::pair{403, ErrorCode::kForbidden}, std::pair{404, ErrorCode::kNotFound},
        std::pair{429, ErrorCode::kOverloaded}, std::pair{500, ErrorCode::kInternal},
        std::pair{501, ErrorCode::kUnsupported}, std::pair{503, ErrorCode::kOverloaded},
        std::pair{504, ErrorCode::kTimeout}}) {
    status = code;
    EXPECT_EQ(client.server().error().code(), expected) << code;
    EXPECT_STREQ(client.server().error().what(), "no");
  }
  ClientOptions small;
  small.mostAnswerBytes = 3;
  EXPECT_EQ(Client::make(server.url(), small)->server().error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(Client::make("localhost").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Client::make("http://127.0.0.1:1")->server().error().code(), ErrorCode::kIo);
}

TEST(TensorMessage, RefusesDamagedAnswers) {
  const auto codeOf = [](std::string_view body, std::optional<size_t> length = {}) {
    const auto decoded = decodeOutputs(body, length);
    return decoded.ok() ? std::optional<ErrorCode>() : decoded.error().code();
  };
  EXPECT_EQ(codeOf("{"), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf("{}"), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(R"({"outputs":[{"name":1}]})"), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(R"({"outputs":[]})", 99), ErrorCode::kCorrupt);
  const std::string head =
      R"({"outputs":[{"name":"y","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]})";
  EXPECT_EQ(codeOf(head + "123", head.size()), ErrorCode::kCorrupt);
  EXPECT_EQ(codeOf(head + "1234", head.size()), std::nullopt);
  EXPECT_EQ(codeOf(R"({"outputs":[{"name":"y","datatype":"FP16","shape":[1],"data":[1]}]})"), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace mlaas::client
