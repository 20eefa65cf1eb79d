#include "mlaas/serve/events/event_columns.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <unordered_map>

#include "mlaas/base/nearest_name.h"
#include "mlaas/serve/events/column_builder.h"
#include "mlaas/serve/json_request.h"

namespace mlaas::serve {

namespace {

using simdjson::dom::element;
constexpr std::string_view kForms = R"({"events":[{"ht":512.3,...},...]} or {"columns":{"ht":[512.3,...],...}})";

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

// The values of the wanted columns, by column and event; empty for an optional column that is not there.
struct Cells {
  int64_t rows = 0;
  std::vector<std::string> names;
  std::vector<std::vector<element>> values;
};

class Collector {
 public:
  explicit Collector(const EventNeeds& needs) : numRequired_(needs.required.size()) {
    cells_.names = needs.required;
    for (const auto& name : needs.optional) {
      if (std::ranges::find(needs.required, name) == needs.required.end()) cells_.names.push_back(name);
    }
    cells_.values.resize(cells_.names.size());
    for (size_t i = 0; i < cells_.names.size(); ++i) positions_[cells_.names[i]] = i;
  }

  Result<Cells> fromEvents(const element& events) {
    simdjson::dom::array list;
    if (events.get(list) != simdjson::SUCCESS) {
      return invalid("\"events\" is " + std::string(jsonKind(events)) + ", expected a list of objects");
    }
    for (const element& one : list) MLAAS_CHECK(addEvent(one));
    for (size_t i = numRequired_; i < cells_.values.size(); ++i) {
      const auto count = static_cast<int64_t>(cells_.values[i].size());
      if (count == 0 || count == cells_.rows) continue;
      return invalid("column '" + cells_.names[i] + "' is in " + std::to_string(count) + " of " +
                     std::to_string(cells_.rows) + " events; give it in all, or in none");
    }
    return std::move(cells_);
  }

  Result<Cells> fromColumns(const element& columns) {
    simdjson::dom::object object;
    if (columns.get(object) != simdjson::SUCCESS) {
      return invalid("\"columns\" is " + std::string(jsonKind(columns)) + ", expected an object of lists");
    }
    std::string first;
    for (const auto& [key, value] : object) {
      simdjson::dom::array list;
      const std::string name(key);
      if (value.get(list) != simdjson::SUCCESS) {
        return invalid("column '" + name + "' is " + std::string(jsonKind(value)) +
                       ", expected a list with a value for each event");
      }
      const auto count = static_cast<int64_t>(std::distance(list.begin(), list.end()));  // size() saturates
      if (first.empty()) {
        first = name;
        cells_.rows = count;
      } else if (count != cells_.rows) {
        return invalid("column '" + name + "' has " + std::to_string(count) + " values, but '" + first + "' has " +
                       std::to_string(cells_.rows) + "; each has one for each event");
      }
      const auto found = positions_.find(key);
      if (found == positions_.end()) continue;
      auto& cells = cells_.values[found->second];
      if (!seen_.insert(found->second).second) return invalid("column '" + name + "' is there twice");
      cells.assign(list.begin(), list.end());
    }
    if (auto missing = checkComplete("", object); !missing.ok()) return std::move(missing).error();
    return std::move(cells_);
  }

 private:
  Result<void> addEvent(const element& event) {
    const std::string where = "event " + std::to_string(cells_.rows);
    simdjson::dom::object object;
    if (event.get(object) != simdjson::SUCCESS) {
      return invalid(where + " is " + std::string(jsonKind(event)) + ", expected an object of columns");
    }
    seen_.clear();
    for (const auto& [key, value] : object) {
      const auto found = positions_.find(key);
      if (found == positions_.end()) continue;
      if (!seen_.insert(found->second).second) {
        return invalid(where + ": column '" + std::string(key) + "' is there twice");
      }
      cells_.values[found->second].push_back(value);
    }
    MLAAS_CHECK(checkComplete(where + ": ", object));
    ++cells_.rows;
    return {};
  }

  // Whether all required columns were seen in `object`.
  Result<void> checkComplete(const std::string& place, const simdjson::dom::object& object) const {
    for (size_t i = 0; i < numRequired_; ++i) {
      if (seen_.contains(i)) continue;
      std::vector<std::string> there;
      for (const auto& [key, value] : object) there.emplace_back(key);
      return invalid(place + "column '" + cells_.names[i] + "' is missing" + suggestNames(cells_.names[i], there));
    }
    return {};
  }

  size_t numRequired_;
  std::unordered_map<std::string_view, size_t> positions_;  // views into cells_.names
  std::set<size_t> seen_;                                   // of the event, or of all columns
  Cells cells_;
};

}  // namespace

Result<EventColumns> readEventColumns(const simdjson::dom::object& request, const EventNeeds& needs) {
  element events;
  element columns;
  const bool asEvents = request["events"].get(events) == simdjson::SUCCESS;
  const bool asColumns = request["columns"].get(columns) == simdjson::SUCCESS;
  if (asEvents == asColumns) {
    return invalid(std::string(asEvents ? "the request has both \"events\" and \"columns\""
                                        : "the request has neither \"events\" nor \"columns\"") +
                   "; expected " + std::string(kForms));
  }
  Collector collector(needs);
  MLAAS_TRY(const Cells cells, asEvents ? collector.fromEvents(events) : collector.fromColumns(columns));
  EventColumns made;
  made.rows = cells.rows;
  made.asEvents = asEvents;
  for (size_t i = 0; i < cells.names.size(); ++i) {
    if (i >= needs.required.size() && cells.values[i].empty() && cells.rows > 0) continue;
    const auto known = needs.types.find(cells.names[i]);
    ColumnType type;
    if (known != needs.types.end()) {
      type = known->second;
    } else {
      MLAAS_TRY(type, inferColumnType(cells.names[i], cells.values[i]));
    }
    MLAAS_TRY(auto column, buildColumn(cells.names[i], type, cells.values[i]));
    made.types.push_back({cells.names[i], type});
    made.columns.push_back(std::move(column));
  }
  return made;
}

Result<ColumnType> columnTypeFrom(std::string_view name) {
  constexpr std::string_view kLevel = "var * ";
  const Error wrong(ErrorCode::kCorrupt, "'" + std::string(name) + "' is no type of a column");
  ColumnType type;
  while (name.starts_with(kLevel)) {
    name.remove_prefix(kLevel.size());
    if (++type.jaggedDepth > kMostListLevels) return wrong;
  }
  const size_t end = std::min(name.find('['), name.size());
  const std::string_view base = name.substr(0, end);
  name.remove_prefix(end);
  type.isString = base == "string";
  if (type.isString) {
    ++type.jaggedDepth;
    type.dtype = DType::kUInt8;
  } else {
    constexpr auto kLast = static_cast<int>(DType::kFloat64);
    int found = 0;
    while (found <= kLast && dtypeName(static_cast<DType>(found)) != base) ++found;
    if (found > kLast) return wrong;
    type.dtype = static_cast<DType>(found);
  }
  uint64_t values = 1;
  while (!name.empty()) {
    uint32_t size = 0;
    const auto [rest, status] = std::from_chars(name.data() + 1, name.data() + name.size(), size);
    if (name.front() != '[' || status != std::errc() || rest == name.data() + name.size() || *rest != ']') return wrong;
    values *= size;
    if (size == 0 || values > kMostShapeValues) return wrong;
    type.shape.push_back(size);
    name.remove_prefix(static_cast<size_t>(rest - name.data()) + 1);
  }
  if (type.isString && !type.shape.empty()) return wrong;
  return type;
}

}  // namespace mlaas::serve
