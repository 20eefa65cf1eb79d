#include "mlaas/train/trees/xgboost_library.h"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "mlaas/base/log.h"
#include "mlaas/base/nearest_name.h"

// OpenMP's own; its header belongs to the compiler, and other tools do not find it.
extern "C" void omp_set_num_threads(int threads);  // NOLINT(readability-identifier-naming)

namespace mlaas::train {

namespace {

// What the library has logged on this thread since it was last cleared.
thread_local std::string loggedText;

void keepLog(const char* message) { loggedText += message; }

// "[06:22:44] ./src/gbm/gbm.cc:24: Unknown gbm type" without clock, place and stack.
std::string plainMessage(std::string text) {
  text = text.substr(0, text.find("\nStack trace:"));
  static const std::regex kPrefix(R"(^\[[0-9:]+\] (WARNING: |ERROR: )?[^ ]*:[0-9]+: *)");
  text = std::regex_replace(text, kPrefix, "");
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  text.erase(0, text.find_first_not_of(" \n"));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Error libraryError(ErrorCode code = ErrorCode::kInternal) {
  return {code, "XGBoost: " + plainMessage(XGBGetLastError())};
}

Result<void> check(int status) {
  if (status != 0) return libraryError();
  return {};
}

// The interface in which XGBoost takes arrays: numpy's __array_interface__ as JSON.
std::string arrayInterface(const std::vector<float>& values, size_t rows, size_t columns) {
  nlohmann::json json;
  json["data"] = {reinterpret_cast<uintptr_t>(values.data()), true};
  json["shape"] = columns == 0 ? nlohmann::json{rows} : nlohmann::json{rows, columns};
  json["typestr"] = "<f4";
  json["version"] = 3;
  return json.dump();
}

// What the callbacks of one matrix share.
struct Iteration {
  TreeSource* source = nullptr;  // null: all rows have been passed
  std::unique_ptr<void, decltype(&XGDMatrixFree)> proxy{nullptr, &XGDMatrixFree};
  size_t columns = 0;
  TreeBatch batch;
  std::optional<Error> problem;
};

void resetIteration(DataIterHandle handle) {
  if (TreeSource* source = static_cast<Iteration*>(handle)->source; source != nullptr) source->reset();
}

Result<bool> passBatch(Iteration& iteration) {
  MLAAS_TRY(const bool more, iteration.source->next(iteration.batch));
  if (!more) return false;
  const TreeBatch& batch = iteration.batch;
  const size_t rows = batch.weight.size();
  const size_t targets = rows == 0 ? 0 : batch.label.size() / rows;
  MLAAS_CHECK(check(XGProxyDMatrixSetDataDense(iteration.proxy.get(),
                                               arrayInterface(batch.values, rows, iteration.columns).c_str())));
  MLAAS_CHECK(check(XGDMatrixSetInfoFromInterface(
      iteration.proxy.get(), "label", arrayInterface(batch.label, rows, targets > 1 ? targets : 0).c_str())));
  MLAAS_CHECK(check(
      XGDMatrixSetInfoFromInterface(iteration.proxy.get(), "weight", arrayInterface(batch.weight, rows, 0).c_str())));
  return true;
}

Result<std::shared_ptr<Iteration>> iterate(TreeSource& source, const std::vector<std::string>& columns) {
  auto iteration = std::make_shared<Iteration>();
  iteration->source = &source;
  iteration->columns = columns.size();
  void* proxy = nullptr;
  MLAAS_CHECK(check(XGProxyDMatrixCreate(&proxy)));
  iteration->proxy.reset(proxy);
  source.reset();
  return iteration;
}

// 1 for a batch, 0 at the end. An error also ends the iteration and is found in `problem` afterwards.
int nextBatch(DataIterHandle handle) {
  auto& iteration = *static_cast<Iteration*>(handle);
  if (iteration.problem || iteration.source == nullptr) return 0;
  const auto passed = passBatch(iteration);
  if (!passed.ok()) iteration.problem = passed.error();
  return passed.ok() && *passed ? 1 : 0;
}

// Feature names without the brackets that XGBoost's Python package refuses: Jet_pt[0] becomes Jet_pt_0.
std::string columnName(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (c == ']') continue;
    result += c == '[' || c == '<' ? '_' : c;
  }
  return result;
}

Result<void> nameColumns(void* matrix, const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  std::vector<const char*> pointers;
  for (const auto& column : columns) names.push_back(columnName(column));
  for (const auto& name : names) pointers.push_back(name.c_str());
  return check(XGDMatrixSetStrFeatureInfo(matrix, "feature_name", pointers.data(), pointers.size()));
}

void collectNames(const nlohmann::json& json, std::vector<std::string>& names) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      collectNames(value, names);
    } else if (std::find(names.begin(), names.end(), key) == names.end()) {
      names.push_back(key);
    }
  }
}

// Names of all parameters that a booster knows.
std::vector<std::string> knownParameters(void* booster) {
  bst_ulong length = 0;
  const char* text = nullptr;
  std::vector<std::string> names;
  if (XGBoosterSaveJsonConfig(booster, &length, &text) != 0) return names;
  collectNames(nlohmann::json::parse(text, text + length, nullptr, false), names);
  return names;
}

// The names in XGBoost's 'Parameters: { "a", "b" } are not used.'
std::vector<std::string> unusedParameters(const std::string& log) {
  std::vector<std::string> names;
  const size_t first = log.find("Parameters: {");
  const size_t last = log.find("are not used", first);
  if (first == std::string::npos || last == std::string::npos) return names;
  const std::string list = log.substr(first, last - first);
  static const std::regex kQuoted("\"([^\"]*)\"");
  for (auto match = std::sregex_iterator(list.begin(), list.end(), kQuoted); match != std::sregex_iterator(); ++match) {
    names.push_back((*match)[1]);
  }
  return names;
}

void passOnWarnings() {
  const std::string text = plainMessage(std::exchange(loggedText, {}));
  if (!text.empty()) log::warning("XGBoost: " + text);
}

}  // namespace

void TreeMatrix::Free::operator()(void* handle) const { XGDMatrixFree(handle); }
void Booster::Free::operator()(void* handle) const { XGBoosterFree(handle); }

Result<TreeMatrix> TreeMatrix::quantise(TreeSource& source, const std::vector<std::string>& columns, int64_t maxBin,
                                        int threads, const TreeMatrix* reference) {
  MLAAS_TRY(const auto iteration, iterate(source, columns));
  const std::string config =
      R"({"missing": NaN, "nthread": )" + std::to_string(threads) + R"(, "max_bin": )" + std::to_string(maxBin) + "}";
  void* handle = nullptr;
  const int status = XGQuantileDMatrixCreateFromCallback(iteration.get(), iteration->proxy.get(),
                                                         reference == nullptr ? nullptr : reference->handle(),
                                                         &resetIteration, &nextBatch, config.c_str(), &handle);
  TreeMatrix matrix;
  if (status == 0) matrix.handle_.reset(handle);
  if (iteration->problem) return *std::move(iteration->problem);
  if (status != 0) return libraryError();
  return finish(std::move(matrix), columns);
}

Result<TreeMatrix> TreeMatrix::page(TreeSource& source, const std::vector<std::string>& columns, int threads,
                                    const std::string& folder) {
  MLAAS_TRY(const auto iteration, iterate(source, columns));
  const nlohmann::json prefix = folder + "/pages";
  const std::string config =
      R"({"missing": NaN, "nthread": )" + std::to_string(threads) + R"(, "cache_prefix": )" + prefix.dump() + "}";
  void* handle = nullptr;
  const int status = XGDMatrixCreateFromCallback(iteration.get(), iteration->proxy.get(), &resetIteration, &nextBatch,
                                                 config.c_str(), &handle);
  iteration->source = nullptr;
  TreeMatrix matrix;
  matrix.iteration_ = iteration;
  if (status == 0) matrix.handle_.reset(handle);
  if (iteration->problem) return *std::move(iteration->problem);
  if (status != 0) return libraryError();
  return finish(std::move(matrix), columns);
}

Result<TreeMatrix> TreeMatrix::finish(TreeMatrix matrix, const std::vector<std::string>& columns) {
  bst_ulong rows = 0;
  MLAAS_CHECK(check(XGDMatrixNumRow(matrix.handle(), &rows)));
  matrix.rows_ = static_cast<int64_t>(rows);
  MLAAS_CHECK(nameColumns(matrix.handle(), columns));
  return matrix;
}

Result<void> TreeMatrix::setColumnWeights(const std::vector<float>& weights) {
  return check(XGDMatrixSetInfoFromInterface(handle_.get(), "feature_weights",
                                             arrayInterface(weights, weights.size(), 0).c_str()));
}

Result<Booster> Booster::on(const std::vector<const TreeMatrix*>& matrices) {
  XGBRegisterLogCallback(&keepLog);
  std::vector<DMatrixHandle> handles;
  for (const auto* matrix : matrices) handles.push_back(matrix->handle());
  void* handle = nullptr;
  MLAAS_CHECK(check(XGBoosterCreate(handles.data(), handles.size(), &handle)));
  Booster booster;
  booster.handle_.reset(handle);
  return booster;
}

Result<Booster> Booster::make(const std::vector<const TreeMatrix*>& matrices, const TreeParameters& parameters) {
  MLAAS_TRY(Booster booster, on(matrices));
  MLAAS_CHECK(booster.set(parameters));
  return booster;
}

Result<void> Booster::set(const TreeParameters& parameters) {
  for (const auto& [name, value] : parameters) {
    MLAAS_CHECK(check(XGBoosterSetParam(handle_.get(), name.c_str(), value.c_str())));
  }
  return {};
}

Result<Booster> Booster::restore(const std::vector<const TreeMatrix*>& matrices, const TreeParameters& parameters,
                                 const std::string& bytes) {
  MLAAS_TRY(Booster booster, on(matrices));
  MLAAS_CHECK(check(XGBoosterLoadModelFromBuffer(booster.handle_.get(), bytes.data(), bytes.size())));
  MLAAS_CHECK(booster.set(parameters));
  return booster;
}

Result<std::string> Booster::serialise() const {
  bst_ulong length = 0;
  const char* bytes = nullptr;
  MLAAS_CHECK(check(XGBoosterSaveModelToBuffer(handle_.get(), R"({"format": "ubj"})", &length, &bytes)));
  return std::string(bytes, length);
}

Result<void> Booster::boost(int round, const TreeMatrix& matrix) {
  if (XGBoosterUpdateOneIter(handle_.get(), round, matrix.handle()) != 0) {
    return libraryError(ErrorCode::kInvalidArgument);
  }
  passOnWarnings();
  return {};
}

Result<std::vector<TreeMetric>> Booster::evaluate(
    int round, const std::vector<std::pair<std::string, const TreeMatrix*>>& matrices) {
  std::vector<DMatrixHandle> handles;
  std::vector<const char*> names;
  for (const auto& [name, matrix] : matrices) {
    handles.push_back(matrix->handle());
    names.push_back(name.c_str());
  }
  const char* text = nullptr;
  if (XGBoosterEvalOneIter(handle_.get(), round, handles.data(), names.data(), handles.size(), &text) != 0) {
    return libraryError(ErrorCode::kInvalidArgument);
  }
  // "[3]\ttrain-logloss:0.61\tvalidation-logloss:0.63"
  std::vector<TreeMetric> metrics;
  static const std::regex kMetric(R"(\t([^-\t]+)-([^\t]+):([^\t:]+))");
  for (auto match = std::cregex_iterator(text, text + std::char_traits<char>::length(text), kMetric);
       match != std::cregex_iterator(); ++match) {
    metrics.push_back({(*match)[1], (*match)[2], std::strtod((*match)[3].str().c_str(), nullptr)});
  }
  if (metrics.empty()) return Error(ErrorCode::kInternal, std::string("XGBoost: no metric in '") + text + "'");
  return metrics;
}

Result<Booster> Booster::first(int rounds) const {
  void* handle = nullptr;
  MLAAS_CHECK(check(XGBoosterSlice(handle_.get(), 0, rounds, 1, &handle)));
  Booster booster;
  booster.handle_.reset(handle);
  return booster;
}

Result<void> Booster::predict(std::span<const float> values, int64_t columns, std::vector<float>& scores) const {
  static const std::string kConfig =
      R"({"type": 0, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true,)"
      R"( "cache_id": 0, "missing": NaN})";
  nlohmann::json array;
  array["data"] = {reinterpret_cast<uintptr_t>(values.data()), true};
  array["shape"] = {values.size() / static_cast<size_t>(columns), columns};
  array["typestr"] = "<f4";
  array["version"] = 3;
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* result = nullptr;
  MLAAS_CHECK(check(XGBoosterPredictFromDense(handle_.get(), array.dump().c_str(), kConfig.c_str(), nullptr, &shape,
                                              &dimensions, &result)));
  bst_ulong count = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) count *= shape[i];
  scores.assign(result, result + count);
  return {};
}

Result<std::vector<float>> Booster::contributions(std::span<const float> values, int64_t columns) const {
  const auto width = static_cast<bst_ulong>(columns);
  void* handle = nullptr;
  MLAAS_CHECK(check(XGDMatrixCreateFromMat(values.data(), values.size() / width, width,
                                           std::numeric_limits<float>::quiet_NaN(), &handle)));
  const std::unique_ptr<void, decltype(&XGDMatrixFree)> matrix(handle, &XGDMatrixFree);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* result = nullptr;
  MLAAS_CHECK(check(XGBoosterPredictFromDMatrix(
      handle_.get(), handle,
      R"({"type": 2, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true})", &shape,
      &dimensions, &result)));
  bst_ulong count = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) count *= shape[i];
  return std::vector<float>(result, result + count);
}

Result<std::string> Booster::configuration() const {
  bst_ulong length = 0;
  const char* text = nullptr;
  MLAAS_CHECK(check(XGBoosterSaveJsonConfig(handle_.get(), &length, &text)));
  return std::string(text, length);
}

Result<std::string> Booster::toJson() const {
  bst_ulong length = 0;
  const char* bytes = nullptr;
  MLAAS_CHECK(check(XGBoosterSaveModelToBuffer(handle_.get(), R"({"format": "json"})", &length, &bytes)));
  return std::string(bytes, length);
}

void limitTreeThreads(int threads) { omp_set_num_threads(threads); }

Result<void> checkTreeParameters(const TreeParameters& parameters, int64_t numClasses,
                                 const std::vector<std::string>& ourNames) {
  XGBRegisterLogCallback(&keepLog);
  loggedText.clear();
  const auto classes = static_cast<size_t>(numClasses);
  const size_t rows = std::max<size_t>(2 * classes, 4);
  std::vector<float> values(rows);
  std::vector<float> label(rows);
  for (size_t row = 0; row < rows; ++row) {
    // As targets, numbers that every objective takes.
    label[row] = classes > 0 ? static_cast<float>(row % classes) : 1.0F / static_cast<float>(row + 1);
    values[row] = static_cast<float>(row);
  }
  void* handle = nullptr;
  MLAAS_CHECK(check(XGDMatrixCreateFromMat(values.data(), rows, 1, std::numeric_limits<float>::quiet_NaN(), &handle)));
  const std::unique_ptr<void, decltype(&XGDMatrixFree)> matrix(handle, &XGDMatrixFree);
  MLAAS_CHECK(check(XGDMatrixSetFloatInfo(handle, "label", label.data(), rows)));
  MLAAS_CHECK(check(XGBoosterCreate(&handle, 1, &handle)));
  const std::unique_ptr<void, decltype(&XGBoosterFree)> booster(handle, &XGBoosterFree);
  for (const auto& [name, value] : parameters) {
    if (XGBoosterSetParam(booster.get(), name.c_str(), value.c_str()) != 0) {
      return libraryError(ErrorCode::kInvalidArgument);
    }
  }
  const char* metrics = nullptr;
  DMatrixHandle evaluated = matrix.get();
  const char* evaluatedName = "train";
  if (XGBoosterUpdateOneIter(booster.get(), 0, matrix.get()) != 0 ||
      XGBoosterEvalOneIter(booster.get(), 0, &evaluated, &evaluatedName, 1, &metrics) != 0) {
    return libraryError(ErrorCode::kInvalidArgument);
  }
  const auto unused = unusedParameters(std::exchange(loggedText, {}));
  if (unused.empty()) return {};
  std::vector<std::string> known = knownParameters(booster.get());
  known.insert(known.end(), ourNames.begin(), ourNames.end());
  return Error(ErrorCode::kInvalidArgument,
               "unknown option '" + unused.front() + "'" + suggestNames(unused.front(), known));
}

std::string xgboostVersion() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace mlaas::train
