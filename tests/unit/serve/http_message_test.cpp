#include "mlaas/serve/http_message.h"

#include <gtest/gtest.h>

namespace mlaas::serve {
namespace {

TEST(HttpMessage, FindsHeadersInAnyCase) {
  Request request;
  request.headers = {{"Content-Type", "application/json"}, {"X-Other", "1"}};
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("CONTENT-TYPE"), "application/json");
  EXPECT_EQ(request.header("accept"), "");
}

TEST(HttpMessage, WritesAnAnswer) {
  std::string out;
  appendResponse(out, {404, "text/plain", "gone", {{"Allow", "GET"}}}, false, true);
  EXPECT_TRUE(out.starts_with("HTTP/1.1 404 Not Found\r\nServer: mlaas/"));
  EXPECT_NE(
      out.find("\r\nContent-Type: text/plain\r\nAllow: GET\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngone"),
      std::string::npos);
  out.clear();
  appendResponse(out, {200, "text/plain", "body", {}}, true, false);
  EXPECT_NE(out.find("\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

TEST(HttpMessage, EveryErrorCodeBecomesAnHttpError) {
  for (const ErrorCode code : kAllErrorCodes) {
    const Response response = errorResponse(Error(code, "a \"message\""));
    EXPECT_EQ(response.status, httpStatus(code));
    EXPECT_GE(response.status, 400);
    EXPECT_TRUE(response.body.starts_with("{\"error\":\"")) << response.body;
  }
}

TEST(HttpMessage, KeepsWhatWentWrongInsideFromTheClient) {
  const Response inside = errorResponse(Error(ErrorCode::kInternal, "/srv/models/tth/model.onnx is broken"));
  EXPECT_EQ(inside.status, 500);
  EXPECT_EQ(inside.body.find("/srv"), std::string::npos);
  EXPECT_NE(errorResponse(Error(ErrorCode::kInvalidArgument, "no \"values\"")).body.find("no \\\"values\\\""),
            std::string::npos);
}

TEST(HttpMessage, DecodesPaths) {
  EXPECT_EQ(percentDecoded("a%20b%2Fc").value(), "a b/c");
  EXPECT_EQ(percentDecoded("%C3%A9").value(), "\xC3\xA9");
  for (const char* wrong : {"%", "%2", "%zz", "%FF"}) {
    EXPECT_EQ(percentDecoded(wrong).error().code(), ErrorCode::kInvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace mlaas::serve
