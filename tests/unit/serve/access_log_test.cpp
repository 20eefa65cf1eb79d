// Lines of the access log, as JSON says them; the file on disk and its reopening are in
// tests/integration/test_serve_operation.py.
#include "mlaas/serve/access_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mlaas::serve {
namespace {

using namespace std::chrono_literals;

TEST(AccessLog, WritesOneObjectALine) {
  Request request;
  const std::string parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  request.headers.emplace_back("traceparent", parent);
  Exchange exchange;
  exchange.client = "::1";
  exchange.method = "POST";
  exchange.path = "/a\"\n\xff";
  exchange.request = &request;
  exchange.status = 200;
  exchange.model = "tth";
  exchange.rows = 7;
  exchange.receivedBytes = 61;
  exchange.sentBytes = 187;
  exchange.begin = std::chrono::system_clock::time_point(1700000000s + 250us);
  exchange.read = 1ms;
  exchange.answer = 2ms;
  exchange.write = 500us;
  std::string line;
  appendAccessLine(line, exchange);
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  // 1700000000 is 2023-11-14T22:13:20Z (date -u -d @1700000000).
  const auto expected = nlohmann::json::parse(
      R"({"time":"2023-11-14T22:13:20.000250Z","client":"::1","method":"POST","path":"/a\"\n%FF","status":200,)"
      R"("received":61,"sent":187,"duration":0.0035,"model":"tth","rows":7,)"
      R"("trace":"4bf92f3577b34da6a3ce929d0e0e4736"})");
  EXPECT_EQ(nlohmann::json::parse(line), expected);
}

TEST(AccessLog, LeavesOutWhatIsNotThere) {
  Exchange exchange;
  exchange.client = "unix";
  exchange.status = 400;
  exchange.cut = true;
  std::string line;
  appendAccessLine(line, exchange);
  const auto json = nlohmann::json::parse(line);
  for (const char* name : {"method", "path", "model", "rows", "trace"}) EXPECT_FALSE(json.contains(name)) << name;
  EXPECT_EQ(json["cut"], true);
}

TEST(AccessLog, TakesTheTraceOfItsStandardFormOnly) {
  const std::string digits(32, 'a');
  EXPECT_EQ(traceOf("00-" + digits + "-00f067aa0ba902b7-01"), digits);
  for (const std::string& wrong :
       {std::string(), "00-" + digits.substr(1), "00-" + std::string(32, 'x') + "-0-01", "00_" + digits, digits}) {
    EXPECT_EQ(traceOf(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace mlaas::serve
