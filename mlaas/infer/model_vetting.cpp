#include "mlaas/infer/model_vetting.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "mlaas/infer/model_file.h"
#include "mlaas/infer/tensor_engine.h"

extern char** environ;

namespace mlaas::infer {

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kLongestReport = 64 << 10;

Error systemError(const std::string& what, int reason) {
  return {ErrorCode::kIo, "cannot " + what + ": " + std::generic_category().message(reason)};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

// What posix_spawn is told: standard output goes to `output`, all other files are closed, signals are as usual.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    // A group of its own: what the terminal sends to the server is not for it.
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// A child that is killed and collected at the latest when this ends.
class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  // The status with which it ended; nothing where it runs on at `deadline`.
  std::optional<int> wait(Clock::time_point deadline) {
    for (;;) {
      int status = 0;
      const pid_t ended = ::waitpid(process_, &status, WNOHANG);
      if (ended == process_) {
        process_ = 0;
        return status;
      }
      if (Clock::now() >= deadline) return std::nullopt;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  pid_t process_;
};

// What comes until the other end closes; false where that does not happen before `deadline`.
bool readUntilClosed(int file, Clock::time_point deadline, std::string& text) {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{file, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t size = ::read(file, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    if (text.size() < kLongestReport) text.append(buffer.data(), static_cast<size_t>(size));
  }
}

Error died(int status) {
  const std::string how =
      WIFSIGNALED(status) ? "by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")"
                          : "with status " + std::to_string(WEXITSTATUS(status));
  return {ErrorCode::kCorrupt,
          "the model is damaged or needs too much memory: loading it on trial ended a process " + how};
}

// The report's error, or what became of a process without a report.
Result<void> judge(int status, const std::string& text) {
  const auto report = nlohmann::json::parse(text, nullptr, false);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !report.is_object()) return died(status);
  const auto code = report.find("error");
  if (code == report.end()) return {};
  const auto* known = std::find_if(kAllErrorCodes.begin(), kAllErrorCodes.end(), [&](ErrorCode one) {
    return code->is_string() && code->get_ref<const std::string&>() == errorCodeName(one);
  });
  const auto message = report.find("message");
  return Error(known == kAllErrorCodes.end() ? ErrorCode::kInternal : *known,
               message != report.end() && message->is_string() ? message->get<std::string>() : "it cannot be loaded");
}

void limit(__rlimit_resource resource, rlim_t value) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return;
  now.rlim_cur = std::min(value, now.rlim_max);
  ::setrlimit(resource, &now);
}

}  // namespace

Result<void> vetModel(const std::string& program, const std::string& path, const VettingLimits& limits) {
  const auto deadline = Clock::now() + limits.time;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return systemError("make a pipe", errno);
  const Descriptor output(ends[0]);
  Descriptor input(ends[1]);
  std::vector<std::string> words = {program,
                                    "vet-model",
                                    path,
                                    "--milliseconds",
                                    std::to_string(limits.time.count()),
                                    "--memory",
                                    std::to_string(limits.memoryBytes),
                                    "--parent",
                                    std::to_string(::getpid())};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = 0;
  const SpawnSettings settings(input.number());
  const int failed =
      ::posix_spawn(&process, program.c_str(), settings.files(), settings.attributes(), arguments.data(), environ);
  if (failed != 0) return systemError("start " + program + " to try the model", failed);
  Child child(process);
  input.close();
  std::string report;
  const bool closed = readUntilClosed(output.number(), deadline, report);
  const auto status = closed ? child.wait(deadline) : std::nullopt;
  if (!status) {
    return Error(ErrorCode::kUnsupported,
                 "loading the model on trial did not end within " + std::to_string(limits.time.count()) + " ms");
  }
  return judge(*status, report);
}

Result<void> loadOnTrial(const std::string& path, const VettingLimits& limits, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (parent > 0 && ::getppid() != parent) return Error(ErrorCode::kCancelled, "the server has ended");
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_AS, limits.memoryBytes);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.time.count() / 1000 + 1));
  MLAAS_TRY(const LoadedModel model, loadModel(path, 1));
  // A model that does not run on zeros may still be right: what counts is that the process lives.
  static_cast<void>(runOnZeros(*model.engines.front(), model.signature));
  return {};
}

std::string vettingReport(const Result<void>& outcome) {
  nlohmann::json report = nlohmann::json::object();
  if (!outcome.ok()) {
    report["error"] = errorCodeName(outcome.error().code());
    report["message"] = outcome.error().what();
  }
  return report.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

bool needsVetting(const std::string& path, bool sentFromOutside) {
  const auto file = findModelFile(path);
  if (!file.ok()) return false;
  switch (file->format) {
    case ModelFormat::kBundle:
      return sentFromOutside;
    case ModelFormat::kOnnx:
    case ModelFormat::kSavedModel:
    case ModelFormat::kFrozenGraph:
    case ModelFormat::kTflite:
      return true;
    default:
      return false;
  }
}

}  // namespace mlaas::infer
