// What a model is fed: defined columns, a selection, scalar features and padded jagged features.
// Written by the workflow file, kept in the bundle, used by training, predicting and serving alike.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::feature {

struct Define {
  std::string name;
  std::string expression;
  bool operator==(const Define&) const = default;
};

// Jagged columns of one collection, cut or padded to `length` elements, or with all that they have.
struct JaggedGroup {
  std::string name;                  // "jets"
  std::vector<std::string> columns;  // jagged, with the same counts in every entry
  int64_t length = 0;                // elements kept, the first ones, or kAll
  static constexpr int64_t kAll = 0;
  bool isRagged() const { return length == kAll; }
  bool operator==(const JaggedGroup&) const = default;
};

// What takes the place of missing values of one feature: NaN, or also the infinities.
struct Fill {
  enum class Kind : uint8_t { kNumber, kMean, kMedian };
  std::string column;  // a scalar, or a column of groups
  Kind kind = Kind::kNumber;
  float value = std::numeric_limits<float>::quiet_NaN();  // NaN: not known before the statistics
  bool infinite = false;

  // Whether `number` is missing.
  bool replaces(float number) const { return std::isnan(number) || (infinite && std::isinf(number)); }
  // A value that is not known yet is equal to another such value.
  bool operator==(const Fill& other) const;
};

struct FeatureSpec {
  std::vector<Define> defines;       // each may use the ones before it
  std::string select;                // empty keeps all entries
  std::vector<std::string> scalars;  // no wildcards any more
  std::vector<JaggedGroup> groups;
  std::vector<Fill> fills = {};  // at most one a feature
  bool operator==(const FeatureSpec&) const = default;

  // Names of the flat features in the order in which a single row lists them: the scalars, then for each group its
  // values element by element ("Jet_pt[0]", "Jet_eta[0]", ..., "Jet_pt[1]", ...), then its count ("jets_count").
  std::vector<std::string> flatNames() const;
  // flatNames().size(), the count columns included.
  int64_t flatWidth() const;
  // The fill of a scalar or group column, or null.
  const Fill* fillOf(std::string_view column) const;
};

// `spec` with only those defines that its features and its selection are made of: what a model's input takes.
Result<FeatureSpec> withoutUnusedDefines(FeatureSpec spec);

// The names of columns, and patterns for them, that `spec` and the expressions `extras` use, each once; no defines.
Result<std::vector<std::string>> columnNames(const FeatureSpec& spec, const std::vector<std::string>& extras);

}  // namespace mlaas::feature
