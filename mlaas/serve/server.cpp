#include "mlaas/serve/server.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "mlaas/base/log.h"
#include "mlaas/serve/session.h"
#include "mlaas/serve/tls.h"

namespace mlaas::serve {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorStatus = boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol, asio::io_context::executor_type>;
using UnixEndpoint = asio::local::stream_protocol::endpoint;

// After a failed accept (no file descriptors left, say) the next one waits this long.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Of one turn.
constexpr size_t kMostEvents = 1024;

constexpr std::string_view kUnix = "unix:";

std::string urlHost(const asio::ip::address& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

// The address and port of an endpoint of the Internet; none of a Unix socket.
std::optional<tcp::endpoint> internetEndpoint(const Protocol::endpoint& endpoint) {
  tcp::endpoint found;
  const int family = endpoint.protocol().family();
  if ((family != AF_INET && family != AF_INET6) || endpoint.size() > found.capacity()) return std::nullopt;
  std::memcpy(found.data(), endpoint.data(), endpoint.size());
  found.resize(endpoint.size());
  return found;
}

// A socket that a server which has ended left behind is removed; one that somebody listens on stays.
void removeStaleSocket(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  asio::io_context loop;
  asio::local::stream_protocol::socket probe(loop);
  ErrorStatus refused;
  probe.connect(UnixEndpoint(path), refused);
  if (refused == asio::error::connection_refused) ::unlink(path.c_str());
}

// How often deadlines are looked at: within a quarter of the shortest.
std::chrono::milliseconds sweepInterval(const ConnectionLimits& limits) {
  const auto shortest = std::min({limits.idle, limits.header, limits.transfer}) / 4;
  return std::clamp(shortest, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

// One address that connections come to.
struct Listener {
  Listener(asio::io_context& loop, ListenAddress given) : address(std::move(given)), acceptor(loop), pause(loop) {}
  ~Listener() {
    if (bound && !address.path.empty()) ::unlink(address.path.c_str());
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Result<void> bind() {
    if (!address.path.empty()) removeStaleSocket(address.path);
    const auto endpoint = address.path.empty()
                              ? Protocol::endpoint(tcp::endpoint(asio::ip::make_address(address.host), address.port))
                              : Protocol::endpoint(UnixEndpoint(address.path));
    ErrorStatus status;
    acceptor.open(endpoint.protocol(), status);
    if (!status && address.path.empty()) acceptor.set_option(tcp::acceptor::reuse_address(true), status);
    if (!status) acceptor.bind(endpoint, status);
    bound = !status;
    if (!status) acceptor.listen(asio::socket_base::max_listen_connections, status);
    if (!status) return {};
    return Error(ErrorCode::kIo,
                 "cannot listen on " + name() + ": " + status.message() + "; choose another address with --http");
  }

  std::string name() const {
    if (!address.path.empty()) return std::string(kUnix) + address.path;
    return urlHost(asio::ip::make_address(address.host)) + ":" + std::to_string(address.port);
  }

  std::string url(bool tls) const {
    if (!address.path.empty()) return name();
    const auto endpoint = internetEndpoint(acceptor.local_endpoint()).value();
    return (tls ? "https://" : "http://") + urlHost(endpoint.address()) + ":" + std::to_string(endpoint.port());
  }

  ListenAddress address;
  Acceptor acceptor;
  asio::steady_timer pause;
  bool bound = false;
};

// The numeric address of the peer.
std::string clientName(const StreamSocket& socket) {
  ErrorStatus status;
  const auto peer = socket.remote_endpoint(status);
  const auto endpoint = status ? std::nullopt : internetEndpoint(peer);
  return endpoint ? endpoint->address().to_string() : "unix";
}

// Answers a connection that is one too many, without waiting for its request; with TLS it is just closed.
void turnAway(StreamSocket& socket, bool tls) {
  if (tls) return;
  Response response = errorResponse(503, "the server has as many connections as it may; try again");
  response.headers.emplace_back("Retry-After", "1");
  std::string bytes;
  appendResponse(bytes, response, false, true);
  ErrorStatus ignored;
  socket.non_blocking(true, ignored);
  // What has come is read: closing a connection with unread bytes would take the answer away.
  char received[4096];
  socket.read_some(asio::buffer(received), ignored);
  socket.write_some(asio::buffer(bytes), ignored);
  socket.shutdown(StreamSocket::shutdown_send, ignored);
}

}  // namespace

Result<ListenAddress> parseListenAddress(std::string_view text) {
  const auto invalid = [&] {
    return Error(ErrorCode::kInvalidArgument, "'" + std::string(text) +
                                                  "' is not an address; write it as 127.0.0.1:8083, [::1]:8083, "
                                                  "localhost:8083, :8083 or unix:/run/mlaas.sock");
  };
  if (text.starts_with(kUnix)) {
    ListenAddress address;
    address.path = text.substr(kUnix.size());
    // The system's limit for names of sockets.
    if (address.path.empty() || address.path.size() > sizeof(sockaddr_un::sun_path) - 1) return invalid();
    return address;
  }
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
        traffic{options.limits, handler, options.onExchange},
        workers(makeWorkers(options.threads)),
        hangup(workers.front()->loop) {
    for (const auto& address : options.addresses) {
      listeners.push_back(std::make_unique<Listener>(workers.front()->loop, address));
    }
  }

  static std::vector<std::unique_ptr<Worker>> makeWorkers(size_t threads) {
    std::vector<std::unique_ptr<Worker>> made;
    for (size_t i = 0; i < std::max<size_t>(1, threads); ++i) made.push_back(std::make_unique<Worker>(i));
    return made;
  }

  bool hasTls() const { return !options.tls.certificate.empty() || !options.tls.key.empty(); }

  Result<void> prepare() {
    if (hasTls()) {
      MLAAS_TRY(tls, makeTlsContext(options.tls));
    }
    for (auto& listener : listeners) MLAAS_CHECK(listener->bind());
    return {};
  }

  // Connections go to the workers in turn.
  void accept(Listener& listener) {
    Worker& worker = *workers[nextWorker++ % workers.size()];
    listener.acceptor.async_accept(worker.loop, [&](const ErrorStatus& status, StreamSocket socket) {
      if (!listener.acceptor.is_open()) return;
      if (status) return pauseAccepting(listener, status);
      welcome(listener, worker, std::move(socket));
      accept(listener);
    });
  }

  void welcome(const Listener& listener, Worker& worker, StreamSocket socket) {
    const auto context = listener.address.path.empty() ? tls : nullptr;
    if (traffic.connections >= options.limits.connections) {
      noteTurnedAway();
      return turnAway(socket, context != nullptr);
    }
    ++traffic.connections;
    asio::post(worker.loop, [this, &worker, context, moved = std::move(socket)]() mutable {
      std::string client = clientName(moved);
      startSession(std::move(moved), worker, traffic, std::move(client), context);
    });
  }

  // Once a minute at most.
  void noteTurnedAway() {
    const auto now = std::chrono::steady_clock::now();
    if (now < nextNote) return;
    nextNote = now + std::chrono::minutes(1);
    log::warning("connections are turned away: there are " + std::to_string(options.limits.connections) +
                 ", which is the limit");
  }

  void pauseAccepting(Listener& listener, const ErrorStatus& status) {
    log::warning("a connection was not accepted: " + status.message());
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([this, &listener](const ErrorStatus& cancelled) {
      if (!cancelled && listener.acceptor.is_open()) accept(listener);
    });
  }

  void watchHangup() {
    if (!hasTls() && !options.onHangup) return;
    ErrorStatus status;
    hangup.add(SIGHUP, status);
    if (status) return log::warning("SIGHUP cannot be watched: " + status.message());
    awaitHangup();
  }

  void awaitHangup() {
    hangup.async_wait([this](const ErrorStatus& status, int) {
      if (status) return;
      reload();
      awaitHangup();
    });
  }

  // New connections get the new certificate; where it cannot be read, the old one stays.
  void reload() {
    if (hasTls()) {
      auto fresh = makeTlsContext(options.tls);
      if (fresh.ok()) {
        tls = *std::move(fresh);
        log::info("the certificate was read again");
      } else {
        log::error(std::string("the old certificate stays: ") + fresh.error().what());
      }
    }
    if (options.onHangup) options.onHangup();
  }

  // Takes all events that are there, then ends the turn: requests of many connections are so answered together.
  void serve(Worker& worker) const {
    while (worker.loop.run_one() > 0) {
      for (size_t events = 0; events < kMostEvents && worker.loop.poll_one() > 0; ++events) {
      }
      if (options.endOfTurn) options.endOfTurn(worker.number);
    }
  }

  void begin() {
    for (auto& listener : listeners) accept(*listener);
    watchHangup();
    for (auto& worker : workers) worker->sweep(sweepInterval(options.limits));
  }

  void beginDrain() {
    asio::post(workers.front()->loop, [this] {
      ErrorStatus ignored;
      for (auto& listener : listeners) {
        listener->acceptor.close(ignored);
        listener->pause.cancel();
      }
      hangup.cancel(ignored);
    });
    for (auto& worker : workers) asio::post(worker->loop, [this, &worker] { worker->drain(options.drain); });
  }

  ServerOptions options;
  RequestHandler handler;
  Traffic traffic;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::unique_ptr<Listener>> listeners;  // on the first worker
  asio::signal_set hangup;                           // on the first worker
  std::shared_ptr<asio::ssl::context> tls;           // for new connections; on the first worker's thread
  size_t nextWorker = 0;
  std::chrono::steady_clock::time_point nextNote{};
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, RequestHandler handler) {
  auto state = std::make_unique<State>(std::move(options), std::move(handler));
  MLAAS_CHECK(state->prepare());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::string Server::url() const { return state_->listeners.front()->url(state_->hasTls()); }

std::vector<std::string> Server::urls() const {
  std::vector<std::string> urls;
  for (const auto& listener : state_->listeners) urls.push_back(listener->url(state_->hasTls()));
  return urls;
}

void Server::run(const std::stop_token& stop) {
  using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;
  std::vector<WorkGuard> guards;
  for (auto& worker : state_->workers) guards.emplace_back(worker->loop.get_executor());
  state_->begin();
  std::vector<std::thread> threads;
  for (auto& worker : state_->workers) threads.emplace_back([this, &worker] { state_->serve(*worker); });

  std::mutex mutex;
  std::condition_variable_any stopped;
  {
    std::unique_lock lock(mutex);
    stopped.wait(lock, stop, [] { return false; });
  }
  if (state_->options.onStop) state_->options.onStop();
  std::this_thread::sleep_for(state_->options.farewell);
  state_->beginDrain();
  guards.clear();
  for (auto& thread : threads) thread.join();
}

}  // namespace mlaas::serve
