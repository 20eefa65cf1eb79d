#include "mlaas/root/writer/ntuple_schema.h"

namespace mlaas::root {

namespace {

constexpr const char* kWriterName = "mlaas4hep";
constexpr uint16_t kLeafRole = 0;
constexpr uint16_t kCollectionRole = 1;
constexpr uint16_t kRepetitive = 1;  // flag of a fixed array
constexpr uint16_t kChar = 0x02;
constexpr uint16_t kIndex64 = 0x0F;
constexpr uint16_t kSplitIndex64 = 0x1B;
constexpr size_t kSchemaLists = 4;  // fields, columns, alias columns, extra type information

struct TypeRow {
  const char* name;
  uint16_t plain;
  uint16_t split;
};

TypeRow typeRow(DType type) {
  switch (type) {
    case DType::kBool:
      return {"bool", 0x00, 0x00};
    case DType::kInt8:
      return {"std::int8_t", 0x03, 0x03};
    case DType::kUInt8:
      return {"std::uint8_t", 0x04, 0x04};
    case DType::kInt16:
      return {"std::int16_t", 0x05, 0x11};
    case DType::kUInt16:
      return {"std::uint16_t", 0x06, 0x12};
    case DType::kInt32:
      return {"std::int32_t", 0x07, 0x13};
    case DType::kUInt32:
      return {"std::uint32_t", 0x08, 0x14};
    case DType::kInt64:
      return {"std::int64_t", 0x09, 0x15};
    case DType::kUInt64:
      return {"std::uint64_t", 0x0A, 0x16};
    case DType::kFloat32:
      return {"float", 0x0C, 0x18};
    case DType::kFloat64:
      break;
  }
  return {"double", 0x0D, 0x19};
}

uint16_t bitsOf(DType type) { return type == DType::kBool ? uint16_t{1} : static_cast<uint16_t>(8 * dtypeBytes(type)); }

// The type names of a column's fields, outermost first: "std::vector<std::array<float,3>>", "std::array<float,3>", ...
std::vector<std::string> typeNames(const ColumnType& type) {
  std::vector<std::string> names = {type.isString ? "std::string" : typeRow(type.dtype).name};
  for (auto dimension = type.shape.rbegin(); dimension != type.shape.rend(); ++dimension)
    names.push_back("std::array<" + names.back() + "," + std::to_string(*dimension) + ">");
  for (int level = type.isString ? 1 : 0; level < type.jaggedDepth; ++level)
    names.push_back("std::vector<" + names.back() + ">");
  return {names.rbegin(), names.rend()};
}

class SchemaMaker {
 public:
  explicit SchemaMaker(bool split) : split_(split) {}

  void add(size_t source, const OutputColumn& column) {
    const ColumnType& type = column.type;
    auto names = typeNames(type);
    auto numVectors = static_cast<size_t>(type.jaggedDepth - (type.isString ? 1 : 0));
    for (size_t depth = 0; depth < names.size(); ++depth) {
      auto self = static_cast<uint32_t>(schema_.fields.size());
      NtupleField field{depth == 0 ? column.name : "_0", names[depth], depth == 0 ? self : self - 1};
      field.isCollection = depth < numVectors;
      if (!field.isCollection && depth < numVectors + type.shape.size())
        field.arraySize = type.shape[depth - numVectors];
      schema_.fields.push_back(std::move(field));
      if (depth < numVectors) addIndex(self, source, depth);
    }
    auto leaf = static_cast<uint32_t>(schema_.fields.size() - 1);
    if (type.isString) {
      addIndex(leaf, source, numVectors);
      schema_.columns.push_back({leaf, source, ElementKind::kChar, 0, DType::kUInt8, kChar, 8});
    } else {
      TypeRow row = typeRow(type.dtype);
      schema_.columns.push_back(
          {leaf, source, ElementKind::kValue, 0, type.dtype, split_ ? row.split : row.plain, bitsOf(type.dtype)});
    }
  }

  NtupleSchema take() { return std::move(schema_); }

 private:
  void addIndex(uint32_t field, size_t source, size_t level) {
    schema_.columns.push_back(
        {field, source, ElementKind::kIndex, level, DType::kUInt64, split_ ? kSplitIndex64 : kIndex64, 64});
  }
  bool split_;
  NtupleSchema schema_;
};

void writeField(EnvelopeWriter& writer, const NtupleField& field) {
  writer.record([&] {
    writer.number(uint32_t{0});  // version of the field
    writer.number(uint32_t{0});  // version of its type
    writer.number(field.parent);
    writer.number(field.isCollection ? kCollectionRole : kLeafRole);
    writer.number(field.arraySize > 0 ? kRepetitive : uint16_t{0});
    writer.text(field.name);
    writer.text(field.typeName);
    writer.text("");  // alias of the type
    writer.text("");  // description
    if (field.arraySize > 0) writer.number(field.arraySize);
  });
}

void writeColumn(EnvelopeWriter& writer, const NtupleColumn& column) {
  writer.record([&] {
    writer.number(column.type);
    writer.number(column.bitsOnStorage);
    writer.number(column.field);
    writer.number(uint16_t{0});  // flags
    writer.number(uint16_t{0});  // the only representation
  });
}

}  // namespace

NtupleSchema makeNtupleSchema(std::span<const OutputColumn> columns, bool split) {
  SchemaMaker maker(split);
  for (size_t i = 0; i < columns.size(); ++i) maker.add(i, columns[i]);
  return maker.take();
}

EnvelopeWriter::Finished makeNtupleHeader(const NtupleSchema& schema, const std::string& name,
                                          const std::string& description) {
  EnvelopeWriter writer(EnvelopeType::kHeader);
  writer.number(uint64_t{0});  // feature flags
  writer.text(name);
  writer.text(description);
  writer.text(kWriterName);
  writer.list(schema.fields.size(), [&] {
    for (const NtupleField& field : schema.fields) writeField(writer, field);
  });
  writer.list(schema.columns.size(), [&] {
    for (const NtupleColumn& column : schema.columns) writeColumn(writer, column);
  });
  writer.list(0, [] {});  // alias columns
  writer.list(0, [] {});  // extra type information
  return std::move(writer).finish();
}

void writeEmptySchema(EnvelopeWriter& writer) {
  for (size_t i = 0; i < kSchemaLists; ++i) writer.list(0, [] {});
}

}  // namespace mlaas::root
