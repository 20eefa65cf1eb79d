// The server on a real socket with a handler of the test's own.
#include "mlaas/serve/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

namespace mlaas::serve {
namespace {

using namespace std::chrono_literals;

// A connection that sends bytes and reads until a text has come or the peer closes.
class Client {
 public:
  explicit Client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(&address, sizeof address);
  }
  explicit Client(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connect(&address, sizeof address);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) const { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
  // All that comes until `end` (or the end of the connection).
  std::string readUntil(std::string_view end) {
    while (received_.find(end) == std::string::npos) {
      char bytes[4096];
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) return std::exchange(received_, {});
      received_.append(bytes, static_cast<size_t>(count));
    }
    const size_t length = received_.find(end) + end.size();
    std::string text = received_.substr(0, length);
    received_.erase(0, length);
    return text;
  }
  std::string readAll() { return readUntil(std::string("\0never", 6)); }

  // The answer's status; 0 where the peer closed without one.
  int status() {
    const std::string all = readAll();
    return all.starts_with("HTTP/1.1 ") ? std::stoi(all.substr(9)) : 0;
  }

 private:
  void connect(const void* address, socklen_t bytes) {
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, static_cast<const sockaddr*>(address), bytes) == 0;
  }
  int socket_;
  bool connected_ = false;
  std::string received_;
};

class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.addresses = {{"127.0.0.1", 0}};
    options.threads = 2;
    server_ =
        Server::listen(options, [this](const Request& request, const Answer& answer) {
          ++calls_;
          if (request.path == "/late") return answerLate(answer);
          if (request.path == "/large") return answer({200, "text/plain", std::string(64 << 20, 'x'), {}});
          if (request.path == "/slow") std::this_thread::sleep_for(300ms);
          answer({200, "text/plain", "[" + std::string(request.path) + "|" + std::string(request.body) + "]", {}});
        }).value();
    const std::string url = server_->url();
    port_ = static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    thread_ = std::jthread([this](const std::stop_token& stop) { server_->run(stop); });
  }
  void TearDown() override { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }
  // From another thread, after the handler has returned.
  void answerLate(const Answer& answer) {
    std::lock_guard lock(mutex_);
    late_.emplace_back([answer] {
      std::this_thread::sleep_for(100ms);
      answer({200, "text/plain", "late", {}});
      answer({200, "text/plain", "once more", {}});
    });
  }
  std::mutex mutex_;
  std::vector<std::jthread> late_;  // under mutex_
  std::unique_ptr<Server> server_;
  std::jthread thread_;
  uint16_t port_ = 0;
  std::atomic<int> calls_ = 0;
};

TEST_F(ServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  start();
  Client client(port_);
  client.send(
      "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
      "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = client.readAll();
  const size_t a = all.find("[/a|]");
  const size_t b = all.find("[/b|hi]");
  const size_t c = all.find("[/c|]");
  EXPECT_TRUE(a < b && b < c && c != std::string::npos) << all;
}

TEST_F(ServerTest, ReadsChunkedBodiesAndBodiesInPieces) {
  start();
  Client client(port_);
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  std::this_thread::sleep_for(20ms);
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(client.readUntil("]").find("[/x|abcde]"), std::string::npos);
}

TEST_F(ServerTest, MeetsTheExpectationOf100Continue) {
  start();
  Client client(port_);
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_NE(client.readUntil("]").find("[/x|ok]"), std::string::npos);
  Client other(port_);
  other.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: miracles\r\n\r\n");
  EXPECT_TRUE(other.readAll().starts_with("HTTP/1.1 417"));
}

TEST_F(ServerTest, LeavesTheBodyOutForHead) {
  start();
  Client client(port_);
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = client.readAll();
  EXPECT_NE(all.find("Content-Length: 5"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  start();
  for (const char* wrong : {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\nbad header\r\n\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    Client client(port_);
    client.send(wrong);
    const std::string all = client.readAll();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 400 ")) << wrong << " gave " << all;
    EXPECT_NE(all.find("{\"error\":"), std::string::npos);
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(ServerTest, LimitsHeadersAndBodies) {
  ServerOptions options;
  options.limits.headerBytes = 1000;
  options.limits.bodyBytes = 100;
  start(options);
  Client large(port_);
  large.send("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(large.readAll().starts_with("HTTP/1.1 431 "));
  Client announced(port_);
  announced.send("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
  EXPECT_TRUE(announced.readAll().starts_with("HTTP/1.1 413 "));
  Client chunked(port_);
  chunked.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x') + "\r\n0\r\n\r\n");
  EXPECT_TRUE(chunked.readAll().starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(calls_, 0);
}

TEST_F(ServerTest, EndsSlowConnections) {
  ServerOptions options;
  options.limits.idle = 50ms;
  options.limits.transfer = 100ms;
  options.limits.header = 100ms;
  start(options);
  Client idle(port_);
  EXPECT_EQ(idle.readAll(), "");
  Client header(port_);
  header.send("GET / HT");
  EXPECT_NE(header.readAll().find("the header came too slowly"), std::string::npos);
  Client body(port_);
  body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(body.status(), 408);
  EXPECT_EQ(calls_, 0);
}

TEST_F(ServerTest, AHeaderInDropsHasNoMoreTimeThanOneThatHangs) {
  ServerOptions options;
  options.limits.header = 100ms;
  start(options);
  Client drops(port_);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    drops.send(i == 0 ? "GET / HTTP/1.1\r\nX: " : "x");
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(drops.status(), 408);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(ServerTest, ABodyAtAFairPaceHasItsTime) {
  ServerOptions options;
  options.limits.transfer = 50ms;
  options.limits.slowestBytesPerSecond = 1000;
  start(options);
  Client client(port_);
  client.send("POST /x HTTP/1.1\r\nContent-Length: 400\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 8; ++i) {
    client.send(std::string(50, 'x'));
    std::this_thread::sleep_for(15ms);
  }
  EXPECT_EQ(client.status(), 200);
}

TEST_F(ServerTest, TurnsAwayConnectionsBeyondTheLimit) {
  ServerOptions options;
  options.limits.connections = 2;
  start(options);
  std::vector<std::unique_ptr<Client>> open;
  for (int i = 0; i < 2; ++i) {
    open.push_back(std::make_unique<Client>(port_));
    open.back()->send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(open.back()->readUntil("]").find("200 OK"), std::string::npos);
  }
  Client third(port_);
  const std::string refused = third.readAll();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("\r\nRetry-After: 1\r\n"), std::string::npos);
  open.clear();
  for (int attempt = 0; attempt < 100; ++attempt) {
    Client next(port_);
    next.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    if (next.status() == 200) return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << "no connection was served after the others had ended";
}

TEST_F(ServerTest, BoundsTheBytesOfAllRequestsTogether) {
  ServerOptions options;
  options.limits.bytesInFlight = 1000;
  start(options);
  Client holder(port_);
  holder.send("POST /x HTTP/1.1\r\nContent-Length: 800\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  Client announced(port_);
  announced.send("POST / HTTP/1.1\r\nContent-Length: 300\r\n\r\n");
  const std::string refused = announced.readAll();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("\r\nRetry-After: 1\r\n"), std::string::npos);
  Client chunked(port_);
  chunked.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x') + "\r\n");
  EXPECT_EQ(chunked.status(), 503);
  holder.send(std::string(800, 'x'));
  EXPECT_NE(holder.readUntil("]").find("200 OK"), std::string::npos);
  Client later(port_);
  later.send("POST / HTTP/1.1\r\nContent-Length: 300\r\nConnection: close\r\n\r\n" + std::string(300, 'x'));
  EXPECT_EQ(later.status(), 200);
}

TEST_F(ServerTest, GivesUpOnAPeerThatDoesNotRead) {
  std::mutex mutex;
  std::vector<bool> cut;
  ServerOptions options;
  options.limits.transfer = 100ms;
  options.limits.slowestBytesPerSecond = uint64_t{1} << 40;
  options.onExchange = [&](const Exchange& exchange) {
    std::lock_guard lock(mutex);
    cut.push_back(exchange.cut);
  };
  start(options);
  Client client(port_);
  client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 400; ++i) {
    std::this_thread::sleep_for(5ms);
    std::lock_guard lock(mutex);
    if (!cut.empty()) break;
  }
  std::lock_guard lock(mutex);
  EXPECT_EQ(cut, std::vector<bool>{true});
}

TEST_F(ServerTest, AnswersOneHundredPipelinedRequests) {
  start();
  Client client(port_);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(requests.substr(0, 1234));
  std::this_thread::sleep_for(10ms);
  client.send(requests.substr(1234));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(client.readUntil("]").ends_with("[/" + std::to_string(i) + "|]")) << i;
  }
}

TEST_F(ServerTest, ListensOnAUnixSocket) {
  const std::string path = testing::TempDir() + "mlaas_server_test.sock";
  for (int round = 0; round < 2; ++round) {
    ServerOptions options;
    options.addresses = {parseListenAddress("unix:" + path).value()};
    auto server = Server::listen(options, [](const Request& request, const Answer& answer) {
      answer({200, "text/plain", "from " + std::string(request.client), {}});
    });
    ASSERT_TRUE(server.ok()) << server.error().what();
    EXPECT_EQ((*server)->url(), "unix:" + path);
    EXPECT_FALSE(Server::listen(options, {}).ok());  // in use
    std::jthread thread([&](const std::stop_token& stop) { (*server)->run(stop); });
    Client client(path);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.readUntil("unix").ends_with("from unix"));
    thread.request_stop();
    thread.join();
    server->reset();
    EXPECT_FALSE(std::filesystem::exists(path));
    // What a server that was killed leaves behind.
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(left);
  }
  std::filesystem::remove(path);
}

TEST_F(ServerTest, ReportsEachExchange) {
  std::mutex mutex;
  std::vector<std::string> lines;
  ServerOptions options;
  options.onExchange = [&](const Exchange& exchange) {
    std::lock_guard lock(mutex);
    lines.push_back(std::string(exchange.client) + " " + std::string(exchange.method) + " " +
                    std::string(exchange.path) + " " + std::to_string(exchange.status) + " " +
                    std::to_string(exchange.receivedBytes) + (exchange.read.count() >= 0 ? "" : " early") +
                    (exchange.answer >= exchange.parse ? "" : " wrong"));
  };
  start(options);
  for (const char* text :
       {"POST /b?c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", "nonsense\r\n\r\n"}) {
    Client client(port_);
    client.send(text);
    client.readAll();
  }
  stop();
  EXPECT_EQ(lines, (std::vector<std::string>{"127.0.0.1 POST /b 200 2", "127.0.0.1   400 0"}));
}

TEST_F(ServerTest, FinishesRequestsInFlightWhenItStops) {
  start();
  Client idle(port_);
  idle.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.readUntil("]");
  Client busy(port_);
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  while (calls_ < 2) std::this_thread::sleep_for(5ms);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_NE(busy.readAll().find("[/slow|]"), std::string::npos);
  EXPECT_EQ(idle.readAll(), "");
  EXPECT_FALSE(Client(port_).connected());
}

TEST_F(ServerTest, TakesAnAnswerFromAnotherThreadOnce) {
  start();
  Client client(port_);
  client.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(client.readUntil("late").starts_with("HTTP/1.1 200 OK"));
  client.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string next = client.readAll();
  EXPECT_NE(next.find("[/a|]"), std::string::npos);
  EXPECT_EQ(next.find("once more"), std::string::npos);
}

TEST_F(ServerTest, WaitsForALateAnswerWhenItStops) {
  start();
  Client client(port_);
  client.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  while (calls_ < 1) std::this_thread::sleep_for(5ms);
  stop();
  EXPECT_TRUE(client.readAll().ends_with("late"));
}

TEST_F(ServerTest, EndsEachTurn) {
  ServerOptions options;
  std::atomic<int> turns = 0;
  options.endOfTurn = [&](size_t worker) { turns += worker < 2 ? 1 : 1000; };
  start(options);
  Client client(port_);
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  client.readUntil("]");
  stop();
  EXPECT_GE(turns, 1);
  EXPECT_LT(turns, 1000);
}

TEST_F(ServerTest, DrainHasAnEnd) {
  ServerOptions options;
  options.drain = 100ms;
  start(options);
  Client half(port_);
  half.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  std::this_thread::sleep_for(50ms);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(ServerTest, SaysWhenTheAddressIsTaken) {
  start();
  ServerOptions options;
  options.addresses = {{"127.0.0.1", port_}};
  const auto second = Server::listen(options, [](const Request&, const Answer& answer) { answer({}); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kIo);
  EXPECT_NE(std::string(second.error().what()).find(std::to_string(port_)), std::string::npos);
}

TEST(ListenAddress, ReadsAddresses) {
  EXPECT_EQ(parseListenAddress("127.0.0.1:8083").value().port, 8083);
  EXPECT_EQ(parseListenAddress("localhost:0").value().host, "127.0.0.1");
  EXPECT_EQ(parseListenAddress("[::1]:80").value().host, "::1");
  EXPECT_EQ(parseListenAddress(":80").value().host, "0.0.0.0");
  EXPECT_EQ(parseListenAddress("unix:/run/mlaas.sock").value().path, "/run/mlaas.sock");
  EXPECT_FALSE(parseListenAddress("unix:/" + std::string(200, 'x')).ok());
  for (const char* wrong :
       {"", "8083", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "example.org:80", "127.0.0.1:8x", "unix:"}) {
    EXPECT_FALSE(parseListenAddress(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace mlaas::serve
