// Accepts HTTP/1.1 connections and answers their requests by a handler: keep-alive, pipelining, TLS, limits, orderly end.
// Threads: run() starts `threads` serving threads, each with an event loop of its own; a connection stays on one of
//          them, and so does the handler's call for each of its requests. Request::worker is the thread's number.
//          Answers come from any thread.
// Errors:  kInvalidArgument (address), kIo (the address is taken; certificate or key cannot be read).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/http_message.h"

namespace mlaas::serve {

struct ListenAddress {
  std::string host;  // numeric
  uint16_t port = 0;
  std::string path = {};  // of a Unix socket; host and port are then unused
};

// "127.0.0.1:8083", "[::1]:8083", "localhost:8083", ":8083" (all addresses of IPv4), "unix:/run/mlaas.sock". Port 0
// picks a free one.
Result<ListenAddress> parseListenAddress(std::string_view text);

struct ConnectionLimits {
  uint32_t headerBytes = 32 * 1024;
  uint64_t bodyBytes = uint64_t{64} << 20;
  size_t connections = 8192;                         // more are answered with 503 and closed
  uint64_t bytesInFlight = uint64_t{1} << 30;        // of all bodies and answers together; more are answered with 503
  std::chrono::milliseconds idle{60000};             // from an answer, or the connection's start, to the next byte
  std::chrono::milliseconds header{10000};           // from the first byte of a request to the end of its header
  std::chrono::milliseconds transfer{30000};         // for the body of a request, and for writing its answer, and
  uint64_t slowestBytesPerSecond = uint64_t{16384};  // as much longer as their bytes take at this pace
};

// Certificate chain and private key as PEM files. Both empty: no TLS.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

// One request and its answer when it has been written, for logs and metrics. Views live for the call only.
struct Exchange {
  std::string_view client;  // numeric address, "unix"
  std::string_view method;  // empty where the request could not be read
  std::string_view path;
  const Request* request = nullptr;  // null where the request could not be read
  int status = 0;
  std::string_view model;  // as the handler said
  int64_t rows = 0;
  uint64_t receivedBytes = 0;  // of the body
  uint64_t sentBytes = 0;      // header and body
  bool cut = false;            // the peer did not take the whole answer
  std::chrono::system_clock::time_point begin;
  std::chrono::nanoseconds read{0};    // from the first byte to the whole request
  std::chrono::nanoseconds parse{0};   // in the handler's call
  std::chrono::nanoseconds answer{0};  // from the whole request to its answer
  std::chrono::nanoseconds write{0};
};

struct ServerOptions {
  std::vector<ListenAddress> addresses = {{"127.0.0.1", 8083}};
  size_t threads = 1;
  ConnectionLimits limits;
  TlsFiles tls;                            // of all addresses but Unix sockets
  std::chrono::milliseconds drain{10000};  // what requests in flight get when the server stops
  std::chrono::milliseconds farewell{0};   // how long connections are still accepted after a stop is requested
  // Called on each serving thread when it has handed out all requests that have come by now.
  std::function<void(size_t worker)> endOfTurn = {};
  // Called on a serving thread when an answer has been written.
  std::function<void(const Exchange&)> onExchange = {};
  // Called on the first serving thread at SIGHUP, after the certificate has been read again. Without it and without TLS
  // the signal is left alone.
  std::function<void()> onHangup = {};
  // Called on run()'s thread when a stop is requested, before anything is closed.
  std::function<void()> onStop = {};
};

class Server {
 public:
  // Binds and listens; `handler` is called from `threads` threads at once.
  static Result<std::unique_ptr<Server>> listen(ServerOptions options, RequestHandler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "http://127.0.0.1:8083", with the port that was picked; "unix:/run/mlaas.sock". Of the first address.
  std::string url() const;
  std::vector<std::string> urls() const;

  // Serves until a stop is requested; then accepts nothing more, lets requests in flight finish within the drain time,
  // closes what is left and returns. Once only.
  void run(const std::stop_token& stop);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mlaas::serve
