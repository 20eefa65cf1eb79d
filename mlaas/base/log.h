// The process's log: lines on standard error, so that standard output stays for results.
// spdlog does the work behind this header. Threads: any.
#pragma once

#include <string_view>

namespace mlaas::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

// Sets what is written; kInfo to begin with. `withTime` adds time stamps, as servers want and commands do not.
void configure(Level level, bool withTime);

void debug(std::string_view message);
void info(std::string_view message);
void warning(std::string_view message);
void error(std::string_view message);

}  // namespace mlaas::log
