// Prefix, rate limit and trace headers; tokens are in access_rights_test.cpp.
#include "mlaas/serve/gate.h"

#include <gtest/gtest.h>

namespace mlaas::serve {
namespace {

using namespace std::chrono_literals;
using Clock = RateLimit::Clock;

// What the gate answers, with the path that reached the application as body.
Response ask(Gate& gate, std::string_view path,
             std::vector<std::pair<std::string_view, std::string_view>> headers = {}) {
  Request request;
  request.method = "GET";
  request.path = path;
  request.client = "127.0.0.1";
  request.headers = std::move(headers);
  Response got;
  gate.handle(request, [&](Response response) { got = std::move(response); });
  return got;
}

void echo(const Request& request, const Answer& answer) { answer({200, "", std::string(request.path), {}}); }

TEST(Gate, TakesThePrefixAway) {
  Gate gate({parseBase("tfaas/").value(), {}, {}}, echo);
  EXPECT_EQ(ask(gate, "/tfaas/json").body, "/json");
  EXPECT_EQ(ask(gate, "/tfaas").body, "/");
  EXPECT_EQ(ask(gate, "/tfaas/").body, "/");
  for (const char* outside : {"/json", "/tfaasx/json", "/", "*", ""}) {
    const Response refused = ask(gate, outside);
    EXPECT_EQ(refused.status, 404);
    EXPECT_NE(refused.body.find("/tfaas"), std::string::npos);
  }
  Gate open({"", {}, {}}, echo);
  EXPECT_EQ(ask(open, "/json").body, "/json");
  EXPECT_EQ(ask(open, "*").body, "*");
  for (const char* wrong : {"a b", "a?b", "\"", "a\r\n"}) EXPECT_FALSE(parseBase(wrong).ok()) << wrong;
}

TEST(Gate, LimitsTheRateAsTfaasDoes) {
  Gate gate({"", Rate{2, 86400s}, {}}, echo);
  for (const char* remaining : {"1", "0"}) {
    const Response good = ask(gate, "/json");
    EXPECT_EQ(good.status, 200);
    ASSERT_EQ(good.headers.size(), 3U);
    EXPECT_EQ(good.headers[0], (std::pair<std::string, std::string>("X-RateLimit-Limit", "2")));
    EXPECT_EQ(good.headers[1], (std::pair<std::string, std::string>("X-RateLimit-Remaining", remaining)));
    EXPECT_EQ(good.headers[2].first, "X-RateLimit-Reset");
  }
  const Response refused = ask(gate, "/json");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body, "Limit exceeded\n");
  EXPECT_EQ(refused.headers[0].first, "Retry-After");
  EXPECT_EQ(refused.headers.back().first, "X-RateLimit-Reset");
}

TEST(Gate, HandsTheTraceBack) {
  Gate gate({"", {}, {}}, echo);
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const Response traced = ask(gate, "/", {{"TraceParent", parent}, {"tracestate", "a=b"}});
  ASSERT_EQ(traced.headers.size(), 2U);
  EXPECT_EQ(traced.headers[0].second, parent);
  EXPECT_EQ(traced.headers[1].second, "a=b");
  EXPECT_TRUE(ask(gate, "/", {{"tracestate", "a=b"}}).headers.empty());
  EXPECT_TRUE(ask(gate, "/", {{"traceparent", std::string(100, 'a')}}).headers.empty());
}

TEST(RateLimit, CountsEachClientInWindows) {
  RateLimit limit({2, 60s});
  const Clock::time_point start(1000s + 300ms);
  EXPECT_EQ(limit.count("a", start).remaining, 1);
  EXPECT_EQ(limit.count("a", start + 1s).reset, Clock::time_point(1060s));
  EXPECT_FALSE(limit.count("a", start + 59s).allowed);
  EXPECT_TRUE(limit.count("b", start + 59s).allowed);
  EXPECT_TRUE(limit.count("a", start + 60s).allowed);
  // A clock that is set back begins anew.
  EXPECT_EQ(limit.count("a", start - 1h).remaining, 1);
}

TEST(RateLimit, HasABoundOnItsMemory) {
  RateLimit limit({1, 60s});
  const Clock::time_point now(1000s);
  for (int i = 0; i < 100000; ++i) EXPECT_TRUE(limit.count(std::to_string(i), now).allowed);
  EXPECT_TRUE(limit.count("one more", now).allowed);
  EXPECT_FALSE(limit.count("and one more", now).allowed);
  EXPECT_FALSE(limit.count("5", now).allowed);
}

TEST(Rate, IsWrittenAsTfaasWritesIt) {
  EXPECT_EQ(parseRate("100-S").value().requests, 100);
  EXPECT_EQ(parseRate("100-S").value().window, 1s);
  EXPECT_EQ(parseRate("5-m").value().window, 60s);
  EXPECT_EQ(parseRate("5-H").value().window, 3600s);
  EXPECT_EQ(parseRate("5-D").value().window, 86400s);
  for (const char* wrong : {"", "100", "100-", "-S", "0-S", "-1-S", "100-X", "100-SS", "1e3-S", "9999999999999999-S"}) {
    EXPECT_FALSE(parseRate(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace mlaas::serve
