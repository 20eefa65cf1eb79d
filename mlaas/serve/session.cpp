#include "mlaas/serve/session.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/http/read.hpp>

namespace mlaas::serve {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// What is read from a peer that goes on sending after its request was refused.
constexpr size_t kMaxDiscarded = size_t{16} << 20;
constexpr std::chrono::seconds kLinger{2};
// An idle connection keeps no more than this of a large answer's memory.
constexpr size_t kKeptAnswer = size_t{64} << 10;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// The status of a request that could not be read, and why; 0 where the connection just ended.
std::pair<int, std::string> refusal(const beast::error_code& status, const ConnectionLimits& limits) {
  if (status == http::error::body_limit) {
    return {413, "the body is larger than " + std::to_string(limits.bodyBytes) + " bytes"};
  }
  if (status == http::error::header_limit || status == http::error::buffer_overflow) {
    return {431, "the header is larger than " + std::to_string(limits.headerBytes) + " bytes"};
  }
  const bool ended = status == http::error::end_of_stream || status == http::error::partial_message;
  if (ended || status.category() != http::make_error_code(http::error::bad_method).category()) return {0, ""};
  return {400, "the request is not HTTP/1.1: " + status.message()};
}

}  // namespace

void Worker::drain(std::chrono::milliseconds deadline) {
  draining = true;
  const auto open = sessions;
  for (Session* session : open) session->closeIfIdle();
  if (sessions.empty()) return;
  drainTimer.expires_after(deadline);
  drainTimer.async_wait([this](const beast::error_code& status) {
    if (status) return;
    for (Session* session : sessions) session->close();
  });
}

Session::Session(asio::ip::tcp::socket socket, Worker& worker, const ConnectionLimits& limits,
                 const RequestHandler& handler)
    : stream_(std::move(socket)), worker_(worker), limits_(limits), handler_(handler) {
  worker_.sessions.insert(this);
}

Session::~Session() {
  worker_.sessions.erase(this);
  if (worker_.draining && worker_.sessions.empty()) worker_.drainTimer.cancel();
}

void Session::start() {
  if (worker_.draining) return;
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  readRequest();
}

void Session::closeIfIdle() {
  if (waiting_ && buffer_.size() == 0 && !parser_->got_some()) close();
}

void Session::close() { stream_.close(); }

void Session::readRequest() {
  if (out_.capacity() > kKeptAnswer) out_ = {};
  parser_.emplace();
  parser_->header_limit(limits_.headerBytes);
  parser_->body_limit(limits_.bodyBytes);
  waiting_ = true;
  stream_.expires_after(limits_.idle);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](ErrorStatus status, size_t) { self->onHeader(status); });
}

void Session::onHeader(ErrorStatus status) {
  waiting_ = false;
  if (status) return refuse(status);
  stream_.expires_after(limits_.transfer);
  const auto& header = parser_->get();
  if (header.find(http::field::expect) != header.end() && !parser_->is_done()) return onExpectation();
  readBody();
}

void Session::onExpectation() {
  const auto expected = parser_->get()[http::field::expect];
  if (!beast::iequals(expected, "100-continue")) {
    return write(errorResponse(417, "of expectations, only 100-continue is met"), false, true);
  }
  asio::async_write(stream_, asio::buffer(kContinue), [self = shared_from_this()](ErrorStatus status, size_t) {
    if (!status) self->readBody();
  });
}

void Session::readBody() {
  if (parser_->is_done()) return handle();
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](ErrorStatus status, size_t) { self->onBody(status); });
}

void Session::onBody(ErrorStatus status) {
  if (status) return refuse(status);
  handle();
}

void Session::handle() {
  const auto& message = parser_->get();
  request_.worker = worker_.number;
  request_.method = view(message.method_string());
  const std::string_view target = view(message.target());
  const size_t mark = std::min(target.find('?'), target.size());
  request_.path = target.substr(0, mark);
  request_.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  request_.body = message.body();
  request_.headers.clear();
  for (const auto& field : message) request_.headers.emplace_back(view(field.name_string()), view(field.value()));
  stream_.expires_never();
  awaited_.emplace(worker_.loop.get_executor());
  handler_(request_, [self = shared_from_this()](Response response) { self->answer(std::move(response)); });
}

void Session::answer(Response response) {
  if (!worker_.loop.get_executor().running_in_this_thread()) {
    asio::post(worker_.loop,
               [self = shared_from_this(), moved = std::move(response)]() mutable { self->answer(std::move(moved)); });
    return;
  }
  if (!awaited_) return;
  awaited_.reset();
  const bool keepAlive = parser_->keep_alive() && !worker_.draining;
  write(response, keepAlive, parser_->get().method() != http::verb::head);
}

void Session::refuse(ErrorStatus status) {
  const auto [code, reason] = refusal(status, limits_);
  if (code != 0) write(errorResponse(code, reason), false, true);
}

void Session::write(const Response& response, bool keepAlive, bool withBody) {
  out_.clear();
  appendResponse(out_, response, keepAlive, withBody);
  stream_.expires_after(limits_.transfer);
  asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this(), keepAlive](ErrorStatus status, size_t) {
    self->onWritten(status, keepAlive);
  });
}

void Session::onWritten(ErrorStatus status, bool keepAlive) {
  if (status) return;
  if (keepAlive && !worker_.draining) return readRequest();
  linger();
}

void Session::linger() {
  ErrorStatus status;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, status);
  if (status) return;
  stream_.expires_after(kLinger);
  discard();
}

void Session::discard() {
  buffer_.clear();
  if (discarded_ > kMaxDiscarded) return;
  stream_.async_read_some(buffer_.prepare(size_t{1} << 16),
                          [self = shared_from_this()](ErrorStatus status, size_t bytes) {
                            if (status) return;
                            self->discarded_ += bytes;
                            self->discard();
                          });
}

}  // namespace mlaas::serve
