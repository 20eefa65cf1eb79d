// Static tokens and which right each route needs; tokens of issuers are in json_web_token_test.cpp.
#include "mlaas/serve/access_rights.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace mlaas::serve {
namespace {

class AccessRightsTest : public testing::Test {
 protected:
  void SetUp() override { write("read aaaaaaaaaaaaaaaaaaaa\n# comment\n\nupload bbbbbbbbbbbbbbbbbbbb # ci\n"); }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
  }
  Result<std::shared_ptr<AccessRights>> make() const {
    AccessOptions options;
    options.tokenFile = path_;
    return AccessRights::make(options);
  }
  static int ask(AccessRights& rights, std::string_view method, std::string_view path, std::string_view header) {
    Request request;
    request.method = method;
    request.path = path;
    if (!header.empty()) request.headers.emplace_back("authorization", header);
    const auto refusal = rights.refusal(request, path);
    return refusal ? refusal->status : 200;
  }
  const std::string path_ = testing::TempDir() + "mlaas_tokens_test";
};

TEST_F(AccessRightsTest, ReadsAndUploadsSeparately) {
  const auto rights = make();
  ASSERT_TRUE(rights.ok()) << rights.error().what();
  const std::string reader = "Bearer aaaaaaaaaaaaaaaaaaaa";
  const std::string uploader = "bearer  bbbbbbbbbbbbbbbbbbbb";
  EXPECT_EQ(ask(**rights, "POST", "/json", reader), 200);
  EXPECT_EQ(ask(**rights, "POST", "/upload", reader), 403);
  EXPECT_EQ(ask(**rights, "POST", "/upload", uploader), 200);
  EXPECT_EQ(ask(**rights, "POST", "/json", uploader), 403);
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer aaaaaaaaaaaaaaaaaaab", "Basic aaaaaaaaaaaaaaaaaaaa",
                            "Bearer aaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", "Bearer ci", "Bearer #"}) {
    EXPECT_EQ(ask(**rights, "POST", "/json", wrong), 401) << wrong;
    EXPECT_EQ(ask(**rights, "GET", "/v2/health/ready", wrong), 200) << wrong;
  }
}

TEST_F(AccessRightsTest, SaysWhichTokenIsWanted) {
  const auto rights = make();
  Request request;
  request.method = "GET";
  auto refusal = (*rights)->refusal(request, "/models");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->headers.at(0).second, "Bearer realm=\"mlaas\"");
  request.headers.emplace_back("Authorization", "Bearer bbbbbbbbbbbbbbbbbbbb");
  refusal = (*rights)->refusal(request, "/models");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->headers.at(0).second,
            "Bearer realm=\"mlaas\", error=\"insufficient_scope\", scope=\"mlaas.read\"");
}

TEST_F(AccessRightsTest, ReadsTheFileAgain) {
  const auto rights = make();
  write("read cccccccccccccccccccc\n");
  ASSERT_TRUE((*rights)->reload().ok());
  EXPECT_EQ(ask(**rights, "GET", "/models", "Bearer aaaaaaaaaaaaaaaaaaaa"), 401);
  EXPECT_EQ(ask(**rights, "GET", "/models", "Bearer cccccccccccccccccccc"), 200);
  write("nonsense\n");
  EXPECT_FALSE((*rights)->reload().ok());
  EXPECT_EQ(ask(**rights, "GET", "/models", "Bearer cccccccccccccccccccc"), 200);
}

TEST_F(AccessRightsTest, RefusesWrongFiles) {
  for (const char* wrong :
       {"", "# none\n", "read short\n", "write aaaaaaaaaaaaaaaaaaaa\n", "read aaaaaaaaaaaaaaaaaaaa more\n", "read\n"}) {
    write(wrong);
    const auto rights = make();
    ASSERT_FALSE(rights.ok()) << wrong;
    EXPECT_EQ(rights.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(std::string(rights.error().what()).find("aaaaaaaa"), std::string::npos);
  }
  write("read aaaaaaaaaaaaaaaaaaaa\n", 0644);
  EXPECT_NE(std::string(make().error().what()).find("chmod"), std::string::npos);
  std::filesystem::remove(path_);
  EXPECT_EQ(make().error().code(), ErrorCode::kIo);
}

TEST(NeededRights, FollowTheRoutes) {
  const auto needs = [](const char* method, const char* path) {
    const Rights rights = neededRights(method, path);
    return std::string(rights.read ? "read" : "") + (rights.upload ? "upload" : "");
  };
  for (const char* path : {"/", "/v2/health/live", "/v2/health/ready", "/favicon.ico"})
    EXPECT_EQ(needs("GET", path), "");
  for (const char* path :
       {"/metrics", "/models", "/params", "/params/a", "/status", "/v2", "/v2/models/a", "/v2/healthy"}) {
    EXPECT_EQ(needs("GET", path), "read") << path;
  }
  for (const char* path : {"/json", "/predict/json", "/proto", "/image", "/v2/models/a/infer",
                           "/v2/models/upload/infer", "/v2/models/a/events", "/v2/repository/index", "/uploads"}) {
    EXPECT_EQ(needs("POST", path), "read") << path;
  }
  for (const char* path :
       {"/upload", "/upload/", "/params", "/v2/repository/models/a/load", "/v2/repository/models/a/unload",
        "/v2/logging", "/v2/trace/setting", "/v2/models/a/trace/setting", "/v2/systemsharedmemory/region/a/register"}) {
    EXPECT_EQ(needs("POST", path), "upload") << path;
  }
  EXPECT_EQ(needs("DELETE", "/delete"), "upload");
  EXPECT_EQ(needs("DELETE", "/delete/a"), "upload");
  EXPECT_EQ(needs("PUT", "/anything"), "upload");
}

}  // namespace
}  // namespace mlaas::serve
