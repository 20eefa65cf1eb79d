// One HTTP connection: reads a request, calls the handler, writes the answer, and again.
// Included by session.cpp and server.cpp only: it carries Boost.Asio.
// Threads: everything runs on the event loop of one worker.
#pragma once

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>

#include "mlaas/serve/http_message.h"
#include "mlaas/serve/server.h"

namespace mlaas::serve {

// TCP or Unix.
using StreamSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

// What all connections of a server share.
struct Traffic {
  const ConnectionLimits& limits;
  const RequestHandler& handler;
  const std::function<void(const Exchange&)>& onExchange;  // may be empty
  std::atomic<size_t> connections{0};
  std::atomic<uint64_t> bytesInFlight{0};
};

class Session {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Session() = default;
  // Closes the connection if no part of a request has come yet.
  virtual void closeIfIdle() = 0;
  // Ends a connection that is past its deadline; a request that came too slowly gets an answer.
  virtual void expire() = 0;
  // Closes the connection whatever it does.
  virtual void close() = 0;
  // When the peer must have done what it does now.
  Clock::time_point deadline() const { return deadline_; }

 protected:
  Clock::time_point deadline_ = Clock::time_point::max();
};

// A serving thread: its event loop and the connections on it. All members but `loop` are touched on its thread only.
struct Worker {
  explicit Worker(size_t position) : number(position), loop(1), sweeper(loop) {}
  // Ends connections that are past their deadline, now and every `interval`.
  void sweep(std::chrono::milliseconds interval);
  // Refuses new connections and ends idle ones; the others end with their request, or at the deadline.
  void drain(std::chrono::milliseconds longest);

  const size_t number;
  std::unordered_set<Session*> sessions;  // outlives the loop, whose handlers own the sessions
  bool draining = false;
  Session::Clock::time_point drainEnd = Session::Clock::time_point::max();
  boost::asio::io_context loop;
  boost::asio::steady_timer sweeper;
};

// Serves a connection that was accepted, with TLS where `tls` is given; on the worker's thread. `client` is the peer's
// address for logs.
void startSession(StreamSocket socket, Worker& worker, Traffic& traffic, std::string client,
                  std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace mlaas::serve
