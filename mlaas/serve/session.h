// One HTTP connection: reads a request, calls the handler, writes the answer, and again.
// Included by session.cpp and server.cpp only: it carries Boost.Beast.
// Threads: everything runs on the event loop of one worker.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "mlaas/serve/http_message.h"
#include "mlaas/serve/server.h"

namespace mlaas::serve {

class Session;

// A serving thread: its event loop and the connections on it. All members but `loop` are touched on its thread only.
struct Worker {
  explicit Worker(size_t position) : number(position), loop(1), drainTimer(loop) {}
  // Refuses new connections and ends idle ones; the others end with their request, or at the deadline.
  void drain(std::chrono::milliseconds deadline);

  const size_t number;
  std::unordered_set<Session*> sessions;  // outlives the loop, whose handlers own the sessions
  bool draining = false;
  boost::asio::io_context loop;
  boost::asio::steady_timer drainTimer;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, Worker& worker, const ConnectionLimits& limits,
          const RequestHandler& handler);
  ~Session();

  // Reads the first request; on the worker's thread.
  void start();
  // Closes the connection if no part of a request has come yet.
  void closeIfIdle();
  // Closes the connection whatever it does.
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using ErrorStatus = boost::beast::error_code;

  void readRequest();
  void onHeader(ErrorStatus status);
  void onExpectation();
  void readBody();
  void onBody(ErrorStatus status);
  void handle();
  // Takes the handler's answer; from any thread.
  void answer(Response response);
  // An error before there is a whole request: the answer is the last of the connection.
  void refuse(ErrorStatus status);
  void write(const Response& response, bool keepAlive, bool withBody);
  void onWritten(ErrorStatus status, bool keepAlive);
  // Says that nothing more will be sent and reads what the peer still sends, so that it sees the answer.
  void linger();
  void discard();

  boost::beast::tcp_stream stream_;
  Worker& worker_;
  const ConnectionLimits& limits_;
  const RequestHandler& handler_;
  boost::beast::flat_buffer buffer_;  // received, not yet parsed
  std::optional<Parser> parser_;      // the request being read
  Request request_;                   // views into parser_, until it is answered
  // Keeps the loop running while an answer is awaited.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> awaited_;
  std::string out_;       // the answer being written
  bool waiting_ = false;  // for the header of a request
  size_t discarded_ = 0;
};

}  // namespace mlaas::serve
