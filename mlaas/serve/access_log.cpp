#include "mlaas/serve/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "mlaas/base/log.h"
#include "mlaas/serve/json_text.h"

namespace mlaas::serve {

namespace {

constexpr size_t kMostPathCharacters = 1024;

int openForAppending(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

Error cannotOpen(const std::string& path) {
  return Error(ErrorCode::kIo, "the access log '" + path + "' cannot be opened: " + std::strerror(errno));
}

void appendTime(std::string& out, std::chrono::system_clock::time_point time) {
  const auto sinceEpoch = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(sinceEpoch / 1000000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  out.append(text, length);
  std::snprintf(text, sizeof text, ".%06dZ", static_cast<int>(sinceEpoch % 1000000));
  out += text;
}

void appendSeconds(std::string& out, std::chrono::nanoseconds duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", std::chrono::duration<double>(duration).count());
  out += text;
}

// Bytes that are not ASCII are percent-encoded, as they should have come: the line is UTF-8 whatever the client sends.
std::string printable(std::string_view path) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

// A member with a text, where there is one.
void appendText(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ",\"";
  out += name;
  out += "\":";
  appendJsonString(out, value);
}

void appendNumber(std::string& out, std::string_view name, uint64_t value) {
  out += ",\"";
  out += name;
  out += "\":";
  out += std::to_string(value);
}

}  // namespace

std::string_view traceOf(std::string_view traceParent) {
  // 2 digits of version, 32 of the trace.
  constexpr size_t kFirst = 3;
  constexpr size_t kDigits = 32;
  if (traceParent.size() < kFirst + kDigits || traceParent[2] != '-') return {};
  const auto trace = traceParent.substr(kFirst, kDigits);
  const bool hex =
      std::all_of(trace.begin(), trace.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex ? trace : std::string_view();
}

void appendAccessLine(std::string& out, const Exchange& exchange) {
  out += "{\"time\":\"";
  appendTime(out, exchange.begin);
  out += "\",\"client\":";
  appendJsonString(out, exchange.client);
  appendText(out, "method", exchange.method);
  appendText(out, "path", printable(exchange.path.substr(0, kMostPathCharacters)));
  appendNumber(out, "status", static_cast<uint64_t>(exchange.status));
  appendNumber(out, "received", exchange.receivedBytes);
  appendNumber(out, "sent", exchange.sentBytes);
  out += ",\"duration\":";
  appendSeconds(out, exchange.read + exchange.answer + exchange.write);
  appendText(out, "model", exchange.model);
  if (!exchange.model.empty()) appendNumber(out, "rows", static_cast<uint64_t>(std::max<int64_t>(0, exchange.rows)));
  if (exchange.request != nullptr) appendText(out, "trace", traceOf(exchange.request->header("traceparent")));
  if (exchange.cut) out += ",\"cut\":true";
  out += "}\n";
}

AccessLog::AccessLog(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

AccessLog::~AccessLog() { ::close(descriptor_); }

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path) {
  const int descriptor = path == "-" ? ::dup(STDOUT_FILENO) : openForAppending(path);
  if (descriptor < 0) return cannotOpen(path);
  return std::unique_ptr<AccessLog>(new AccessLog(path, descriptor));
}

Result<void> AccessLog::reopen() {
  if (path_ == "-") return {};
  const int fresh = openForAppending(path_);
  if (fresh < 0) return cannotOpen(path_);
  // The number stays, so that no writer has to know.
  const int replaced = ::dup3(fresh, descriptor_, O_CLOEXEC);
  ::close(fresh);
  if (replaced < 0) return cannotOpen(path_);
  return {};
}

void AccessLog::write(const Exchange& exchange) {
  thread_local std::string line;
  line.clear();
  appendAccessLine(line, exchange);
  if (::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  int64_t next = nextComplaint_.load(std::memory_order_relaxed);
  const auto later = std::chrono::steady_clock::duration(now + std::chrono::minutes(1)).count();
  if (now.count() >= next && nextComplaint_.compare_exchange_strong(next, later)) {
    log::warning("lines of the access log '" + path_ + "' are lost: " + std::strerror(errno));
  }
}

}  // namespace mlaas::serve
