// An object of a ROOT file as named values, whatever its class.
// Values of base classes stand in the same object, before those of the class. Pointers between objects are plain
// pointers (they may form circles) into the arena that holds all objects of one record.
// Threads: immutable after reading. Owns: an arena owns its objects; byte spans point into the record's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::root {

struct Object;

// Integers and bits as int64 (the bits of an unsigned 64-bit value), real numbers as double, strings, arrays of these,
// objects (nullptr for a null pointer), lists of objects, raw bytes.
using Value = std::variant<std::monostate, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                           const Object*, std::vector<const Object*>, std::span<const std::byte>>;

struct Object {
  struct Member {
    std::string_view name;  // lives as long as the class registry
    Value value;
  };
  std::string className;
  int32_t version = 0;
  std::vector<Member> members;
  // Why members are missing: the class, or one of its members, cannot be read. Empty where all is there.
  std::string unreadable;

  // Appends a member; `name` must live as long as the object.
  void add(std::string_view name, Value value);

  // The value of a member; nullptr where there is none.
  const Value* find(std::string_view name) const;
  // The member as a type of Value; kCorrupt where it is missing or of another type.
  Result<int64_t> integer(std::string_view name) const;
  Result<std::string> text(std::string_view name) const;
  Result<std::span<const int64_t>> integers(std::string_view name) const;
  // The objects of a list member (TObjArray, TList), nullptr for empty places.
  Result<std::span<const Object* const>> list(std::string_view name) const;
  // The object, or nullptr for a null pointer and for a member that is not there.
  const Object* pointer(std::string_view name) const;
};

// Holds objects at places that do not move.
class ObjectArena {
 public:
  Object& make(std::string className) {
    objects_.emplace_back();
    objects_.back().className = std::move(className);
    return objects_.back();
  }

 private:
  std::deque<Object> objects_;
};

// The name under which lists keep their elements.
inline constexpr std::string_view kListElements = "@elements";

}  // namespace mlaas::root
