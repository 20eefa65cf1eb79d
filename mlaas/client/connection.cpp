#include "mlaas/client/connection.h"

#include <curl/curl.h>

#include <charconv>
#include <mutex>

namespace mlaas::client {

namespace {

constexpr std::string_view kHeaderLength = "inference-header-content-length:";

struct Received {
  Answer answer;
  size_t most = 0;
};

size_t takeBody(char* data, size_t size, size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  if (size * count > received.most - received.answer.body.size()) return 0;
  received.answer.body.append(data, size * count);
  return size * count;
}

size_t takeHeader(char* data, size_t size, size_t count, void* to) {
  std::string line(data, size * count);
  for (char& c : line) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (line.starts_with(kHeaderLength)) {
    const size_t begin = line.find_first_not_of(' ', kHeaderLength.size());
    size_t length = 0;
    if (begin != std::string::npos &&
        std::from_chars(line.data() + begin, line.data() + line.size(), length).ec == std::errc()) {
      static_cast<Received*>(to)->answer.headerLength = length;
    }
  }
  return size * count;
}

using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void initialise() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

struct Connection::State {
  std::string url;
  ClientOptions options;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{nullptr, curl_easy_cleanup};
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::make(std::string url, ClientOptions options) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + url + "' is no address of a server; expected one like http://127.0.0.1:8083");
  }
  if (options.token.find_first_of("\r\n") != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument, "the token has a line break");
  }
  while (url.ends_with('/')) url.pop_back();
  initialise();
  auto state = std::make_unique<State>();
  state->url = std::move(url);
  state->options = std::move(options);
  state->curl.reset(curl_easy_init());
  if (!state->curl) return Error(ErrorCode::kInternal, "libcurl could not be started");
  return Connection(std::move(state));
}

Result<Answer> Connection::ask(const std::string& path, std::string_view body, std::vector<std::string> headers) {
  CURL* curl = state_->curl.get();
  const ClientOptions& options = state_->options;
  if (!options.token.empty()) headers.push_back("Authorization: Bearer " + options.token);
  headers.emplace_back("Expect:");  // no round trip before a body
  Headers list(nullptr, curl_slist_free_all);
  for (const auto& header : headers) {
    curl_slist* longer = curl_slist_append(list.get(), header.c_str());
    if (longer == nullptr) return Error(ErrorCode::kInternal, "no memory for a header");
    static_cast<void>(list.release());
    list.reset(longer);
  }
  Received received;
  received.most = options.mostAnswerBytes;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_reset(curl);  // the connection stays
  curl_easy_setopt(curl, CURLOPT_URL, (state_->url + path).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, takeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, takeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  if (!options.certificates.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.certificates.c_str());
  if (!body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_WRITE_ERROR) {
    return Error(ErrorCode::kCorrupt, state_->url + path + ": the answer is larger than " +
                                          std::to_string(options.mostAnswerBytes) + " bytes");
  }
  if (code != CURLE_OK) {
    return Error(code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kIo,
                 state_->url + path + ": " + (reason[0] != '\0' ? reason : curl_easy_strerror(code)));
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &received.answer.status);
  return std::move(received.answer);
}

std::string escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace mlaas::client
