// What TFaaS's GET /status tells about the machine and the server.
// Threads: functions of their arguments.
#pragma once

#include <cstdint>
#include <string>

namespace mlaas::serve {

struct ServerCounts {
  double uptimeSeconds = 0;
  uint64_t getRequests = 0;
  uint64_t postRequests = 0;
  size_t threads = 0;
};

// {"CPU":[...],"Load":{...},"Memory":{...},"NGo":...,"Uptime":...,"getRequests":...,"postRequests":...}; CPU is the
// share in % that each core was busy since the machine started, memory is in bytes, NGo the number of threads.
std::string hostStatus(const ServerCounts& counts);

}  // namespace mlaas::serve
