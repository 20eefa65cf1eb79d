#include "mlaas/root/streamer/object.h"

namespace mlaas::root {

namespace {

Error missing(const Object& object, std::string_view name, std::string_view expected) {
  std::string text = object.className + " version " + std::to_string(object.version) + " has no " +
                     std::string(expected) + " '" + std::string(name) + "'";
  if (!object.unreadable.empty()) text += ": " + object.unreadable;
  return Error(object.unreadable.empty() ? ErrorCode::kCorrupt : ErrorCode::kUnsupported, text);
}

template <class T>
const T* findAs(const Object& object, std::string_view name) {
  const Value* value = object.find(name);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

}  // namespace

void Object::add(std::string_view name, Value value) {
  members.emplace_back();
  members.back().name = name;
  members.back().value = std::move(value);
}

const Value* Object::find(std::string_view name) const {
  for (const Member& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

Result<int64_t> Object::integer(std::string_view name) const {
  if (const auto* value = findAs<int64_t>(*this, name)) return *value;
  // Counts were doubles in old classes.
  if (const auto* value = findAs<double>(*this, name); value != nullptr && *value >= -9e15 && *value <= 9e15) {
    return static_cast<int64_t>(*value);
  }
  return missing(*this, name, "number");
}

Result<std::string> Object::text(std::string_view name) const {
  if (const auto* value = findAs<std::string>(*this, name)) return *value;
  return missing(*this, name, "text");
}

Result<std::span<const int64_t>> Object::integers(std::string_view name) const {
  if (const auto* value = findAs<std::vector<int64_t>>(*this, name)) return std::span<const int64_t>(*value);
  return missing(*this, name, "array");
}

Result<std::span<const Object* const>> Object::list(std::string_view name) const {
  const Object* holder = pointer(name);
  if (holder == nullptr) return missing(*this, name, "list");
  if (const auto* value = findAs<std::vector<const Object*>>(*holder, kListElements)) {
    return std::span<const Object* const>(*value);
  }
  return missing(*holder, kListElements, "list");
}

const Object* Object::pointer(std::string_view name) const {
  const auto* value = findAs<const Object*>(*this, name);
  return value == nullptr ? nullptr : *value;
}

}  // namespace mlaas::root
