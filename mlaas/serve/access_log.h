// A line of JSON for each answered request, in a file or on standard output.
// {"time":"2026-01-31T12:00:00.123456Z","client":"127.0.0.1","method":"POST","path":"/json","status":200,"received":61,
//  "sent":187,"duration":0.000123,"model":"tth","rows":1,"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}
// "method" and "path" are missing where the request could not be read, "model" and "rows" where no model ran, "trace"
// where the client sent no traceparent; "cut" is true where the peer did not take the whole answer.
// Threads: any; a line is one write.
// Errors:  kIo (the file cannot be opened). A line that cannot be written is lost; the process's log says so once a
//          minute.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/serve/server.h"

namespace mlaas::serve {

class AccessLog {
 public:
  // "-" is standard output.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const Exchange& exchange);
  // Goes on in a new file of the same name, after the old one was moved away.
  Result<void> reopen();

 private:
  AccessLog(std::string path, int descriptor);
  const std::string path_;
  const int descriptor_;
  std::atomic<int64_t> nextComplaint_{0};  // steady clock's count
};

// The line with its line feed, appended.
void appendAccessLine(std::string& out, const Exchange& exchange);

// The 32 hex digits of the trace in a traceparent header; empty where it has none.
std::string_view traceOf(std::string_view traceParent);

}  // namespace mlaas::serve
