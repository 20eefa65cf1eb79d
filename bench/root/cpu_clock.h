// The processor time that this process has used, of all its threads.
#pragma once

#include <ctime>

namespace mlaas::bench {

inline double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace mlaas::bench
