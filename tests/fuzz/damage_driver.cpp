// Damages a ROOT file in memory, case by case, and reads what is left: an error or values must come, within bounded
// time and memory. Truncated files must give the undamaged values wherever they give values; flipped bytes may change
// numbers that no checksum guards.
//
//   damage_driver [--truncations 50] [--flips 200] [--first CASE] FILE...
//
// A file with few columns is read whole in each case. Of one with many, those columns are read whose bytes are damaged
// (a first, undamaged pass notes which bytes each column reads), and some others.
// Prints "case N" to standard error before each case, so that a caller knows which one crashed. Exit 0: no finding;
// 1: findings, one line each; 2: usage.
#include <malloc.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "mlaas/base/random.h"
#include "mlaas/io/memory_source.h"
#include "mlaas/io/opener.h"
#include "mlaas/table/table.h"

#if defined(__SANITIZE_ADDRESS__)
#define MLAAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MLAAS_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef MLAAS_ADDRESS_SANITIZER
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier): the library's
#endif

namespace {

using namespace mlaas;
using Bytes = std::vector<std::byte>;

constexpr const char* kUrl = "damaged://file.root";
constexpr int64_t kMostEntries = 200000;  // a damaged count may promise more than is worth reading
constexpr size_t kReadWholeColumns = 64;  // tables with more columns are read in part
constexpr size_t kOtherColumns = 16;      // of those, so many beside the damaged ones
constexpr int kCaseLimitS = 60;           // of processor time for one case; sanitizers are slow
constexpr double kLongCaseS = 20;         // worth a line
constexpr size_t kMemoryLimit = size_t{1} << 30;

// Ends the process after so many seconds of processor time; 0: never.
void limitTime(int seconds) {
  const itimerval limit{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
}

double processorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Bytes that are allocated now, beyond those at the start of the case.
size_t allocatedBytes() {
#ifdef MLAAS_ADDRESS_SANITIZER
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

// Notes which ranges of the file are read.
class NotingSource : public io::ByteSource {
 public:
  explicit NotingSource(Bytes bytes) : inner_(kUrl, std::move(bytes)) {}
  const std::string& url() const override { return inner_.url(); }
  uint64_t sizeBytes() const override { return inner_.sizeBytes(); }
  void read(std::vector<io::ReadRequest> requests, io::ReadDone done) override { done(readNow(std::move(requests))); }
  Result<void> readNow(std::vector<io::ReadRequest> requests) override {
    {
      std::lock_guard lock(mutex_);
      for (const auto& request : requests) ranges_.emplace_back(request.offset, request.destination.size());
    }
    return inner_.readNow(std::move(requests));
  }
  std::vector<std::pair<uint64_t, uint64_t>> takeRanges() {
    std::lock_guard lock(mutex_);
    return std::exchange(ranges_, {});
  }

 private:
  io::MemorySource inner_;
  std::mutex mutex_;
  std::vector<std::pair<uint64_t, uint64_t>> ranges_;  // offset and size; under mutex_
};

// What an undamaged column gives.
struct Intact {
  uint64_t digest = 0;
  bool ok = false;
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
};
using IntactTable = std::map<std::string, Intact>;

std::shared_ptr<NotingSource> serve(Bytes bytes) {
  auto source = std::make_shared<NotingSource>(std::move(bytes));
  io::registerScheme("damaged", [source](const std::string&) -> Result<std::shared_ptr<io::ByteSource>> {
    return std::shared_ptr<io::ByteSource>(source);
  });
  return source;
}

void digestBytes(uint64_t& digest, std::span<const std::byte> bytes) {
  uint64_t word = 0;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::memcpy(&word, bytes.data() + i, 8);
    digest = mix64(digest ^ word);
  }
  for (; i < bytes.size(); ++i) digest = mix64(digest ^ static_cast<uint64_t>(bytes[i]) ^ 0x100);
}

uint64_t digestOf(const Column& column) {
  uint64_t digest = static_cast<uint64_t>(column.length);
  for (const auto& offsets : column.offsets) digestBytes(digest, offsets->bytes());
  const auto used = static_cast<size_t>(column.numElements()) * column.type.valuesPerElement();
  if (column.values) digestBytes(digest, column.values->bytes().first(used * dtypeBytes(column.type.dtype)));
  return digest;
}

class Driver {
 public:
  Driver(std::string path, Bytes bytes) : path_(std::move(path)), whole_(std::move(bytes)) {}

  bool prepare() {
    auto source = serve(whole_);
    const auto info = table::inspectFile(kUrl);
    if (!info.ok()) return false;
    for (const auto& tableInfo : info->tables) {
      const auto opened = table::openTable(kUrl, tableInfo.name);
      if (!opened.ok()) continue;
      entries_[tableInfo.name] = (*opened)->numEntries();
      IntactTable& intact = intact_[tableInfo.name];
      for (size_t i = 0; i < (*opened)->columns().size(); ++i) {
        source->takeRanges();
        Intact one;
        const auto read = (*opened)->read({0, std::min((*opened)->numEntries(), kMostEntries)}, {i});
        one.ok = read.ok();
        if (read.ok()) one.digest = digestOf(read->front());
        one.ranges = source->takeRanges();
        intact[(*opened)->columns()[i].name] = std::move(one);
      }
    }
    return true;
  }

  void truncated(size_t length, uint64_t number) {
    Bytes bytes(whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(length));
    check(std::move(bytes), {}, number, "truncated to " + std::to_string(length) + " bytes", true);
  }

  void flipped(uint64_t number) {
    Random random(combineSeeds(number, whole_.size()));
    Bytes bytes = whole_;
    std::vector<uint64_t> places;
    std::string what = "flipped";
    // Every third case hits the header and what follows it, or the records at the end: they are not compressed.
    const uint64_t span = number % 3 == 0 ? std::min<uint64_t>(bytes.size(), 400) : bytes.size();
    for (uint64_t i = 0; i <= number % 3; ++i) {
      uint64_t at = random.below(span);
      if (number % 6 == 3) at = bytes.size() - 1 - at;
      bytes[at] ^= static_cast<std::byte>(1 + random.below(255));
      places.push_back(at);
      what += " byte " + std::to_string(at) + " to " + std::to_string(static_cast<int>(bytes[at]));
    }
    check(std::move(bytes), places, number, what, false);
  }

  int findings() const { return findings_; }
  // How many columns gave values, and how many an error, in all cases.
  uint64_t numRead() const { return numRead_; }
  uint64_t numRefused() const { return numRefused_; }

 private:
  void check(Bytes bytes, const std::vector<uint64_t>& places, uint64_t number, const std::string& what, bool exact) {
    const size_t before = allocatedBytes() + bytes.size();
    const double start = processorSeconds();
    limitTime(kCaseLimitS);
    peak_ = 0;
    before_ = before;
    serve(std::move(bytes));
    const auto info = table::inspectFile(kUrl);
    notePeak();
    if (info.ok()) {
      for (const auto& tableInfo : info->tables) readTable(tableInfo.name, places, number, what, exact);
    }
    limitTime(0);
    if (peak_ > kMemoryLimit) report(what, "took " + std::to_string(peak_ >> 20) + " MiB");
    const double took = processorSeconds() - start;
    if (took > kLongCaseS) report(what, "took " + std::to_string(took) + " s of processor time");
  }

  void readTable(const std::string& name, const std::vector<uint64_t>& places, uint64_t number, const std::string& what,
                 bool exact) {
    const auto opened = table::openTable(kUrl, name);
    if (!opened.ok()) return;
    const table::Table& table = **opened;
    for (size_t i : chooseColumns(table, places, number)) {
      const int64_t last = std::min(table.numEntries(), kMostEntries);
      const auto read = table.read({0, last}, {i});
      notePeak();
      ++(read.ok() ? numRead_ : numRefused_);
      if (!read.ok()) continue;
      if (read->front().length != last) report(what, name + ": " + table.columns()[i].name + ": wrong length");
      if (!exact || entries_[name] != table.numEntries()) continue;
      const auto found = intact_[name].find(table.columns()[i].name);
      if (found == intact_[name].end() || !found->second.ok || found->second.digest == digestOf(read->front()))
        continue;
      report(what, name + ": " + table.columns()[i].name + ": other values than the undamaged file's");
    }
  }

  std::vector<size_t> chooseColumns(const table::Table& table, const std::vector<uint64_t>& places, uint64_t number) {
    std::set<size_t> chosen;
    const size_t count = table.columns().size();
    Random random(number);
    for (size_t i = 0; i < count; ++i) {
      if (count <= kReadWholeColumns || isTouched(table, i, places)) chosen.insert(i);
    }
    for (size_t i = 0; i < kOtherColumns && count > kReadWholeColumns; ++i) chosen.insert(random.below(count));
    return {chosen.begin(), chosen.end()};
  }

  bool isTouched(const table::Table& table, size_t column, const std::vector<uint64_t>& places) const {
    const auto intact = intact_.find(table.name());
    if (intact == intact_.end()) return false;
    const auto found = intact->second.find(table.columns()[column].name);
    if (found == intact->second.end()) return false;
    for (uint64_t place : places) {
      for (const auto& [offset, size] : found->second.ranges) {
        if (place >= offset && place - offset < size) return true;
      }
    }
    return false;
  }

  void notePeak() {
    const size_t now = allocatedBytes();
    peak_ = std::max(peak_, now > before_ ? now - before_ : 0);
  }

  void report(const std::string& what, const std::string& problem) {
    std::printf("finding: %s: %s: %s\n", path_.c_str(), what.c_str(), problem.c_str());
    ++findings_;
  }

  const std::string path_;
  const Bytes whole_;
  std::map<std::string, IntactTable> intact_;
  std::map<std::string, int64_t> entries_;
  size_t before_ = 0;
  size_t peak_ = 0;
  uint64_t numRead_ = 0;
  uint64_t numRefused_ = 0;
  int findings_ = 0;
};

Bytes readFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> characters((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  Bytes bytes(characters.size());
  if (!bytes.empty()) std::memcpy(bytes.data(), characters.data(), bytes.size());
  return bytes;
}

// Runs the cases from `first` on; truncations come before flips.
int damageFile(const std::string& path, uint64_t truncations, uint64_t flips, uint64_t first) {
  Bytes bytes = readFile(path);
  const size_t size = bytes.size();
  if (size == 0) return 0;
  Driver driver(path, std::move(bytes));
  if (!driver.prepare()) return 0;
  for (uint64_t number = first; number < truncations + flips; ++number) {
    std::fprintf(stderr, "case %llu\n", static_cast<unsigned long long>(number));
    if (number < truncations) {
      driver.truncated(size * number / truncations, number);
    } else {
      driver.flipped(number - truncations);
    }
  }
  std::printf("%s: columns read %llu, refused %llu\n", path.c_str(), static_cast<unsigned long long>(driver.numRead()),
              static_cast<unsigned long long>(driver.numRefused()));
  return driver.findings();
}

void onLimit(int) {
  constexpr char kText[] = "finding: no end within the time limit\n";
  static_cast<void>(write(STDERR_FILENO, kText, sizeof kText - 1));
  _exit(3);
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t truncations = 50;
  uint64_t flips = 200;
  uint64_t first = 0;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    uint64_t* number = word == "--truncations" ? &truncations
                       : word == "--flips"     ? &flips
                       : word == "--first"     ? &first
                                               : nullptr;
    if (number == nullptr) {
      files.push_back(word);
    } else if (++i < argc) {
      *number = std::strtoull(argv[i], nullptr, 10);
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "usage: damage_driver [--truncations N] [--flips N] [--first CASE] FILE...\n");
    return 2;
  }
  std::signal(SIGPROF, onLimit);
  int findings = 0;
  for (const std::string& path : files) findings += damageFile(path, truncations, flips, first);
  return findings > 0 ? 1 : 0;
}
