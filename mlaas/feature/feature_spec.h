// What a model is fed: defined columns, a selection, scalar features and padded jagged features.
// Written by the workflow file, kept in the bundle, used by training, predicting and serving alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::feature {

struct Define {
  std::string name;
  std::string expression;
  bool operator==(const Define&) const = default;
};

// Jagged columns of one collection, cut or padded to `length` elements.
struct JaggedGroup {
  std::string name;                  // "jets"
  std::vector<std::string> columns;  // jagged, with the same counts in every entry
  int64_t length = 0;                // elements kept, the first ones
  bool operator==(const JaggedGroup&) const = default;
};

struct FeatureSpec {
  std::vector<Define> defines;       // each may use the ones before it
  std::string select;                // empty keeps all entries
  std::vector<std::string> scalars;  // no wildcards any more
  std::vector<JaggedGroup> groups;
  bool operator==(const FeatureSpec&) const = default;

  // Names of the flat features in the order in which a single row lists them: the scalars, then for each group its
  // values element by element ("Jet_pt[0]", "Jet_eta[0]", ..., "Jet_pt[1]", ...), then its count ("jets_count").
  std::vector<std::string> flatNames() const;
  // flatNames().size(), the count columns included.
  int64_t flatWidth() const;
};

// The names of columns, and patterns for them, that `spec` and the expressions `extras` use, each once; no defines.
Result<std::vector<std::string>> columnNames(const FeatureSpec& spec, const std::vector<std::string>& extras);

// Centre and scale of one feature: x -> (x - mean) * inverseScale in float32. inverseScale is 1 where a feature is
// constant.
struct Standardisation {
  float mean = 0;
  float inverseScale = 1;
  bool operator==(const Standardisation&) const = default;
};

}  // namespace mlaas::feature
