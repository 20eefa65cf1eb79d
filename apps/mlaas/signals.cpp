#include "apps/mlaas/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace mlaas::command {

namespace {

sigset_t watchedSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

SignalWatch::SignalWatch() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set = watchedSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { wait(); });
}

SignalWatch::~SignalWatch() {
  closing_ = true;
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): the signal is blocked and only wakes the thread's sigwait
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void SignalWatch::wait() {
  sigset_t set = watchedSignals();
  for (;;) {
    int signal = 0;
    sigwait(&set, &signal);
    if (closing_) return;
    if (received_ != 0) _exit(128 + signal);  // asked twice: do not wait for an orderly end
    received_ = signal;
    stop_.request_stop();
  }
}

}  // namespace mlaas::command
