#include "mlaas/serve/router.h"

#include <gtest/gtest.h>

namespace mlaas::serve {
namespace {

class RouterTest : public testing::Test {
 protected:
  void SetUp() override {
    router_.add("GET", "/", named("root"));
    router_.add("GET", "/params", named("show"));
    router_.add("POST", "/params", named("set"));
    router_.add("POST", "/v2/models/{model}/infer", named("infer"));
  }
  // A handler that answers with its name and the path's parameters.
  static RouteHandler named(const std::string& name) {
    return [name](const Request&, PathParameters parameters) {
      Response response{200, "", name, {}};
      for (const auto& parameter : parameters) response.body += ":" + parameter;
      return response;
    };
  }
  struct Asked {
    Response response;
    size_t route = 0;
  };
  Asked ask(std::string_view method, std::string_view path) const {
    Request request;
    request.method = method;
    request.path = path;
    auto match = router_.find(request);
    Asked asked{std::move(match.refusal), match.route};
    if (match.handler != nullptr) {
      (*match.handler)(request, match.parameters, [&](Response response) { asked.response = std::move(response); });
    }
    return asked;
  }
  Router router_;
};

TEST_F(RouterTest, FindsTheHandler) {
  EXPECT_EQ(ask("GET", "/").response.body, "root");
  EXPECT_EQ(ask("GET", "/params").response.body, "show");
  EXPECT_EQ(ask("HEAD", "/params").response.body, "show");
  EXPECT_EQ(ask("POST", "/params/").response.body, "set");
  EXPECT_EQ(ask("POST", "/v2/models/a%20b/infer").response.body, "infer:a b");
}

TEST_F(RouterTest, SaysWhichRoute) {
  EXPECT_EQ(router_.patterns().at(ask("POST", "/v2/models/x/infer").route), "/v2/models/{model}/infer");
  EXPECT_EQ(router_.patterns().at(ask("GET", "/nothing").route), "none");
}

TEST_F(RouterTest, OffersTheNearestRoute) {
  const auto response = ask("GET", "/parms").response;
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("did you mean '/params'"), std::string::npos) << response.body;
}

TEST_F(RouterTest, NamesTheMethods) {
  const auto response = ask("DELETE", "/params").response;
  EXPECT_EQ(response.status, 405);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].first, "Allow");
  EXPECT_EQ(response.headers[0].second, "GET, POST");
}

TEST_F(RouterTest, RefusesOddPaths) {
  EXPECT_EQ(ask("GET", "").response.status, 404);
  EXPECT_EQ(ask("GET", "params").response.status, 404);
  EXPECT_EQ(ask("POST", "/v2/models//infer").response.status, 404);
  EXPECT_EQ(ask("POST", "/v2/models/%zz/infer").response.status, 400);
  EXPECT_EQ(ask("GET", "/%FF").response.status, 400);
}

}  // namespace
}  // namespace mlaas::serve
