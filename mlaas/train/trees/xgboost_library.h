// XGBoost's C interface as values that clean up after themselves and errors that read well.
// Errors:  kInvalidArgument for parameters that the library refuses, kInternal for the rest, with the library's words.
// Threads: an object is used by one thread at a time; the library starts the threads that `nthread` says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::train {

// Some rows on their way into a matrix.
struct TreeBatch {
  std::vector<float> values;  // [rows, columns], NaN is missing
  std::vector<float> label;   // [rows, targets]
  std::vector<float> weight;  // >= 0
};

// Rows that can be read several times: XGBoost passes over them for the quantiles and again for the values.
class TreeSource {
 public:
  virtual ~TreeSource() = default;
  // Begins again at the first row.
  virtual void reset() = 0;
  // Fills the next batch; false at the end.
  virtual Result<bool> next(TreeBatch& batch) = 0;
};

// Rows as XGBoost trains on them.
class TreeMatrix {
 public:
  // Quantised in memory, about one byte a value.
  // `reference` lends its quantiles to a validation matrix.
  static Result<TreeMatrix> quantise(TreeSource& source, const std::vector<std::string>& columns, int64_t maxBin,
                                     int threads, const TreeMatrix* reference);
  // In files below `folder`, of which a few pages are in memory at a time: XGBoost's external memory. Each batch of
  // `source` is a page. The files go with the matrix, before which `folder` must not go.
  static Result<TreeMatrix> page(TreeSource& source, const std::vector<std::string>& columns, int threads,
                                 const std::string& folder);
  // How likely each column is drawn where columns are sampled.
  Result<void> setColumnWeights(const std::vector<float>& weights);
  int64_t rows() const { return rows_; }
  void* handle() const { return handle_.get(); }

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  static Result<TreeMatrix> finish(TreeMatrix matrix, const std::vector<std::string>& columns);
  std::shared_ptr<void> iteration_;  // of pages; handle_ may refer to it
  std::unique_ptr<void, Free> handle_;
  int64_t rows_ = 0;
};

using TreeParameters = std::vector<std::pair<std::string, std::string>>;

// Values of one metric after a round: "logloss" on each of the matrices asked about.
struct TreeMetric {
  std::string matrix;
  std::string name;
  double value = 0;
};

class Booster {
 public:
  // Boosts on these matrices; parameters are checked by the library at the first round.
  static Result<Booster> make(const std::vector<const TreeMatrix*>& matrices, const TreeParameters& parameters);

  // Goes on from what serialise() gave, on the same matrices and with the same parameters.
  static Result<Booster> restore(const std::vector<const TreeMatrix*>& matrices, const TreeParameters& parameters,
                                 const std::string& bytes);
  // The trees, bit for bit, with all that the next round needs but matrices and parameters.
  Result<std::string> serialise() const;

  Result<void> boost(int round, const TreeMatrix& matrix);
  Result<std::vector<TreeMetric>> evaluate(int round,
                                           const std::vector<std::pair<std::string, const TreeMatrix*>>& matrices);
  // The first `rounds` rounds alone.
  Result<Booster> first(int rounds) const;
  // Probabilities [rows, outputs] of rows of `columns` values.
  Result<void> predict(std::span<const float> values, int64_t columns, std::vector<float>& scores) const;
  // Shapley values [rows, outputs, columns + 1] of the margins, the expectation last.
  Result<std::vector<float>> contributions(std::span<const float> values, int64_t columns) const;
  // All parameters as they are, in XGBoost's JSON.
  Result<std::string> configuration() const;
  // The model in XGBoost's JSON.
  Result<std::string> toJson() const;

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  static Result<Booster> on(const std::vector<const TreeMatrix*>& matrices);
  Result<void> set(const TreeParameters& parameters);
  std::unique_ptr<void, Free> handle_;
};

// Sets how many threads the library may use on behalf of this thread where no parameter says it, as in its metrics:
// OpenMP's threads wait by spinning, which on a busy machine made a training 7 times slower.
void limitTreeThreads(int threads);

// Trains one round on a few made-up rows to hear what the library says to the parameters: kInvalidArgument names the
// unknown ones with the nearest known ones, or the value that is refused. Without classes the rows have a target.
Result<void> checkTreeParameters(const TreeParameters& parameters, int64_t numClasses,
                                 const std::vector<std::string>& ourNames);

// "1.7.4".
std::string xgboostVersion();

}  // namespace mlaas::train
