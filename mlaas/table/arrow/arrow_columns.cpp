#include "mlaas/table/arrow/arrow_columns.h"

#include <arrow/util/float16.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "mlaas/table/arrow/arrow_input.h"

namespace mlaas::table {

namespace {

using arrow::Type;

constexpr int kMostLevels = 32;
// Integers up to here are exact in float64.
constexpr int64_t kMostExact = int64_t{1} << 53;

std::optional<DType> dtypeOf(Type::type id) {
  switch (id) {
    case Type::BOOL:
      return DType::kBool;
    case Type::INT8:
      return DType::kInt8;
    case Type::UINT8:
      return DType::kUInt8;
    case Type::INT16:
      return DType::kInt16;
    case Type::UINT16:
      return DType::kUInt16;
    case Type::INT32:
    case Type::DATE32:
    case Type::TIME32:
      return DType::kInt32;
    case Type::UINT32:
      return DType::kUInt32;
    case Type::INT64:
    case Type::DATE64:
    case Type::TIME64:
    case Type::TIMESTAMP:
    case Type::DURATION:
      return DType::kInt64;
    case Type::UINT64:
      return DType::kUInt64;
    case Type::HALF_FLOAT:
    case Type::FLOAT:
      return DType::kFloat32;
    case Type::DOUBLE:
    case Type::NA:
      return DType::kFloat64;
    default:
      return std::nullopt;
  }
}

bool isText(Type::type id) {
  return id == Type::STRING || id == Type::BINARY || id == Type::LARGE_STRING || id == Type::LARGE_BINARY;
}

bool isList(Type::type id) { return id == Type::LIST || id == Type::LARGE_LIST || id == Type::MAP; }

bool isTextDictionary(const arrow::DataType& type) {
  return type.id() == Type::DICTIONARY && isText(static_cast<const arrow::DictionaryType&>(type).value_type()->id());
}

// Lists of fixed size around numbers, and nothing else.
bool isFixedBlock(const arrow::DataType& type) {
  const arrow::DataType* at = &type;
  while (at->id() == Type::FIXED_SIZE_LIST && static_cast<const arrow::FixedSizeListType*>(at)->list_size() > 0) {
    at = at->field(0)->type().get();
  }
  return at != &type && dtypeOf(at->id()).has_value();
}

class LeafWalk {
 public:
  LeafWalk(int field, std::vector<ArrowLeaf>& leaves) : field_(field), leaves_(leaves) {}

  void visit(const arrow::DataType& type, ArrowLeaf leaf, int level) {
    if (level > kMostLevels) return finish(std::move(leaf), "it is nested more than 32 levels deep");
    if (type.id() == Type::EXTENSION) {
      return visit(*static_cast<const arrow::ExtensionType&>(type).storage_type(), std::move(leaf), level + 1);
    }
    if (type.id() == Type::STRUCT) return visitMembers(type, leaf, level);
    if (isFixedBlock(type)) return visitBlock(type, std::move(leaf));
    if (isList(type.id()) || type.id() == Type::FIXED_SIZE_LIST) {
      ++leaf.info.type.jaggedDepth;
      return visit(*type.field(0)->type(), std::move(leaf), level + 1);
    }
    if (isText(type.id()) || isTextDictionary(type)) {
      ++leaf.info.type.jaggedDepth;
      leaf.info.type.isString = true;
      leaf.info.type.dtype = DType::kUInt8;
      return finish(std::move(leaf), {});
    }
    const auto dtype = dtypeOf(type.id());
    if (dtype) leaf.info.type.dtype = *dtype;
    finish(std::move(leaf), dtype ? std::string() : "values of type " + type.ToString() + " are not read");
  }

 private:
  void visitMembers(const arrow::DataType& type, const ArrowLeaf& leaf, int level) {
    for (const auto& member : type.fields()) {
      ArrowLeaf inner = leaf;
      inner.info.name += "." + member->name();
      inner.members.push_back(member->name());
      visit(*member->type(), std::move(inner), level + 1);
    }
  }

  void visitBlock(const arrow::DataType& type, ArrowLeaf leaf) {
    const arrow::DataType* at = &type;
    for (; at->id() == Type::FIXED_SIZE_LIST; at = at->field(0)->type().get()) {
      leaf.info.type.shape.push_back(
          static_cast<uint32_t>(static_cast<const arrow::FixedSizeListType*>(at)->list_size()));
    }
    leaf.info.type.dtype = *dtypeOf(at->id());
    finish(std::move(leaf), {});
  }

  void finish(ArrowLeaf leaf, std::string unsupported) {
    leaf.field = field_;
    leaf.info.unsupported = std::move(unsupported);
    leaves_.push_back(std::move(leaf));
  }

  const int field_;
  std::vector<ArrowLeaf>& leaves_;
};

// Offsets of each level, and the arrays of innermost values one after the other.
class Gathered {
 public:
  explicit Gathered(const ArrowLeaf& leaf) : leaf_(leaf), offsets_(static_cast<size_t>(leaf.info.type.jaggedDepth)) {
    for (auto& level : offsets_) level.push_back(0);
  }

  Result<void> add(const arrow::Array& array) { return add(array, 0, 0); }
  Result<Column> finish(int64_t length) const;

 private:
  Result<void> add(const arrow::Array& array, size_t level, size_t member);
  Result<void> addMember(const arrow::Array& array, size_t level, size_t member);
  Result<void> addList(const arrow::Array& array, size_t level, size_t member);
  Result<void> addBlock(const arrow::Array& array);
  Result<void> addText(const arrow::Array& array);
  void addLength(size_t level, int64_t length) { offsets_[level].push_back(offsets_[level].back() + length); }
  Result<void> addValues(std::shared_ptr<arrow::Array> values);
  Result<void> wrongType(const arrow::Array& array) const {
    return Error(ErrorCode::kCorrupt, "expected " + leaf_.info.storedType + ", found " + array.type()->ToString());
  }

  const ArrowLeaf& leaf_;
  std::vector<std::vector<int64_t>> offsets_;
  std::vector<std::shared_ptr<arrow::Array>> values_;
  std::string text_;
  int64_t numValues_ = 0;
};

Result<void> Gathered::add(const arrow::Array& array, size_t level, size_t member) {
  const Type::type id = array.type_id();
  if (id == Type::EXTENSION) {
    return add(*static_cast<const arrow::ExtensionArray&>(array).storage(), level, member);
  }
  if (id == Type::STRUCT) return addMember(array, level, member);
  const bool atLeaf = level == offsets_.size() - (leaf_.info.type.isString ? 1 : 0);
  if (atLeaf) {
    if (leaf_.info.type.isString) return addText(array);
    if (!leaf_.info.type.shape.empty()) return addBlock(array);
    return addValues(arrow::MakeArray(array.data()));
  }
  if (isList(id) || id == Type::FIXED_SIZE_LIST) return addList(array, level, member);
  return wrongType(array);
}

Result<void> Gathered::addMember(const arrow::Array& array, size_t level, size_t member) {
  const auto& record = static_cast<const arrow::StructArray&>(array);
  if (member >= leaf_.members.size()) return wrongType(array);
  const int index = record.struct_type()->GetFieldIndex(leaf_.members[member]);
  if (index < 0) return wrongType(array);
  MLAAS_TRY(const auto inner, resultOf(record.GetFlattenedField(index, decodingMemory())));
  return add(*inner, level, member + 1);
}

template <class List>
Result<std::shared_ptr<arrow::Array>> elementsOf(const List& list) {
  return resultOf(list.Flatten(decodingMemory()));
}

Result<void> Gathered::addList(const arrow::Array& array, size_t level, size_t member) {
  const auto lengths = [&](const auto& list) {
    for (int64_t i = 0; i < list.length(); ++i) addLength(level, list.IsNull(i) ? 0 : list.value_length(i));
    return elementsOf(list);
  };
  auto elements = array.type_id() == Type::FIXED_SIZE_LIST
                      ? lengths(static_cast<const arrow::FixedSizeListArray&>(array))
                  : array.type_id() == Type::LARGE_LIST ? lengths(static_cast<const arrow::LargeListArray&>(array))
                                                        : lengths(static_cast<const arrow::ListArray&>(array));
  if (!elements.ok()) return std::move(elements).error();
  return add(**elements, level + 1, member);
}

Result<void> Gathered::addBlock(const arrow::Array& array) {
  std::shared_ptr<arrow::Array> block = arrow::MakeArray(array.data());
  for (const uint32_t dimension : leaf_.info.type.shape) {
    if (block->type_id() != Type::FIXED_SIZE_LIST) return wrongType(array);
    const auto& list = static_cast<const arrow::FixedSizeListArray&>(*block);
    if (list.null_count() > 0) {
      return Error(ErrorCode::kUnsupported, "a missing array of " + std::to_string(dimension) + " values");
    }
    MLAAS_TRY(block, elementsOf(list));
  }
  return addValues(std::move(block));
}

Result<void> Gathered::addText(const arrow::Array& array) {
  const size_t level = offsets_.size() - 1;
  const auto addViews = [&](const auto& texts, const auto& place) {
    for (int64_t i = 0; i < array.length(); ++i) {
      const auto view = array.IsNull(i) ? std::string_view() : std::string_view(texts.GetView(place(i)));
      text_.append(view);
      addLength(level, static_cast<int64_t>(view.size()));
    }
    return Result<void>();
  };
  const auto same = [](int64_t i) { return i; };
  if (array.type_id() == Type::DICTIONARY) {
    const auto& words = static_cast<const arrow::DictionaryArray&>(array);
    const auto place = [&](int64_t i) { return words.GetValueIndex(i); };
    const arrow::Array& dictionary = *words.dictionary();
    for (int64_t i = 0; i < words.length(); ++i) {
      if (!words.IsNull(i) && (place(i) < 0 || place(i) >= dictionary.length())) return wrongType(array);
    }
    if (arrow::is_binary_like(dictionary.type_id())) {
      return addViews(static_cast<const arrow::BinaryArray&>(dictionary), place);
    }
    return addViews(static_cast<const arrow::LargeBinaryArray&>(dictionary), place);
  }
  if (arrow::is_binary_like(array.type_id())) return addViews(static_cast<const arrow::BinaryArray&>(array), same);
  if (arrow::is_large_binary_like(array.type_id())) {
    return addViews(static_cast<const arrow::LargeBinaryArray&>(array), same);
  }
  return wrongType(array);
}

Result<void> Gathered::addValues(std::shared_ptr<arrow::Array> values) {
  numValues_ += values->length();
  values_.push_back(std::move(values));
  return {};
}

Error missing(const arrow::DataType& type) {
  return Error(ErrorCode::kUnsupported,
               "a value is missing, and " + type.ToString() +
                   " has no NaN; store it as a floating-point number, or without missing values");
}

template <class T>
Result<void> copyNumbers(const arrow::Array& array, std::byte* out) {
  const T* from = array.data()->GetValues<T>(1);
  if (array.null_count() > 0 && !std::is_floating_point_v<T>) return missing(*array.type());
  std::memcpy(out, from, static_cast<size_t>(array.length()) * sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    auto* numbers = reinterpret_cast<T*>(out);
    for (int64_t i = 0; array.null_count() > 0 && i < array.length(); ++i) {
      if (array.IsNull(i)) numbers[i] = std::numeric_limits<T>::quiet_NaN();
    }
  }
  return {};
}

Result<void> copyBools(const arrow::Array& array, std::byte* out) {
  if (array.null_count() > 0) return missing(*array.type());
  const auto& flags = static_cast<const arrow::BooleanArray&>(array);
  for (int64_t i = 0; i < flags.length(); ++i) out[i] = std::byte{flags.Value(i)};
  return {};
}

void copyHalves(const arrow::Array& array, std::byte* out) {
  const auto& halves = static_cast<const arrow::HalfFloatArray&>(array);
  auto* numbers = reinterpret_cast<float*>(out);
  for (int64_t i = 0; i < halves.length(); ++i) {
    numbers[i] = halves.IsNull(i) ? std::numeric_limits<float>::quiet_NaN()
                                  : arrow::util::Float16::FromBits(halves.Value(i)).ToFloat();
  }
}

// Integers, bools and what is missing among them as float64.
Result<void> copyAsFloat(const arrow::Array& array, double* out) {
  if (array.type_id() == Type::BOOL) {
    const auto& flags = static_cast<const arrow::BooleanArray&>(array);
    for (int64_t i = 0; i < flags.length(); ++i) out[i] = flags.IsNull(i) ? std::nan("") : flags.Value(i) ? 1 : 0;
    return {};
  }
  return visitStoredDType(*dtypeOf(array.type_id()), [&](auto zero) -> Result<void> {
    using T = decltype(zero);
    const T* from = array.data()->GetValues<T>(1);
    for (int64_t i = 0; i < array.length(); ++i) {
      out[i] = array.IsNull(i) ? std::nan("") : static_cast<double>(from[i]);
      if constexpr (std::is_integral_v<T>) {
        if (array.IsNull(i) ||
            (std::cmp_less_equal(from[i], kMostExact) && std::cmp_greater_equal(from[i], -kMostExact)))
          continue;
        return Error(ErrorCode::kUnsupported, "integers with missing ones are read as float64, which does not hold " +
                                                  std::to_string(from[i]) + " exactly");
      }
    }
    return {};
  });
}

Result<void> copyValues(const arrow::Array& array, const ArrowLeaf& leaf, std::byte* out) {
  const auto dtype = dtypeOf(array.type_id());
  const DType wanted = leaf.info.type.dtype;
  if (array.type_id() == Type::NA) {
    if (wanted == DType::kFloat32) {
      std::fill_n(reinterpret_cast<float*>(out), array.length(), std::numeric_limits<float>::quiet_NaN());
      return {};
    }
    if (wanted != DType::kFloat64) return missing(*array.type());
    std::fill_n(reinterpret_cast<double*>(out), array.length(), std::nan(""));
    return {};
  }
  if (dtype && leaf.asFloat) return copyAsFloat(array, reinterpret_cast<double*>(out));
  if (dtype != wanted) {
    return Error(ErrorCode::kCorrupt, "expected " + leaf.info.storedType + ", found " + array.type()->ToString());
  }
  if (array.type_id() == Type::BOOL) return copyBools(array, out);
  if (array.type_id() == Type::HALF_FLOAT) return copyHalves(array, out), Result<void>();
  return visitStoredDType(wanted, [&](auto zero) { return copyNumbers<decltype(zero)>(array, out); });
}

Result<Column> Gathered::finish(int64_t length) const {
  Column column{leaf_.info.type, length, {}, {}};
  for (const auto& level : offsets_) column.offsets.push_back(copyToBuffer(std::span<const int64_t>(level)));
  if (leaf_.info.type.isString) {
    column.values = copyToBuffer(std::span<const char>(text_.data(), text_.size()));
    return column;
  }
  const size_t valueBytes = dtypeBytes(leaf_.info.type.dtype);
  auto values = std::make_shared<Buffer>(static_cast<size_t>(numValues_) * valueBytes);
  size_t place = 0;
  for (const auto& part : values_) {
    if (part->length() == 0) continue;
    MLAAS_CHECK(copyValues(*part, leaf_, values->data() + place));
    place += static_cast<size_t>(part->length()) * valueBytes;
  }
  column.values = std::move(values);
  return column;
}

}  // namespace

std::vector<ArrowLeaf> leavesOf(const arrow::Schema& schema) {
  std::vector<ArrowLeaf> leaves;
  for (int i = 0; i < schema.num_fields(); ++i) {
    ArrowLeaf leaf;
    leaf.info.name = schema.field(i)->name();
    leaf.info.storedType = schema.field(i)->type()->ToString();
    LeafWalk(i, leaves).visit(*schema.field(i)->type(), std::move(leaf), 0);
  }
  return leaves;
}

Result<bool> hasMissing(const ArrowLeaf& leaf, const arrow::ChunkedArray& array) {
  for (const auto& chunk : array.chunks()) {
    std::shared_ptr<arrow::Array> values = chunk;
    for (const std::string& member : leaf.members) {
      if (values->type_id() != Type::STRUCT) break;
      const auto& record = static_cast<const arrow::StructArray&>(*values);
      const int index = record.struct_type()->GetFieldIndex(member);
      if (index < 0) return true;
      MLAAS_TRY(values, resultOf(record.GetFlattenedField(index, decodingMemory())));
    }
    if (values->null_count() > 0) return true;
  }
  return false;
}

void readAsFloat(ArrowLeaf& leaf) {
  if (!leaf.info.type.isFlat() || isFloating(leaf.info.type.dtype)) return;
  leaf.asFloat = true;
  leaf.info.type.dtype = DType::kFloat64;
}

Result<Column> columnOf(const ArrowLeaf& leaf, const arrow::ChunkedArray& array) {
  Gathered gathered(leaf);
  for (const auto& chunk : array.chunks()) MLAAS_CHECK(gathered.add(*chunk));
  return gathered.finish(array.length());
}

}  // namespace mlaas::table
