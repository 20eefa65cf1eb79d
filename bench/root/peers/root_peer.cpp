// Reads columns of a tree or RNTuple with ROOT and prints one line of JSON, as read_bench does:
// root_peer rdataframe|treereader|bulk FILE NAME COLUMNS [--threads N] [--repeat N]    COLUMNS: names with commas between
// Every reader adds up the values of every column. `bulk` (TBranch::GetBulkRead) reads flat columns only.
#include <TBranch.h>
#include <TBufferFile.h>
#include <TFile.h>
#include <TLeaf.h>
#include <TROOT.h>
#include <TTree.h>
#include <TTreeReader.h>
#include <TTreeReaderArray.h>
#include <TTreeReaderValue.h>
#include <sys/resource.h>
#include <time.h>
#include <ROOT/RDataFrame.hxx>
#include <ROOT/RVec.hxx>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Options {
  std::string reader;
  std::string file;
  std::string tree;
  std::vector<std::string> columns;
  unsigned threads = 1;
  int repeat = 1;
};

struct Outcome {
  double sum = 0;
  int64_t numEntries = 0;
};

enum class Kind { kFloat, kInt, kBool, kFloatList, kIntList };

Kind kindOf(const std::string& type) {
  const bool isList = type.find("RVec<") != std::string::npos || type.find("vector<") != std::string::npos;
  const bool isFloat = type.find("float") != std::string::npos || type.find("Float_t") != std::string::npos;
  if (isList) return isFloat ? Kind::kFloatList : Kind::kIntList;
  if (isFloat) return Kind::kFloat;
  return type == "bool" || type == "Bool_t" ? Kind::kBool : Kind::kInt;
}

std::vector<Kind> kindsOf(const Options& options) {
  ROOT::RDataFrame frame(options.tree, options.file);
  std::vector<Kind> kinds;
  for (const std::string& name : options.columns) kinds.push_back(kindOf(frame.GetColumnType(name)));
  return kinds;
}

template <class T>
ROOT::RDF::RResultPtr<double> sumOfNumbers(ROOT::RDataFrame& frame, const std::string& column) {
  return frame.Aggregate([](double sum, T value) { return sum + value; }, [](double a, double b) { return a + b; },
                         column, 0.0);
}

template <class T>
ROOT::RDF::RResultPtr<double> sumOfLists(ROOT::RDataFrame& frame, const std::string& column) {
  return frame.Aggregate(
      [](double sum, const ROOT::RVec<T>& values) {
        for (const T value : values) sum += value;
        return sum;
      },
      [](double a, double b) { return a + b; }, column, 0.0);
}

Outcome readWithDataFrame(const Options& options, const std::vector<Kind>& kinds) {
  ROOT::RDataFrame frame(options.tree, options.file);
  std::vector<ROOT::RDF::RResultPtr<double>> sums;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::string& name = options.columns[i];
    if (kinds[i] == Kind::kFloat) sums.push_back(sumOfNumbers<float>(frame, name));
    if (kinds[i] == Kind::kInt) sums.push_back(sumOfNumbers<int32_t>(frame, name));
    if (kinds[i] == Kind::kBool) sums.push_back(sumOfNumbers<bool>(frame, name));
    if (kinds[i] == Kind::kFloatList) sums.push_back(sumOfLists<float>(frame, name));
    if (kinds[i] == Kind::kIntList) sums.push_back(sumOfLists<int32_t>(frame, name));
  }
  auto count = frame.Count();
  Outcome outcome;
  for (auto& sum : sums) outcome.sum += *sum;
  outcome.numEntries = static_cast<int64_t>(*count);
  return outcome;
}

template <class T>
std::function<double()> numberReader(TTreeReader& reader, const std::string& name) {
  return [value = std::make_shared<TTreeReaderValue<T>>(reader, name.c_str())] { return double(**value); };
}

template <class T>
std::function<double()> listReader(TTreeReader& reader, const std::string& name) {
  return [values = std::make_shared<TTreeReaderArray<T>>(reader, name.c_str())] {
    double sum = 0;
    for (const T value : *values) sum += value;
    return sum;
  };
}

Outcome readWithTreeReader(const Options& options, const std::vector<Kind>& kinds) {
  std::unique_ptr<TFile> file(TFile::Open(options.file.c_str()));
  TTreeReader reader(options.tree.c_str(), file.get());
  std::vector<std::function<double()>> columns;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::string& name = options.columns[i];
    if (kinds[i] == Kind::kFloat) columns.push_back(numberReader<float>(reader, name));
    if (kinds[i] == Kind::kInt) columns.push_back(numberReader<int32_t>(reader, name));
    if (kinds[i] == Kind::kBool) columns.push_back(numberReader<bool>(reader, name));
    if (kinds[i] == Kind::kFloatList) columns.push_back(listReader<float>(reader, name));
    if (kinds[i] == Kind::kIntList) columns.push_back(listReader<int32_t>(reader, name));
  }
  Outcome outcome;
  while (reader.Next()) {
    for (const auto& column : columns) outcome.sum += column();
    ++outcome.numEntries;
  }
  return outcome;
}

template <class T>
double sumOfBulk(TBranch& branch, int64_t numEntries) {
  TBufferFile buffer(TBuffer::EMode::kWrite, 32 * 1024);
  double sum = 0;
  for (int64_t entry = 0; entry < numEntries;) {
    const int64_t count = branch.GetBulkRead().GetBulkEntries(entry, buffer);
    if (count <= 0) throw std::runtime_error("GetBulkEntries cannot read this branch");
    const auto* values = reinterpret_cast<const T*>(buffer.GetCurrent());
    for (int64_t i = 0; i < count; ++i) sum += values[i];
    entry += count;
  }
  return sum;
}

Outcome readInBulk(const Options& options, const std::vector<Kind>& kinds) {
  std::unique_ptr<TFile> file(TFile::Open(options.file.c_str()));
  auto* tree = file->Get<TTree>(options.tree.c_str());
  Outcome outcome;
  outcome.numEntries = tree->GetEntries();
  for (size_t i = 0; i < kinds.size(); ++i) {
    TBranch* branch = tree->GetBranch(options.columns[i].c_str());
    if (kinds[i] == Kind::kFloat) outcome.sum += sumOfBulk<float>(*branch, outcome.numEntries);
    if (kinds[i] == Kind::kInt) outcome.sum += sumOfBulk<int32_t>(*branch, outcome.numEntries);
    if (kinds[i] == Kind::kBool) outcome.sum += sumOfBulk<bool>(*branch, outcome.numEntries);
    if (kinds[i] == Kind::kFloatList || kinds[i] == Kind::kIntList)
      throw std::runtime_error("bulk reading is for flat columns");
  }
  return outcome;
}

Outcome read(const Options& options, const std::vector<Kind>& kinds) {
  if (options.reader == "rdataframe") return readWithDataFrame(options, kinds);
  if (options.reader == "treereader") return readWithTreeReader(options, kinds);
  if (options.reader == "bulk") return readInBulk(options, kinds);
  throw std::runtime_error("unknown reader " + options.reader);
}

double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Options parse(int argc, char** argv) {
  if (argc < 5) throw std::runtime_error("usage: root_peer READER FILE NAME COLUMNS [--threads N] [--repeat N]");
  Options options{argv[1], argv[2], argv[3], {}};
  std::stringstream names(argv[4]);
  for (std::string name; std::getline(names, name, ',');) options.columns.push_back(name);
  for (int i = 5; i + 1 < argc; i += 2) {
    if (std::string(argv[i]) == "--threads") options.threads = static_cast<unsigned>(std::atoi(argv[i + 1]));
    if (std::string(argv[i]) == "--repeat") options.repeat = std::atoi(argv[i + 1]);
  }
  return options;
}

void run(const Options& options) {
  if (options.threads != 1) ROOT::EnableImplicitMT(options.threads);
  const std::vector<Kind> kinds = kindsOf(options);
  double seconds = 0;
  double cpu = 0;
  Outcome outcome;
  for (int i = 0; i < options.repeat; ++i) {
    const double wallBefore = wallSeconds();
    const double cpuBefore = cpuSeconds();
    outcome = read(options, kinds);
    const double wall = wallSeconds() - wallBefore;
    const double used = cpuSeconds() - cpuBefore;
    if (i == 0 || wall < seconds) seconds = wall;
    if (i == 0 || used < cpu) cpu = used;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"reader\":\"%s\",\"columns\":%zu,\"threads\":%u,\"entries\":%lld,\"seconds\":%.6f,\"cpu_seconds\":%.6f,"
      "\"peak_rss_megabytes\":%.1f,\"sum\":%.17g}\n",
      options.reader.c_str(), options.columns.size(), options.threads, static_cast<long long>(outcome.numEntries),
      seconds, cpu, static_cast<double>(usage.ru_maxrss) * 1024 / 1e6, outcome.sum);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "root_peer: %s\n", error.what());
    return 1;
  }
  return 0;
}
