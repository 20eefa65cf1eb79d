// Trials of models, with scripts in the place of the program that loads them.
#include "mlaas/infer/model_vetting.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/unit/io/temporary_folder.h"

namespace mlaas::infer {
namespace {

using std::chrono::milliseconds;

class ModelVetting : public testing::Test {
 protected:
  Result<void> vetWith(const std::string& commands, milliseconds time = milliseconds(20'000)) const {
    const std::string program = folder_.write("program", "#!/bin/sh\n" + commands);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return vetModel(program, "/models/one two.onnx", {time, uint64_t{1} << 33});
  }
  io::TemporaryFolder folder_;
};

TEST_F(ModelVetting, PassesOnWhatTheTrialSays) {
  EXPECT_TRUE(vetWith("echo '{}'").ok());
  const auto refused = vetWith(R"(echo '{"error":"unsupported","message":"a strange layer"}')");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().message(), "a strange layer");
}

TEST_F(ModelVetting, GivesThePathAndTheLimits) {
  EXPECT_TRUE(vetWith(R"([ "$1" = vet-model ] && [ "$2" = "/models/one two.onnx" ] && [ "$4" = 20000 ] &&
                      [ "$6" = 8589934592 ] && [ "$8" = $PPID ] && echo '{}')")
                  .ok());
}

TEST_F(ModelVetting, SurvivesATrialThatDies) {
  for (const char* commands : {"kill -SEGV $$", "exit 3", "echo '{}'; exit 1", "echo nonsense", "true"}) {
    const auto died = vetWith(commands);
    ASSERT_FALSE(died.ok()) << commands;
    EXPECT_EQ(died.error().code(), ErrorCode::kCorrupt) << commands;
  }
  const auto died = vetWith("kill -SEGV $$");
  EXPECT_NE(died.error().message().find("signal 11"), std::string::npos) << died.error().message();
}

TEST_F(ModelVetting, EndsATrialThatHangs) {
  for (const char* commands : {"exec sleep 100", "exec >&-; exec sleep 100"}) {
    const auto start = std::chrono::steady_clock::now();
    const auto late = vetWith(commands, milliseconds(100));
    EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(10'000));
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().code(), ErrorCode::kUnsupported);
  }
}

TEST_F(ModelVetting, HandsOnNoFilesButThreeAndAnEndlessReportIsCut) {
  EXPECT_TRUE(vetWith("[ ! -e /proc/self/fd/5 ] && echo '{}'").ok());
  EXPECT_FALSE(vetWith("head -c 1000000 /dev/zero").ok());
}

TEST_F(ModelVetting, SaysThatTheProgramIsNotThere) {
  const auto absent = vetModel(folder_.path("absent"), "model.onnx");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code(), ErrorCode::kIo);
}

TEST_F(ModelVetting, ReportsAsOneLineOfJson) {
  EXPECT_EQ(vettingReport({}), "{}");
  const auto report = nlohmann::json::parse(vettingReport(Error(ErrorCode::kCorrupt, "line one\nline \xFF two")));
  EXPECT_EQ(report["error"], "corrupt");
  EXPECT_TRUE(report["message"].get<std::string>().starts_with("line one\nline "));
}

TEST_F(ModelVetting, IsForGraphsAndWhatIsSent) {
  EXPECT_TRUE(needsVetting(folder_.write("a.onnx", "x"), false));
  EXPECT_TRUE(needsVetting(folder_.write("b.pb", "x"), false));
  EXPECT_FALSE(needsVetting(folder_.write("c.json", "{}"), true));
  folder_.write("bundle.json", "{}");
  EXPECT_FALSE(needsVetting(folder_.path(""), false));
  EXPECT_TRUE(needsVetting(folder_.path(""), true));
  EXPECT_FALSE(needsVetting(folder_.path("absent.onnx"), true));
}

}  // namespace
}  // namespace mlaas::infer
