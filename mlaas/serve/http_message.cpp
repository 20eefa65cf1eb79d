#include "mlaas/serve/http_message.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "mlaas/base/log.h"
#include "mlaas/serve/json_text.h"

namespace mlaas::serve {

namespace {

bool sameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view reasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 422:
      return "Unprocessable Entity";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

// The Date header's value, made once a second in each thread.
std::string_view httpDate() {
  thread_local std::time_t made = -1;
  thread_local char text[40];
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = now;
  }
  return text;
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (sameName(key, name)) return value;
  }
  return {};
}

Response aboutModel(Response response, std::string_view model, int64_t rows) {
  response.model = model;
  response.rows = rows;
  return response;
}

Response errorResponse(int status, std::string_view message) {
  Response response{status, std::string(kJsonType), "{\"error\":", {}};
  appendJsonString(response.body, message);
  response.body += "}\n";
  return response;
}

Response errorResponse(const Error& error) {
  const int status = httpStatus(error.code());
  const ErrorCode code = error.code();
  if (status < 500 || code == ErrorCode::kUnsupported || code == ErrorCode::kTimeout ||
      code == ErrorCode::kOverloaded) {
    Response response = errorResponse(status, error.what());
    if (code == ErrorCode::kOverloaded) response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  log::error(error.what());
  return errorResponse(status, "the request failed inside the server; its log says why");
}

void appendResponse(std::string& out, const Response& response, bool keepAlive, bool withBody) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reasonPhrase(response.status);
  out += "\r\nServer: mlaas/" MLAAS_VERSION "\r\nDate: ";
  out += httpDate();
  if (!response.contentType.empty()) {
    out += "\r\nContent-Type: ";
    out += response.contentType;
  }
  for (const auto& [name, value] : response.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (response.stream) {
    out += "\r\nTransfer-Encoding: chunked";
    withBody = false;
  } else {
    out += "\r\nContent-Length: ";
    out += std::to_string(response.body.size());
  }
  out += keepAlive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (withBody) out += response.body;
}

void appendChunk(std::string& out, std::string_view bytes, bool last) {
  if (!bytes.empty()) {
    char size[20];
    out.append(size, std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr);
    out += "\r\n";
    out += bytes;
    out += "\r\n";
  }
  if (last) out += "0\r\n\r\n";
}

Result<std::string> percentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return Error(ErrorCode::kInvalidArgument, "the path has a '%' without two hex digits");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!simdjson::validate_utf8(decoded)) return Error(ErrorCode::kInvalidArgument, "the path is not UTF-8");
  return decoded;
}

}  // namespace mlaas::serve
