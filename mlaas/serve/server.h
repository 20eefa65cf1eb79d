// Accepts HTTP/1.1 connections and answers their requests by a handler: keep-alive, pipelining, limits, orderly end.
// Threads: run() starts `threads` serving threads, each with an event loop of its own; a connection stays on one of
//          them, and so does the handler's call for each of its requests. Request::worker is the thread's number.
//          Answers come from any thread.
// Errors:  kInvalidArgument (address), kIo (the address is taken).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "mlaas/base/error.h"
#include "mlaas/serve/http_message.h"

namespace mlaas::serve {

struct ListenAddress {
  std::string host;  // numeric
  uint16_t port = 0;
};

// "127.0.0.1:8083", "[::1]:8083", "localhost:8083", ":8083" (all addresses of IPv4). Port 0 picks a free one.
Result<ListenAddress> parseListenAddress(std::string_view text);

struct ConnectionLimits {
  uint32_t headerBytes = 32 * 1024;
  uint64_t bodyBytes = uint64_t{64} << 20;
  std::chrono::milliseconds idle{60000};      // from one answer, or the connection's start, to the next complete header
  std::chrono::milliseconds transfer{30000};  // for the body of a request, and for writing its answer
};

struct ServerOptions {
  ListenAddress address{"127.0.0.1", 8083};
  size_t threads = 1;
  ConnectionLimits limits;
  std::chrono::milliseconds drain{10000};  // what requests in flight get when the server stops
  // Called on each serving thread when it has handed out all requests that have come by now.
  std::function<void(size_t worker)> endOfTurn = {};
};

class Server {
 public:
  // Binds and listens; `handler` is called from `threads` threads at once.
  static Result<std::unique_ptr<Server>> listen(ServerOptions options, RequestHandler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "http://127.0.0.1:8083", with the port that was picked.
  std::string url() const;

  // Serves until a stop is requested; then accepts nothing more, lets requests in flight finish within the drain time,
  // closes what is left and returns. Once only.
  void run(const std::stop_token& stop);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
