#include "mlaas/root/streamer/object.h"

#include <new>
#include <optional>

namespace mlaas::root {

namespace {

namespace type = element_type;

Error missing(const Object& object, const MemberName& name, std::string_view expected) {
  std::string text = std::string(object.className) + " version " + std::to_string(object.version) + " has no " +
                     std::string(expected) + " '" + std::string(name.text()) + "'";
  if (!object.unreadable.empty()) text.append(": ").append(object.unreadable);
  return Error(object.unreadable.empty() ? ErrorCode::kCorrupt : ErrorCode::kUnsupported, text);
}

template <class T>
const T* findAs(const Object& object, const MemberName& name) {
  const Value* value = object.find(name);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

// A number member as an integer.
std::optional<int64_t> findInteger(const Object& object, const MemberName& name) {
  const Value* value = object.find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = std::get_if<int64_t>(value)) return *integer;
  // Counts were doubles in old classes.
  if (const auto* real = std::get_if<double>(value); real != nullptr && *real >= -9e15 && *real <= 9e15) {
    return static_cast<int64_t>(*real);
  }
  return std::nullopt;
}

const NumberArray* findIntegers(const Object& object, const MemberName& name) {
  const auto* numbers = findAs<NumberArray>(object, name);
  return numbers == nullptr || numbers->isReal() ? nullptr : numbers;
}

}  // namespace

size_t storedNumberBytes(int32_t code) {
  switch (code) {
    case type::kChar:
    case type::kUChar:
    case type::kLegacyChar:
    case type::kBool:
      return 1;
    case type::kShort:
    case type::kUShort:
      return 2;
    case type::kInt:
    case type::kUInt:
    case type::kCounter:
    case type::kBits:
    case type::kFloat:
      return 4;
    case type::kLong:
    case type::kULong:
    case type::kLong64:
    case type::kULong64:
    case type::kDouble:
      return 8;
    default:
      return 0;
  }
}

NumberArray::NumberArray(std::span<const std::byte> bytes, int32_t code)
    : data_(bytes.data()), size_(static_cast<uint32_t>(bytes.size() / storedNumberBytes(code))), code_(code) {}

const Value* Object::find(const MemberName& name) const {
  if (name.place_ < members.size() && members[name.place_].name == name.name_) return &members[name.place_].value;
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i].name != name.name_) continue;
    name.place_ = i;
    return &members[i].value;
  }
  return nullptr;
}

Result<int64_t> Object::integer(const MemberName& name) const {
  if (const auto value = findInteger(*this, name)) return *value;
  return missing(*this, name, "number");
}

Result<std::string> Object::text(const MemberName& name) const {
  if (const auto* value = findAs<std::string_view>(*this, name)) return std::string(*value);
  return missing(*this, name, "text");
}

Result<NumberArray> Object::integers(const MemberName& name) const {
  if (const auto* value = findIntegers(*this, name)) return *value;
  return missing(*this, name, "array");
}

Result<std::span<const Object* const>> Object::list(const MemberName& name) const {
  const Object* holder = pointer(name);
  if (holder == nullptr) return missing(*this, name, "list");
  if (const auto* value = findAs<std::span<const Object* const>>(*holder, kListElements)) return *value;
  return missing(*holder, kListElements, "list");
}

int64_t Object::integerOr(const MemberName& name, int64_t otherwise) const {
  return findInteger(*this, name).value_or(otherwise);
}

std::string Object::textOrEmpty(const MemberName& name) const {
  const auto* value = findAs<std::string_view>(*this, name);
  return value == nullptr ? std::string() : std::string(*value);
}

NumberArray Object::integersOrNone(const MemberName& name) const {
  const auto* value = findIntegers(*this, name);
  return value == nullptr ? NumberArray() : *value;
}

const Object* Object::pointer(const MemberName& name) const {
  const auto* value = findAs<const Object*>(*this, name);
  return value == nullptr ? nullptr : *value;
}

Object& ObjectArena::make(std::string_view className) {
  static_assert(std::is_trivially_destructible_v<Object>);
  auto* object = new (memory_.allocate(sizeof(Object), alignof(Object))) Object;
  object->className = className;
  return *object;
}

std::string_view ObjectArena::keep(std::string_view text) {
  const auto kept = keep(std::span<const char>(text));
  return {kept.data(), kept.size()};
}

}  // namespace mlaas::root
