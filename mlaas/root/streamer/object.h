// An object of a ROOT file as named values, whatever its class.
// Values of base classes stand in the same object, before those of the class. Pointers between objects are plain
// pointers (they may form circles) into the arena that holds all objects of one record.
// Threads: immutable after reading. Owns: an arena owns its objects and their lists; texts, arrays and bytes are views
//          of the record, names of the class registry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "mlaas/base/byte_cursor.h"
#include "mlaas/base/error.h"
#include "mlaas/root/streamer/class_description.h"

namespace mlaas::root {

struct Object;

// Numbers one after the other as the record has them: an array is decoded where it is used.
class NumberArray {
 public:
  NumberArray() = default;
  // `bytes` holds numbers of the type `code` (element_type).
  NumberArray(std::span<const std::byte> bytes, int32_t code);

  size_t size() const { return size_; }
  bool isReal() const { return code_ == element_type::kFloat || code_ == element_type::kDouble; }
  // One number; integers and bits as int64 (the bits of an unsigned 64-bit value).
  int64_t integer(size_t i) const;
  double real(size_t i) const {
    return code_ == element_type::kFloat ? static_cast<double>(load<float>(i)) : load<double>(i);
  }

 private:
  template <class T>
  T load(size_t i) const {
    return loadNumber<T, std::endian::big>(data_ + i * sizeof(T));
  }

  const std::byte* data_ = nullptr;
  uint32_t size_ = 0;
  int32_t code_ = 0;
};

// Integers and bits as int64, real numbers as double, texts, arrays, objects (nullptr for a null pointer), lists of
// objects, raw bytes.
using Value = std::variant<std::monostate, int64_t, double, std::string_view, NumberArray, const Object*,
                           std::span<const Object* const>, std::span<const std::byte>>;

// The name of a member that is asked of many objects. It remembers where the last one had it: the objects of a class
// have their members in one order.
// Threads: one.
class MemberName {
 public:
  // Implicit, for members that are asked of one object. `name` must outlive this.
  MemberName(std::string_view name) : name_(name) {}  // NOLINT(google-explicit-constructor): see above
  MemberName(const char* name) : name_(name) {}       // NOLINT(google-explicit-constructor): see above

  std::string_view text() const { return name_; }

 private:
  friend struct Object;
  std::string_view name_;
  mutable size_t place_ = 0;
};

struct Object {
  struct Member {
    std::string_view name;
    Value value;
  };
  std::string_view className;
  int32_t version = 0;
  std::span<const Member> members;
  // Why members are missing: the class, or one of its members, cannot be read. Empty where all is there.
  std::string_view unreadable;

  // The value of a member; nullptr where there is none.
  const Value* find(const MemberName& name) const;
  // The member as a type of Value; kCorrupt where it is missing or of another type.
  Result<int64_t> integer(const MemberName& name) const;
  Result<std::string> text(const MemberName& name) const;
  // An array of integers.
  Result<NumberArray> integers(const MemberName& name) const;
  // The objects of a list member (TObjArray, TList), nullptr for empty places.
  Result<std::span<const Object* const>> list(const MemberName& name) const;
  // The same with an answer where the member is missing or of another type.
  int64_t integerOr(const MemberName& name, int64_t otherwise) const;
  std::string textOrEmpty(const MemberName& name) const;
  NumberArray integersOrNone(const MemberName& name) const;
  // The object, or nullptr for a null pointer and for a member that is not there.
  const Object* pointer(const MemberName& name) const;
};

// Holds objects, their members and lists at places that do not move.
class ObjectArena {
 public:
  Object& make(std::string_view className);
  // Copies that live as long as the arena.
  std::string_view keep(std::string_view text);
  template <class T>
  std::span<const T> keep(std::span<const T> values) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (values.empty()) return {};
    T* to = static_cast<T*>(memory_.allocate(values.size_bytes(), alignof(T)));
    std::uninitialized_copy(values.begin(), values.end(), to);
    return {to, values.size()};
  }

 private:
  static constexpr size_t kFirstBytes = size_t{16} << 10;
  std::pmr::monotonic_buffer_resource memory_{kFirstBytes};
};

// The name under which lists keep their elements.
inline constexpr std::string_view kListElements = "@elements";

// Bytes of one number of the type `code` (element_type) in the file; 0 for what is not a plain number.
size_t storedNumberBytes(int32_t code);

inline int64_t NumberArray::integer(size_t i) const {
  switch (code_) {
    case element_type::kChar:
      return load<int8_t>(i);
    case element_type::kUChar:
    case element_type::kLegacyChar:
    case element_type::kBool:
      return load<uint8_t>(i);
    case element_type::kShort:
      return load<int16_t>(i);
    case element_type::kUShort:
      return load<uint16_t>(i);
    case element_type::kUInt:
    case element_type::kBits:
      return load<uint32_t>(i);
    case element_type::kInt:
    case element_type::kCounter:
      return load<int32_t>(i);
    default:
      return load<int64_t>(i);
  }
}

}  // namespace mlaas::root
