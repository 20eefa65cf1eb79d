#include "mlaas/root/rntuple/schema.h"

#include <algorithm>

namespace mlaas::root {

namespace {

constexpr size_t kLeastFieldBytes = 40;   // frame, numbers and four empty strings
constexpr size_t kLeastColumnBytes = 20;  // frame and numbers
constexpr size_t kLeastAliasBytes = 16;
constexpr size_t kLeastRecordBytes = 8;
constexpr uint16_t kArray = 0x01;
constexpr uint16_t kProjected = 0x02;
constexpr uint16_t kDeferred = 0x01;
constexpr uint16_t kHasRange = 0x02;
// More than names and types of C++ need; keeps the names of nested members small.
constexpr size_t kMostNameBytes = 4096;

struct AliasColumn {
  uint32_t physical = 0;
  uint32_t field = 0;
};

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

Field readField(ByteCursor& cursor) {
  Field field;
  cursor.skip(4 + 4);  // versions of field and type
  field.parent = cursor.little<uint32_t>();
  field.role = static_cast<FieldRole>(cursor.little<uint16_t>());
  const auto flags = cursor.little<uint16_t>();
  field.name = readLongString(cursor);
  field.typeName = readLongString(cursor);
  for (int i = 0; i < 2; ++i) cursor.skip(cursor.little<uint32_t>());  // type alias and description
  field.isArray = (flags & kArray) != 0;
  field.isProjected = (flags & kProjected) != 0;
  if (field.isArray) field.arraySize = cursor.little<uint64_t>();
  if (field.name.size() > kMostNameBytes || field.typeName.size() > kMostNameBytes) cursor.fail();
  return field;
}

PhysicalColumn readColumn(ByteCursor& cursor) {
  PhysicalColumn column;
  column.type = cursor.little<uint16_t>();
  column.bits = cursor.little<uint16_t>();
  column.field = cursor.little<uint32_t>();
  const auto flags = cursor.little<uint16_t>();
  column.representation = cursor.little<uint16_t>();
  column.isDeferred = (flags & kDeferred) != 0;
  if (column.isDeferred) cursor.skip(8);  // the number of zeros follows from the entries
  if ((flags & kHasRange) != 0) {
    column.least = cursor.little<double>();
    column.most = cursor.little<double>();
  }
  return column;
}

AliasColumn readAlias(ByteCursor& cursor) {
  AliasColumn alias;
  alias.physical = cursor.little<uint32_t>();
  alias.field = cursor.little<uint32_t>();
  return alias;
}

// Appends the records of a list frame.
template <class Item, class Read>
void readList(ByteCursor& cursor, size_t leastItemBytes, std::vector<Item>& items, Read&& read) {
  Frame list = readListFrame(cursor, leastItemBytes);
  items.reserve(items.size() + list.numItems);
  for (uint32_t i = 0; i < list.numItems; ++i) {
    Frame record = readRecordFrame(list.body);
    items.push_back(read(record.body));
    if (!record.body.ok() || !list.body.ok()) return cursor.fail();
  }
}

class SchemaReader {
 public:
  Result<void> readDescription(ByteCursor& cursor) {
    readList(cursor, kLeastFieldBytes, schema_.fields, readField);
    readList(cursor, kLeastColumnBytes, schema_.physical, readColumn);
    readList(cursor, kLeastAliasBytes, aliases_, readAlias);
    readListFrame(cursor, kLeastRecordBytes);  // extra type information, which only streamed objects need
    return cursor.check("its schema");
  }

  Result<Schema> finish(std::string name) {
    schema_.name = std::move(name);
    MLAAS_CHECK(linkFields());
    MLAAS_CHECK(checkEncodings());
    MLAAS_CHECK(linkColumns());
    MLAAS_CHECK(linkAliases());
    return std::move(schema_);
  }

 private:
  // Fills children and topFields. Fields may only lie in fields before them: so none contains itself.
  Result<void> linkFields() {
    for (uint32_t i = 0; i < schema_.fields.size(); ++i) {
      const uint32_t parent = schema_.fields[i].parent;
      if (parent > i) {
        return corrupt("field " + std::to_string(i) + " lies in field " + std::to_string(parent) +
                       ", which comes after it");
      }
      (parent == i ? schema_.topFields : schema_.fields[parent].children).push_back(i);
    }
    return {};
  }

  Result<void> checkEncodings() {
    for (size_t i = 0; i < schema_.physical.size(); ++i) {
      PhysicalColumn& column = schema_.physical[i];
      const ColumnEncoding* encoding = findEncoding(column.type);
      if (column.field >= schema_.fields.size()) {
        return corrupt("column " + std::to_string(i) + " belongs to field " + std::to_string(column.field) + " of " +
                       std::to_string(schema_.fields.size()));
      }
      if (!encoding) continue;
      if (column.bits < encoding->leastBits || column.bits > encoding->mostBits) {
        return corrupt("column " + std::to_string(i) + " of type " + std::string(encoding->name) + " has elements of " +
                       std::to_string(column.bits) + " bits");
      }
      column.encoding = encoding;
    }
    return {};
  }

  // Brings together the representations of each field's columns.
  Result<void> linkColumns() {
    std::vector<std::vector<uint32_t>> byField(schema_.fields.size());
    for (uint32_t i = 0; i < schema_.physical.size(); ++i) byField[schema_.physical[i].field].push_back(i);
    for (uint32_t i = 0; i < byField.size(); ++i) MLAAS_CHECK(linkColumnsOf(i, byField[i]));
    return {};
  }

  Result<void> linkColumnsOf(uint32_t field, const std::vector<uint32_t>& physical) {
    size_t numColumns = 0;
    for (const uint32_t id : physical) numColumns += schema_.physical[id].representation == 0 ? 1 : 0;
    bool inOrder = physical.empty() || (numColumns > 0 && physical.size() % numColumns == 0);
    for (size_t i = 0; inOrder && i < physical.size(); ++i) {
      inOrder = schema_.physical[physical[i]].representation == i / numColumns;
    }
    if (!inOrder) {
      return corrupt("the representations of field '" + schema_.fields[field].name + "' have different columns");
    }
    for (size_t i = 0; i < numColumns; ++i) {
      FieldColumn column;
      for (size_t j = i; j < physical.size(); j += numColumns) column.physical.push_back(physical[j]);
      schema_.fields[field].columns.push_back(static_cast<uint32_t>(schema_.columns.size()));
      schema_.columns.push_back(std::move(column));
    }
    return {};
  }

  // Gives projected fields the columns of their sources.
  Result<void> linkAliases() {
    std::vector<uint32_t> columnOf(schema_.physical.size());
    for (uint32_t i = 0; i < schema_.columns.size(); ++i) {
      for (const uint32_t id : schema_.columns[i].physical) columnOf[id] = i;
    }
    for (const AliasColumn& alias : aliases_) {
      if (alias.physical >= schema_.physical.size() || alias.field >= schema_.fields.size()) {
        return corrupt("an alias joins column " + std::to_string(alias.physical) + " and field " +
                       std::to_string(alias.field) + ", which are not both there");
      }
      // Each representation has an alias of its own; the first stands for all.
      if (schema_.physical[alias.physical].representation > 0) continue;
      schema_.fields[alias.field].columns.push_back(columnOf[alias.physical]);
    }
    return {};
  }

  Schema schema_;
  std::vector<AliasColumn> aliases_;
};

}  // namespace

const ColumnEncoding* Schema::encodingOf(uint32_t column) const {
  const std::vector<uint32_t>& ids = columns[column].physical;
  const bool known = std::all_of(ids.begin(), ids.end(), [&](uint32_t id) { return physical[id].encoding; });
  return known ? physical[ids.front()].encoding : nullptr;
}

Result<Schema> readSchema(const Envelope& header, ByteCursor& footer) {
  ByteCursor cursor = header.payload();
  MLAAS_CHECK(checkFeatureFlags(cursor));
  std::string name = readLongString(cursor);
  for (int i = 0; i < 2; ++i) cursor.skip(cursor.little<uint32_t>());  // description and writer
  SchemaReader reader;
  MLAAS_CHECK(reader.readDescription(cursor));
  Frame extension = readRecordFrame(footer);
  MLAAS_CHECK(footer.check("its footer"));
  if (extension.body.remaining() > 0) MLAAS_CHECK(reader.readDescription(extension.body));
  return reader.finish(std::move(name));
}

}  // namespace mlaas::root
