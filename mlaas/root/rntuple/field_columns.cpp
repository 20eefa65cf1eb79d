#include "mlaas/root/rntuple/field_columns.h"

#include <algorithm>

#include "mlaas/root/rntuple/member_names.h"
#include "mlaas/root/ttree/value_columns.h"

namespace mlaas::root {

namespace {

constexpr int kMostDepth = 100;
// Names of all columns together; far more than the largest files have.
constexpr size_t kMostNameBytes = size_t{64} << 20;
// Values of one fixed array.
constexpr uint64_t kMostArrayValues = uint64_t{1} << 31;

bool isCardinality(const Field& field) { return field.typeName.starts_with("ROOT::RNTupleCardinality<"); }

class Planner {
 public:
  Planner(const Schema& schema, const ClassRegistry& classes) : schema_(schema), objectPlanner_(classes) {}

  Result<std::vector<NTupleColumn>> plan() {
    for (const uint32_t id : schema_.topFields) {
      NTupleColumn column;
      column.name = schema_.fields[id].name;
      column.storedType = schema_.fields[id].typeName;
      MLAAS_CHECK(visit(id, std::move(column), 0));
    }
    return std::move(columns_);
  }

 private:
  // Follows `field` down to its leaves; `column` is what is known of them.
  Result<void> visit(uint32_t id, NTupleColumn column, int depth) {
    const Field& field = schema_.fields[id];
    if (depth > kMostDepth) {
      return Error(ErrorCode::kCorrupt,
                   "field '" + column.name + "' lies in more than " + std::to_string(kMostDepth) + " others");
    }
    if (field.isArray) return visitArray(field, std::move(column), depth);
    switch (field.role) {
      case FieldRole::kLeaf:
        return visitLeaf(field, std::move(column), depth);
      case FieldRole::kCollection:
        return visitCollection(field, std::move(column), depth);
      case FieldRole::kRecord:
        return visitMembers(id, column, depth);
      case FieldRole::kVariant:
        return visitVariant(field, column, depth);
      case FieldRole::kStreamer:
        return visitStreamed(field, std::move(column));
    }
    return refuse(std::move(column), "a field of type " + field.typeName + " has the unknown role " +
                                         std::to_string(static_cast<int>(field.role)));
  }

  Result<void> visitArray(const Field& field, NTupleColumn column, int depth) {
    uint64_t values = field.arraySize;
    for (const Level& level : column.levels) {
      if (level.kind == LevelKind::kArray) values = std::min(kMostArrayValues + 1, values) * level.size;
      if (values > kMostArrayValues) break;
    }
    if (values == 0) return refuse(std::move(column), "arrays without elements are not supported");
    if (values > kMostArrayValues) {
      return refuse(std::move(column), "it is an array of more than " + std::to_string(kMostArrayValues) + " values");
    }
    column.levels.push_back({LevelKind::kArray, 0, 0, field.arraySize});
    if (field.children.size() == 1) return visit(field.children.front(), std::move(column), depth + 1);
    if (field.children.empty()) return addLeaf(field, std::move(column));  // std::bitset
    return refuse(std::move(column), "an array of " + std::to_string(field.children.size()) + " fields is unknown");
  }

  Result<void> visitLeaf(const Field& field, NTupleColumn column, int depth) {
    // Atomic numbers and enumerations wrap the field that holds the number.
    if (field.columns.empty() && field.children.size() == 1) {
      return visit(field.children.front(), std::move(column), depth + 1);
    }
    return addLeaf(field, std::move(column));
  }

  Result<void> visitCollection(const Field& field, NTupleColumn column, int depth) {
    if (auto why = checkKind(field, 1, ElementKind::kIndex); !why.empty()) return refuse(std::move(column), why);
    column.levels.push_back({LevelKind::kCollection, field.columns.front()});
    for (const uint32_t child : field.children) {
      NTupleColumn inner = column;
      if (field.children.size() > 1) inner.name += "." + schema_.fields[child].name;
      MLAAS_CHECK(visit(child, std::move(inner), depth + 1));
    }
    return {};
  }

  Result<void> visitMembers(uint32_t id, const NTupleColumn& column, int depth) {
    for (const Member& member : membersOf(schema_, id)) {
      NTupleColumn inner = column;
      // A base class that is no record itself, as a collection is, has no name of its own.
      if (!member.name.starts_with(':')) {
        inner.name += (inner.name.ends_with('.') ? "" : ".") + member.name;
        inner.storedType = schema_.fields[member.field].typeName;
      }
      MLAAS_CHECK(visit(member.field, std::move(inner), depth + 1));
    }
    return {};
  }

  Result<void> visitVariant(const Field& field, const NTupleColumn& column, int depth) {
    if (auto why = checkKind(field, 1, ElementKind::kSwitch); !why.empty()) return refuse(column, why);
    uint32_t alternative = 0;
    for (const uint32_t child : field.children) {
      NTupleColumn inner = column;
      inner.levels.push_back({LevelKind::kVariant, field.columns.front(), ++alternative});
      inner.name += "." + schema_.fields[child].name;
      inner.storedType = schema_.fields[child].typeName;
      MLAAS_CHECK(visit(child, std::move(inner), depth + 1));
    }
    return {};
  }

  // Objects that ROOT's streamer stored, as in the branches of trees: a column for each number and string in them.
  Result<void> visitStreamed(const Field& field, NTupleColumn column) {
    if (auto why = checkKind(field, 2, ElementKind::kIndex); !why.empty()) return refuse(std::move(column), why);
    const ColumnEncoding* bytes = schema_.encodingOf(field.columns[1]);
    if (!bytes || bytes->dtype != DType::kUInt8) return refuse(std::move(column), strange(field));
    objectPlanner_.start();
    Branch branch;
    branch.path = column.name;
    const int outerDepth = numOffsets(column.levels);
    column.levels.push_back({LevelKind::kCollection, field.columns.front()});
    column.leaf = LeafKind::kStreamed;
    column.values = field.columns.back();
    for (ColumnPlan& plan : columnsOfTree(branch, 0, objectPlanner_.ofTypeName(field.typeName))) {
      NTupleColumn inner = column;
      inner.name = std::move(plan.name);
      inner.storedType = std::move(plan.storedType);
      inner.unsupported = std::move(plan.unsupported);
      inner.type = std::move(plan.type);
      inner.type.jaggedDepth += outerDepth;
      inner.object = std::move(plan.values);
      inner.objectLeaf = plan.leaf;
      MLAAS_CHECK(add(std::move(inner)));
    }
    return {};
  }

  static int numOffsets(const std::vector<Level>& levels) {
    return static_cast<int>(
        std::count_if(levels.begin(), levels.end(), [](const Level& l) { return l.makesOffsets(); }));
  }

  Result<void> addLeaf(const Field& field, NTupleColumn column) {
    for (const uint32_t id : field.columns) {
      if (schema_.encodingOf(id)) continue;
      return refuse(std::move(column),
                    "its column type 0x" + hexType(id) + " is not known; a newer version may read it");
    }
    if (isCardinality(field)) {
      if (auto why = checkKind(field, 1, ElementKind::kIndex); !why.empty()) return refuse(std::move(column), why);
      column.leaf = LeafKind::kCounts;
      column.type.dtype = schema_.encodingOf(field.columns[0])->dtype;
    } else if (field.columns.size() == 2) {
      if (auto why = checkKind(field, 2, ElementKind::kIndex); !why.empty()) return refuse(std::move(column), why);
      if (schema_.encodingOf(field.columns[1])->dtype != DType::kUInt8)
        return refuse(std::move(column), strange(field));
      column.leaf = LeafKind::kString;
      column.levels.push_back({LevelKind::kCollection, field.columns.front()});
      column.type.dtype = DType::kUInt8;
      column.type.isString = true;
    } else {
      if (field.columns.size() != 1 || !isValue(field.columns[0])) return refuse(std::move(column), strange(field));
      column.type.dtype = dtypeOf(field.columns[0]);
    }
    column.values = field.columns.back();
    finishType(column);
    return add(std::move(column));
  }

  // The dimensions of fixed arrays: inside the innermost offsets a shape, elsewhere offsets too.
  static void finishType(NTupleColumn& column) {
    auto inner = std::find_if(column.levels.rbegin(), column.levels.rend(),
                              [](const Level& level) { return level.kind != LevelKind::kArray; });
    for (auto level = inner.base(); level != column.levels.end(); ++level) {
      level->kind = LevelKind::kShape;
      column.type.shape.push_back(static_cast<uint32_t>(level->size));
    }
    column.type.jaggedDepth = numOffsets(column.levels);
  }

  bool isValue(uint32_t column) const {
    const std::vector<uint32_t>& ids = schema_.columns[column].physical;
    return std::all_of(ids.begin(), ids.end(), [&](uint32_t id) {
      const ElementKind kind = schema_.physical[id].encoding->kind;
      return kind != ElementKind::kIndex && kind != ElementKind::kSwitch;
    });
  }

  // What holds all representations.
  DType dtypeOf(uint32_t column) const {
    const std::vector<uint32_t>& ids = schema_.columns[column].physical;
    DType type = schema_.physical[ids.front()].encoding->dtype;
    for (const uint32_t id : ids) type = promoted(type, schema_.physical[id].encoding->dtype);
    return type;
  }

  // Why a field does not have the columns that it needs, all representations of the first being of `kind`.
  std::string checkKind(const Field& field, size_t numColumns, ElementKind kind) const {
    if (field.columns.size() != numColumns) return strange(field);
    for (const uint32_t id : schema_.columns[field.columns.front()].physical) {
      const ColumnEncoding* encoding = schema_.physical[id].encoding;
      if (!encoding || encoding->kind != kind) return strange(field);
    }
    return {};
  }

  std::string strange(const Field& field) const {
    std::string types;
    for (const uint32_t id : field.columns) types += " 0x" + hexType(id);
    return "a field of type " + field.typeName + (types.empty() ? " has no column" : " has columns of types" + types) +
           ", which is not known";
  }

  std::string hexType(uint32_t column) const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const uint16_t type = schema_.physical[schema_.columns[column].physical.front()].type;
    std::string text;
    for (int shift = 12; shift >= 0; shift -= 4) {
      if (shift <= 4 || type >> shift != 0) text += kDigits[type >> shift & 0xF];
    }
    return text;
  }

  Result<void> refuse(NTupleColumn column, std::string why) {
    column.unsupported = std::move(why);
    return add(std::move(column));
  }

  Result<void> add(NTupleColumn column) {
    nameBytes_ += column.name.size() + column.storedType.size() + column.levels.size() * sizeof(Level);
    if (nameBytes_ > kMostNameBytes) return Error(ErrorCode::kCorrupt, "the names of its columns are too long");
    columns_.push_back(std::move(column));
    return {};
  }

  const Schema& schema_;
  ValuePlanner objectPlanner_;
  std::vector<NTupleColumn> columns_;
  size_t nameBytes_ = 0;
};

}  // namespace

size_t NTupleColumn::numReadLevels() const {
  const auto last = std::find_if(levels.rbegin(), levels.rend(), [](const Level& level) { return level.hasColumn(); });
  return static_cast<size_t>(last.base() - levels.begin());
}

Result<std::vector<NTupleColumn>> planFieldColumns(const Schema& schema, const ClassRegistry& classes) {
  return Planner(schema, classes).plan();
}

}  // namespace mlaas::root
