// bundle.json and params.json as text. Format: docs/formats/bundle.md.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "mlaas/base/error.h"
#include "mlaas/model/bundle.h"

namespace mlaas::model {

// The contents of bundle.json; `files` and `created` come from the bundle.
nlohmann::ordered_json bundleToJson(const Bundle& bundle);

// The bundle that `text` describes. kCorrupt for what is no such JSON, kUnsupported for a newer format.
Result<Bundle> bundleFromJson(std::string_view text);

// params.json as TFaaS's clients read it.
nlohmann::ordered_json paramsToJson(const Bundle& bundle);

}  // namespace mlaas::model
