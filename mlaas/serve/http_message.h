// One HTTP request and its answer, as handlers see them: no sockets, no library types.
// A handler gets the request and a function to answer it with, now or later, so it is tested without a connection.
// Threads: values. A Request and what its views show live until it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/body_stream.h"

namespace mlaas::serve {

struct Request {
  std::string_view method;  // "GET"
  std::string_view path;    // percent-encoded, without the query
  std::string_view query;   // without '?'
  std::string_view body;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  size_t worker = 0;             // the serving thread, which selects engine and parser
  std::string_view client = {};  // the peer's numeric address, "unix"

  // The first header of that name, whatever its case; empty where there is none.
  std::string_view header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string contentType;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string model = {};  // what was run on how many rows, for the access log
  int64_t rows = 0;
  std::shared_ptr<BodyStream> stream = {};  // in the place of `body`: sent in chunks, as it is made
};

// Answers a request: called once, from any thread.
using Answer = std::function<void(Response)>;
using RequestHandler = std::function<void(const Request&, Answer)>;

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kTextType = "text/plain; charset=utf-8";

// The response, for the access log with what was run on how many rows.
Response aboutModel(Response response, std::string_view model, int64_t rows);

// {"error":"message"}, the form of errors of every route.
Response errorResponse(int status, std::string_view message);
// The same by the one table from code to status. What is our own or the machine's fault (5xx) goes to the log in full
// and to the client in general words, so that no path of this host leaves it; kOverloaded and kTimeout say what they
// are, the former with Retry-After.
Response errorResponse(const Error& error);

// Bytes of the answer on the wire, appended to `out`. `withBody` false leaves the body out, as HEAD wants it.
void appendResponse(std::string& out, const Response& response, bool keepAlive, bool withBody);

// One chunk of an answer with a stream (nothing for no bytes), and the end of the chunks behind the last.
void appendChunk(std::string& out, std::string_view bytes, bool last);

// "%2F" and so on decoded; kInvalidArgument where it is malformed or not UTF-8.
Result<std::string> percentDecoded(std::string_view text);

}  // namespace mlaas::serve
