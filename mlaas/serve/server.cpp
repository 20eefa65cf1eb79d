#include "mlaas/serve/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "mlaas/base/log.h"
#include "mlaas/serve/session.h"

namespace mlaas::serve {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorStatus = boost::system::error_code;

// After a failed accept (no file descriptors left, say) the next one waits this long.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Of one turn.
constexpr size_t kMostEvents = 1024;

std::string urlHost(const asio::ip::address& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

}  // namespace

Result<ListenAddress> parseListenAddress(std::string_view text) {
  const auto invalid = [&] {
    return Error(ErrorCode::kInvalidArgument, "'" + std::string(text) +
                                                  "' is not an address; write it as 127.0.0.1:8083, [::1]:8083, "
                                                  "localhost:8083 or :8083");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return invalid();
  ListenAddress address;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, status] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (status != std::errc() || end != port.data() + port.size()) return invalid();
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  address.host = std::string(host);
  ErrorStatus parsed;
  asio::ip::make_address(address.host, parsed);
  if (parsed) return invalid();
  return address;
}

struct Server::State {
  State(ServerOptions chosen, RequestHandler given)
      : options(std::move(chosen)),
        handler(std::move(given)),
        workers(makeWorkers(options.threads)),
        acceptor(workers.front()->loop),
        acceptPause(workers.front()->loop) {}

  static std::vector<std::unique_ptr<Worker>> makeWorkers(size_t threads) {
    std::vector<std::unique_ptr<Worker>> made;
    for (size_t i = 0; i < std::max<size_t>(1, threads); ++i) made.push_back(std::make_unique<Worker>(i));
    return made;
  }

  Result<void> bind() {
    const tcp::endpoint endpoint(asio::ip::make_address(options.address.host), options.address.port);
    ErrorStatus status;
    acceptor.open(endpoint.protocol(), status);
    if (!status) acceptor.set_option(tcp::acceptor::reuse_address(true), status);
    if (!status) acceptor.bind(endpoint, status);
    if (!status) acceptor.listen(asio::socket_base::max_listen_connections, status);
    if (!status) return {};
    return Error(ErrorCode::kIo, "cannot listen on " + urlHost(endpoint.address()) + ":" +
                                     std::to_string(endpoint.port()) + ": " + status.message() +
                                     "; choose another address with --http");
  }

  // Connections go to the workers in turn.
  void accept() {
    Worker& worker = *workers[nextWorker++ % workers.size()];
    acceptor.async_accept(worker.loop, [this, &worker](const ErrorStatus& status, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (status) return pauseAccepting(status);
      asio::post(worker.loop, [this, &worker, moved = std::move(socket)]() mutable {
        std::make_shared<Session>(std::move(moved), worker, options.limits, handler)->start();
      });
      accept();
    });
  }

  void pauseAccepting(const ErrorStatus& status) {
    log::warning("a connection was not accepted: " + status.message());
    acceptPause.expires_after(kAcceptPause);
    acceptPause.async_wait([this](const ErrorStatus& cancelled) {
      if (!cancelled && acceptor.is_open()) accept();
    });
  }

  // Takes all events that are there, then ends the turn: requests of many connections are so answered together.
  void serve(Worker& worker) const {
    while (worker.loop.run_one() > 0) {
      for (size_t events = 0; events < kMostEvents && worker.loop.poll_one() > 0; ++events) {
      }
      if (options.endOfTurn) options.endOfTurn(worker.number);
    }
  }

  void beginDrain() {
    asio::post(workers.front()->loop, [this] {
      ErrorStatus ignored;
      acceptor.close(ignored);
      acceptPause.cancel();
    });
    for (auto& worker : workers) asio::post(worker->loop, [this, &worker] { worker->drain(options.drain); });
  }

  ServerOptions options;
  RequestHandler handler;
  std::vector<std::unique_ptr<Worker>> workers;
  tcp::acceptor acceptor;
  asio::steady_timer acceptPause;
  size_t nextWorker = 0;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, RequestHandler handler) {
  auto state = std::make_unique<State>(std::move(options), std::move(handler));
  MLAAS_CHECK(state->bind());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::string Server::url() const {
  const auto endpoint = state_->acceptor.local_endpoint();
  return "http://" + urlHost(endpoint.address()) + ":" + std::to_string(endpoint.port());
}

void Server::run(const std::stop_token& stop) {
  using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;
  std::vector<WorkGuard> guards;
  for (auto& worker : state_->workers) guards.emplace_back(worker->loop.get_executor());
  state_->accept();
  std::vector<std::thread> threads;
  for (auto& worker : state_->workers) threads.emplace_back([this, &worker] { state_->serve(*worker); });

  std::mutex mutex;
  std::condition_variable_any stopped;
  {
    std::unique_lock lock(mutex);
    stopped.wait(lock, stop, [] { return false; });
  }
  state_->beginDrain();
  guards.clear();
  for (auto& thread : threads) thread.join();
}

}  // namespace mlaas::serve
