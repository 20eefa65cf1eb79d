#include "mlaas/serve/tfaas/host_status.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace mlaas::serve {

namespace {

using Json = nlohmann::ordered_json;

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

// Lines "cpu0 user nice system idle iowait ..." of /proc/stat.
Json coreLoads() {
  Json loads = Json::array();
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("cpu") || line.size() < 4 || line[3] == ' ') continue;
    std::istringstream words(line);
    std::string name;
    words >> name;
    double total = 0;
    double idle = 0;
    double value = 0;
    for (int column = 0; words >> value; ++column) {
      total += value;
      if (column == 3 || column == 4) idle += value;
    }
    loads.push_back(percent(total - idle, total));
  }
  return loads;
}

Json loadAverages() {
  double one = 0;
  double five = 0;
  double fifteen = 0;
  std::ifstream("/proc/loadavg") >> one >> five >> fifteen;
  return {{"load1", one}, {"load5", five}, {"load15", fifteen}};
}

Json memory(double total, double free, double available) {
  const double used = total - available;
  return {{"total", static_cast<uint64_t>(total)},
          {"free", static_cast<uint64_t>(free)},
          {"used", static_cast<uint64_t>(used)},
          {"usedPercent", percent(used, total)}};
}

// Lines "MemTotal:  8000 kB" of /proc/meminfo.
Json memories() {
  std::map<std::string, double> bytes;
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double kilobytes = 0;
    if (words >> name >> kilobytes) bytes[name.substr(0, name.size() - 1)] = 1024 * kilobytes;
  }
  return {{"Virtual", memory(bytes["MemTotal"], bytes["MemFree"], bytes["MemAvailable"])},
          {"Swap", memory(bytes["SwapTotal"], bytes["SwapFree"], bytes["SwapFree"])}};
}

}  // namespace

std::string hostStatus(const ServerCounts& counts) {
  const Json status = {{"CPU", coreLoads()},
                       {"Load", loadAverages()},
                       {"Memory", memories()},
                       {"NGo", counts.threads},
                       {"Uptime", counts.uptimeSeconds},
                       {"getRequests", counts.getRequests},
                       {"postRequests", counts.postRequests}};
  return status.dump();
}

}  // namespace mlaas::serve
