#include "mlaas/serve/session.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace mlaas::serve {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorStatus = boost::system::error_code;
using Clock = Session::Clock;
using TlsSocket = asio::ssl::stream<StreamSocket>;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// Bytes asked for at once: of a header, of a body, of a peer that goes on sending after its request was refused.
constexpr size_t kHeaderRead = 4096;
constexpr size_t kBodyRead = size_t{256} << 10;
constexpr size_t kMaxDiscarded = size_t{16} << 20;
constexpr std::chrono::seconds kLinger{2};
// An idle connection keeps no more than this of a large request's and a large answer's memory.
constexpr size_t kKept = size_t{64} << 10;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// The status of a request that could not be read, and why; 0 where the connection just ended.
std::pair<int, std::string> refusal(const ErrorStatus& status, const ConnectionLimits& limits) {
  if (status == http::error::body_limit) {
    return {413, "the body is larger than " + std::to_string(limits.bodyBytes) + " bytes"};
  }
  if (status == http::error::header_limit || status == http::error::buffer_overflow) {
    return {431, "the header is larger than " + std::to_string(limits.headerBytes) + " bytes"};
  }
  return {400, "the request is not HTTP/1.1: " + status.message()};
}

StreamSocket& lowest(StreamSocket& stream) { return stream; }
StreamSocket& lowest(TlsSocket& stream) { return stream.next_layer(); }

// Bytes of a request or an answer that count against the server's limit for as long as this lives.
class Charge {
 public:
  explicit Charge(Traffic& traffic) : traffic_(traffic) {}
  ~Charge() { traffic_.bytesInFlight -= bytes_; }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

  void set(uint64_t bytes) {
    traffic_.bytesInFlight += bytes - bytes_;  // modulo 2^64
    bytes_ = bytes;
  }
  // False, and nothing changed, where the limit would be passed.
  bool tryRaise(uint64_t bytes) {
    if (bytes <= bytes_) return true;
    const uint64_t more = bytes - bytes_;
    if (traffic_.bytesInFlight.fetch_add(more) + more > traffic_.limits.bytesInFlight) {
      traffic_.bytesInFlight -= more;
      return false;
    }
    bytes_ = bytes;
    return true;
  }

 private:
  Traffic& traffic_;
  uint64_t bytes_ = 0;
};

template <class Stream>
class StreamSession final : public Session, public std::enable_shared_from_this<StreamSession<Stream>> {
 public:
  StreamSession(Stream stream, Worker& worker, Traffic& traffic, std::string client,
                std::shared_ptr<asio::ssl::context> tls)
      : tls_(std::move(tls)),
        stream_(std::move(stream)),
        worker_(worker),
        traffic_(traffic),
        limits_(traffic.limits),
        client_(std::move(client)),
        charge_(traffic) {
    worker_.sessions.insert(this);
  }

  ~StreamSession() override {
    --traffic_.connections;
    worker_.sessions.erase(this);
    if (worker_.draining && worker_.sessions.empty()) worker_.sweeper.cancel();
  }

  void start() {
    if (worker_.draining) return;
    ErrorStatus ignored;
    lowest(stream_).set_option(asio::ip::tcp::no_delay(true), ignored);
    if constexpr (std::is_same_v<Stream, TlsSocket>) {
      deadline_ = Clock::now() + limits_.header;
      stream_.async_handshake(TlsSocket::server, [self = this->shared_from_this()](const ErrorStatus& status) {
        if (!status) self->readRequest();
      });
    } else {
      readRequest();
    }
  }

  void closeIfIdle() override {
    if (phase_ == Phase::kWaiting) close();
  }

  void expire() override {
    if (phase_ != Phase::kReading || !std::is_same_v<Stream, StreamSocket>) return close();
    ErrorStatus ignored;
    lowest(stream_).cancel(ignored);
    refuse({408, parser_->is_header_done() ? "the body came too slowly" : "the header came too slowly"});
  }

  void close() override {
    ErrorStatus ignored;
    lowest(stream_).close(ignored);
    if (!body_) return;
    // It may hold the last reference to this session, which must not end here.
    awaited_.reset();
    asio::post(worker_.loop, [dropped = std::move(body_)] {});
  }

 private:
  using Parser = http::request_parser<http::string_body>;
  enum class Phase { kHandshake, kWaiting, kReading, kHandling, kWriting, kEnding };

  void readRequest() {
    if (out_.capacity() > kKept) out_ = {};
    if (buffer_.size() == 0 && buffer_.capacity() > kKept) buffer_ = {};
    charge_.set(0);
    parser_.emplace();
    parser_->header_limit(limits_.headerBytes);
    parser_->body_limit(limits_.bodyBytes);
    phase_ = Phase::kWaiting;
    if (buffer_.size() > 0) return parse();
    deadline_ = Clock::now() + limits_.idle;
    receive();
  }

  void receive() {
    const size_t wanted = parser_->is_header_done() ? kBodyRead : kHeaderRead;
    stream_.async_read_some(buffer_.prepare(wanted),
                            [self = this->shared_from_this()](const ErrorStatus& status, size_t bytes) {
                              if (self->phase_ > Phase::kReading) return;
                              if (status) return self->onEnd(status);
                              self->buffer_.commit(bytes);
                              self->parse();
                            });
  }

  // The peer says no more: it may still read why a request that it has begun is not answered.
  void onEnd(const ErrorStatus& status) {
    if (status == asio::error::eof && phase_ == Phase::kReading) refuse({400, "the request ended before it was whole"});
  }

  // Takes what has been received, asks for more, or handles the request.
  void parse() {
    if (phase_ == Phase::kWaiting) {
      phase_ = Phase::kReading;
      begin_ = Clock::now();
      deadline_ = begin_ + limits_.header;
    }
    while (!parser_->is_done() && buffer_.size() > 0) {
      const bool inHeader = !parser_->is_header_done();
      ErrorStatus status;
      const size_t used = parser_->put(buffer_.data(), status);
      buffer_.consume(used);
      if (status == http::error::need_more) break;
      if (status) return refuse(refusal(status, limits_));
      if (inHeader && parser_->is_header_done() && !beginBody()) return;
      if (used == 0) break;
    }
    if (parser_->is_done()) return handle();
    if (parser_->is_header_done()) {
      const uint64_t received = parser_->get().body().size();
      if (!charge_.tryRaise(received)) return refuseForMemory();
      deadline_ = bodyBegin_ + timeFor(received);
    }
    receive();
  }

  Clock::duration timeFor(uint64_t bytes) const {
    return limits_.transfer + std::chrono::milliseconds(bytes * 1000 / limits_.slowestBytesPerSecond);
  }

  // Checks the header; false where the request is not read further now.
  bool beginBody() {
    if (parser_->is_done()) return true;
    parser_->eager(true);
    bodyBegin_ = Clock::now();
    deadline_ = bodyBegin_ + limits_.transfer;
    const auto length = parser_->content_length();
    if (length && !charge_.tryRaise(*length)) {
      refuseForMemory();
      return false;
    }
    const auto& header = parser_->get();
    if (header.find(http::field::expect) == header.end()) return true;
    if (!beast::iequals(header[http::field::expect], "100-continue")) {
      refuse({417, "of expectations, only 100-continue is met"});
      return false;
    }
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](const ErrorStatus& status, size_t) {
                        if (!status && self->phase_ == Phase::kReading) self->parse();
                      });
    return false;
  }

  void handle() {
    const auto& message = parser_->get();
    request_.worker = worker_.number;
    request_.client = client_;
    request_.method = view(message.method_string());
    const std::string_view target = view(message.target());
    const size_t mark = std::min(target.find('?'), target.size());
    request_.path = target.substr(0, mark);
    request_.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
    request_.body = message.body();
    request_.headers.clear();
    for (const auto& field : message) request_.headers.emplace_back(view(field.name_string()), view(field.value()));
    phase_ = Phase::kHandling;
    deadline_ = Clock::time_point::max();
    awaited_.emplace(worker_.loop.get_executor());
    handed_ = Clock::now();
    parsed_ = {};
    const auto self = this->shared_from_this();
    traffic_.handler(request_, [self](Response response) { self->answer(std::move(response)); });
    if (awaited_) parsed_ = Clock::now();
  }

  // Takes the handler's answer; from any thread.
  void answer(Response response) {
    if (!worker_.loop.get_executor().running_in_this_thread()) {
      asio::post(worker_.loop, [self = this->shared_from_this(), moved = std::move(response)]() mutable {
        self->answer(std::move(moved));
      });
      return;
    }
    if (!awaited_) return;
    awaited_.reset();
    const bool keepAlive = parser_->keep_alive() && !worker_.draining;
    write(std::move(response), keepAlive, true);
  }

  // An error before there is a whole request: the answer is the last of the connection.
  void refuse(const std::pair<int, std::string>& reason) {
    write(errorResponse(reason.first, reason.second), false, false);
  }

  void refuseForMemory() {
    Response response = errorResponse(503, "the server holds as many bytes of requests and answers as it may");
    response.headers.emplace_back("Retry-After", "1");
    write(std::move(response), false, false);
  }

  void write(Response response, bool keepAlive, bool whole) {
    if (response.stream && parser_->get().version() < 11) {
      response = errorResponse(505, "this answer comes in chunks, which need HTTP/1.1");
    }
    sent_ = 0;
    cut_ = false;
    phase_ = Phase::kWriting;
    answered_ = Clock::now();
    if (!whole) handed_ = parsed_ = answered_;
    if (parsed_ == Clock::time_point()) parsed_ = answered_;
    whole_ = whole;
    status_ = response.status;
    model_ = std::move(response.model);
    rows_ = response.rows;
    out_.clear();
    appendResponse(out_, response, keepAlive, parser_->get().method() != http::verb::head);
    body_ = std::move(response.stream);
    // Small answers are not worth the two atomic operations.
    if (out_.size() > kKept) charge_.set(out_.size() + (whole ? request_.body.size() : 0));
    send(keepAlive);
  }

  // Writes what stands in out_.
  void send(bool keepAlive) {
    deadline_ = Clock::now() + timeFor(out_.size());
    asio::async_write(stream_, asio::buffer(out_),
                      [self = this->shared_from_this(), keepAlive](const ErrorStatus& status, size_t bytes) {
                        self->onWritten(status, bytes, keepAlive);
                      });
  }

  void onWritten(const ErrorStatus& status, size_t bytes, bool keepAlive) {
    sent_ += bytes;
    cut_ = cut_ || bytes < out_.size();
    if (body_ && !status) return awaitPiece(keepAlive);
    cut_ = cut_ || body_;
    body_.reset();
    if (traffic_.onExchange) report();
    if (status) return;
    if (keepAlive && !worker_.draining) return readRequest();
    charge_.set(0);
    linger();
  }

  // Asks for the next piece of a body that is made while it is sent.
  void awaitPiece(bool keepAlive) {
    deadline_ = Clock::time_point::max();
    awaited_.emplace(worker_.loop.get_executor());
    const auto body = body_;
    body->next([self = this->shared_from_this(), keepAlive](BodyStream::Piece piece) {
      asio::post(self->worker_.loop,
                 [self, keepAlive, moved = std::move(piece)] { self->sendPiece(moved, keepAlive); });
    });
  }

  void sendPiece(const BodyStream::Piece& piece, bool keepAlive) {
    if (!body_) return;
    awaited_.reset();
    if (piece.failed) {
      cut_ = true;
      if (traffic_.onExchange) report();
      return close();
    }
    if (piece.bytes.empty() && !piece.last) return awaitPiece(keepAlive);
    out_.clear();
    appendChunk(out_, piece.bytes, piece.last);
    if (piece.last) body_.reset();
    charge_.set(out_.size());
    send(keepAlive);
  }

  void report() const {
    Exchange exchange;
    exchange.client = client_;
    if (whole_) {
      exchange.request = &request_;
      exchange.method = request_.method;
      exchange.path = request_.path;
    }
    exchange.status = status_;
    exchange.model = model_;
    exchange.rows = rows_;
    exchange.receivedBytes = parser_->get().body().size();
    exchange.sentBytes = sent_;
    exchange.cut = cut_;
    const auto now = Clock::now();
    exchange.begin = std::chrono::system_clock::now() -
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(now - begin_);
    exchange.read = handed_ - begin_;
    exchange.parse = parsed_ - handed_;
    exchange.answer = answered_ - handed_;
    exchange.write = now - answered_;
    traffic_.onExchange(exchange);
  }

  // Says that nothing more will be sent and reads what the peer still sends, so that it sees the answer.
  void linger() {
    phase_ = Phase::kEnding;
    deadline_ = Clock::now() + kLinger;
    if constexpr (std::is_same_v<Stream, TlsSocket>) {
      stream_.async_shutdown([self = this->shared_from_this()](const ErrorStatus&) {});
    } else {
      ErrorStatus status;
      stream_.shutdown(StreamSocket::shutdown_send, status);
      // After a whole request, with nothing behind it, closing takes no answer away.
      const bool nothingMore = whole_ && buffer_.size() == 0 && stream_.available(status) == 0;
      if (!status && !nothingMore) discard();
    }
  }

  void discard() {
    buffer_.clear();
    if (discarded_ > kMaxDiscarded) return;
    stream_.async_read_some(buffer_.prepare(kKept),
                            [self = this->shared_from_this()](const ErrorStatus& status, size_t bytes) {
                              if (status) return;
                              self->discarded_ += bytes;
                              self->discard();
                            });
  }

  std::shared_ptr<asio::ssl::context> tls_;  // the stream refers to it
  Stream stream_;
  Worker& worker_;
  Traffic& traffic_;
  const ConnectionLimits& limits_;
  const std::string client_;
  Charge charge_;
  beast::flat_buffer buffer_;     // received, not yet parsed
  std::optional<Parser> parser_;  // the request being read
  Request request_;               // views into parser_, until it is answered
  // Keeps the loop running while an answer is awaited.
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> awaited_;
  std::string out_;                   // the answer being written, or a piece of it
  std::shared_ptr<BodyStream> body_;  // what follows out_, until its last piece
  uint64_t sent_ = 0;
  bool cut_ = false;  // the answer did not go out whole
  Phase phase_ = Phase::kHandshake;
  bool whole_ = false;  // the answer is that of the handler
  int status_ = 0;
  std::string model_;
  int64_t rows_ = 0;
  size_t discarded_ = 0;
  Clock::time_point begin_;      // the first byte
  Clock::time_point bodyBegin_;  // the header was there
  Clock::time_point handed_;     // to the handler
  Clock::time_point parsed_;     // the handler returned
  Clock::time_point answered_;
};

}  // namespace

void Worker::sweep(std::chrono::milliseconds interval) {
  const auto now = Session::Clock::now();
  for (Session* session : sessions) {
    if (now >= drainEnd) {
      session->close();
    } else if (now >= session->deadline()) {
      session->expire();
    }
  }
  if (draining && sessions.empty()) return;
  sweeper.expires_after(interval);
  sweeper.async_wait([this, interval](const ErrorStatus& status) {
    if (!status) sweep(interval);
  });
}

void Worker::drain(std::chrono::milliseconds longest) {
  draining = true;
  drainEnd = Session::Clock::now() + longest;
  for (Session* session : sessions) session->closeIfIdle();
  if (sessions.empty()) sweeper.cancel();
}

void startSession(StreamSocket socket, Worker& worker, Traffic& traffic, std::string client,
                  std::shared_ptr<asio::ssl::context> tls) {
  if (tls) {
    TlsSocket stream(std::move(socket), *tls);
    std::make_shared<StreamSession<TlsSocket>>(std::move(stream), worker, traffic, std::move(client), std::move(tls))
        ->start();
  } else {
    std::make_shared<StreamSession<StreamSocket>>(std::move(socket), worker, traffic, std::move(client), nullptr)
        ->start();
  }
}

}  // namespace mlaas::serve
