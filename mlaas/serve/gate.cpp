#include "mlaas/serve/gate.h"

#include <algorithm>

namespace mlaas::serve {

namespace {

// W3C Trace Context's: 2 + 32 + 16 + 2 hex digits.
constexpr size_t kMostTraceParent = 55;
constexpr size_t kMostTraceState = 512;

bool isPathCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~' || c == '/';
}

using Headers = std::vector<std::pair<std::string, std::string>>;

// What the client said about its trace goes back to it.
void appendTrace(Headers& headers, const Request& request) {
  const auto parent = request.header("traceparent");
  if (parent.empty() || parent.size() > kMostTraceParent) return;
  headers.emplace_back("traceparent", parent);
  const auto state = request.header("tracestate");
  if (!state.empty() && state.size() <= kMostTraceState) headers.emplace_back("tracestate", state);
}

bool asksWhetherReady(const Request& request, std::string_view path) {
  return (request.method == "GET" || request.method == "HEAD") && path.starts_with("/v2/") && path.ends_with("/ready");
}

Response withHeaders(Response response, Headers&& headers) {
  for (auto& header : headers) response.headers.push_back(std::move(header));
  return response;
}

}  // namespace

Result<std::string> parseBase(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (text.empty()) return std::string();
  if (!std::all_of(text.begin(), text.end(), isPathCharacter)) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + std::string(text) + "' is no prefix of paths; expected letters, digits and slashes, as /tfaas");
  }
  return text.front() == '/' ? std::string(text) : "/" + std::string(text);
}

Gate::Gate(const GateOptions& options, RequestHandler next)
    : base_(options.base), rights_(options.rights), next_(std::move(next)) {
  if (options.rate) limit_ = std::make_unique<RateLimit>(*options.rate);
}

std::optional<std::string_view> Gate::withoutBase(std::string_view path) const {
  if (base_.empty()) return path;
  if (!path.starts_with(base_)) return std::nullopt;
  const auto rest = path.substr(base_.size());
  if (rest.empty()) return "/";
  if (rest.front() != '/') return std::nullopt;
  return rest;
}

std::optional<Response> Gate::tooOften(const Request& request, Headers& headers) {
  if (!limit_) return std::nullopt;
  const auto verdict = limit_->count(request.client, RateLimit::Clock::now());
  const auto reset = std::chrono::duration_cast<std::chrono::seconds>(verdict.reset.time_since_epoch()).count();
  headers.emplace_back("X-RateLimit-Limit", std::to_string(verdict.limit));
  headers.emplace_back("X-RateLimit-Remaining", std::to_string(verdict.remaining));
  headers.emplace_back("X-RateLimit-Reset", std::to_string(reset));
  if (verdict.allowed) return std::nullopt;
  // TFaaS's text, and not JSON.
  Response response{429, std::string(kTextType), "Limit exceeded\n", {}};
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(RateLimit::Clock::now().time_since_epoch()).count();
  response.headers.emplace_back("Retry-After", std::to_string(std::max<int64_t>(1, reset - now)));
  return response;
}

std::optional<Response> Gate::refusal(const Request& request, Headers& headers) {
  if (auto response = tooOften(request, headers)) return response;
  if (!rights_) return std::nullopt;
  const auto path = withoutBase(request.path);
  return path ? rights_->refusal(request, *path) : std::nullopt;
}

void Gate::handle(const Request& request, Answer answer) {
  Headers headers;
  appendTrace(headers, request);
  if (auto response = refusal(request, headers)) return answer(withHeaders(*std::move(response), std::move(headers)));
  const auto path = withoutBase(request.path);
  if (!path) {
    Response response = errorResponse(404, "there is no such route; all routes of this server begin with " + base_);
    return answer(withHeaders(std::move(response), std::move(headers)));
  }
  if (stopping_ && asksWhetherReady(request, *path)) {
    return answer(withHeaders(errorResponse(503, "the server is stopping"), std::move(headers)));
  }
  if (headers.empty() && base_.empty()) return next_(request, std::move(answer));
  // Handlers may keep the request until they have answered.
  auto inner = std::make_shared<Request>(request);
  inner->path = *path;
  next_(*inner, [inner, headers, answer = std::move(answer)](Response response) {
    answer(withHeaders(std::move(response), Headers(headers)));
  });
}

}  // namespace mlaas::serve
