// Values of any C++ type for ROOT-made test files: made from a seed, and taken apart into flat columns.
// make(random, value) fills a value, take(node, value) appends it to a tree of columns; both go down by the type alone,
// through members(value, visitor) for classes. Used by the macros of this folder, which ROOT compiles in the tests.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <deque>
#include <fstream>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <TString.h>

namespace made {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t value = (state_ += 0x9E3779B97F4A7C15ULL);
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
  }
  uint64_t below(uint64_t bound) { return bits() % bound; }

 private:
  uint64_t state_;
};

// A pointer to `count` numbers, as a class with a counted array has it.
template <class T>
struct Counted {
  T*& values;
  int& count;
};

template <class T>
struct IsRange : std::false_type {};
template <class... A>
struct IsRange<std::vector<A...>> : std::true_type {};
template <class... A>
struct IsRange<std::list<A...>> : std::true_type {};
template <class... A>
struct IsRange<std::deque<A...>> : std::true_type {};

template <class T>
struct IsSet : std::false_type {};
template <class... A>
struct IsSet<std::set<A...>> : std::true_type {};
template <class... A>
struct IsSet<std::multiset<A...>> : std::true_type {};
template <class... A>
struct IsSet<std::unordered_set<A...>> : std::true_type {};

template <class T>
struct IsMap : std::false_type {};
template <class... A>
struct IsMap<std::map<A...>> : std::true_type {};
template <class... A>
struct IsMap<std::multimap<A...>> : std::true_type {};
template <class... A>
struct IsMap<std::unordered_map<A...>> : std::true_type {};

template <class T>
struct IsArray : std::false_type {};
template <class T, size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};

template <class T>
struct IsBits : std::false_type {};
template <size_t N>
struct IsBits<std::bitset<N>> : std::true_type {};

template <class T>
struct IsTuple : std::false_type {};
template <class... A>
struct IsTuple<std::tuple<A...>> : std::true_type {};
template <class... A>
struct IsTuple<std::pair<A...>> : std::true_type {};

template <class T>
struct IsPair : std::false_type {};
template <class A, class B>
struct IsPair<std::pair<A, B>> : std::true_type {};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsOptional<std::unique_ptr<T>> : std::true_type {};

template <class T>
struct IsVariant : std::false_type {};
template <class... A>
struct IsVariant<std::variant<A...>> : std::true_type {};

template <class T>
struct IsCounted : std::false_type {};
template <class T>
struct IsCounted<Counted<T>> : std::true_type {};

template <class T>
inline constexpr bool kIsNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <class T>
std::string dtypeOf() {
  if constexpr (std::is_enum_v<T>) {
    return dtypeOf<std::underlying_type_t<T>>();
  } else {
    if (std::is_same_v<T, bool>) return "bool";
    const std::string bits = std::to_string(8 * sizeof(T));
    if (std::is_floating_point_v<T>) return "float" + bits;
    return (std::is_signed_v<T> ? "int" : "uint") + bits;
  }
}

// ---- making

template <class T>
void make(Random& random, T& value);

inline std::string makeText(Random& random) {
  // Some beyond 254 characters: their length takes five bytes.
  const uint64_t length = random.below(20) == 0 ? 250 + random.below(20) : random.below(12);
  std::string text;
  for (uint64_t i = 0; i < length; ++i) text += static_cast<char>('a' + random.below(26));
  return text;
}

template <class T>
T makeNumber(Random& random) {
  const uint64_t bits = random.bits();
  if constexpr (std::is_same_v<T, bool>) {
    return (bits & 1) != 0;
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(bits % 3);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(static_cast<double>(bits >> 40) / 1024.0 - 4096.0) / T(3);
  } else {
    return static_cast<T>(bits);
  }
}

template <size_t I = 0, class T>
void makeTuple(Random& random, T& value) {
  if constexpr (I < std::tuple_size_v<T>) {
    make(random, std::get<I>(value));
    makeTuple<I + 1>(random, value);
  }
}

template <size_t I = 0, class... A>
void makeVariant(Random& random, std::variant<A...>& value, size_t chosen) {
  if constexpr (I < sizeof...(A)) {
    if (I == chosen) {
      value.template emplace<I>();
      make(random, std::get<I>(value));
    } else {
      makeVariant<I + 1>(random, value, chosen);
    }
  }
}

template <class T>
void make(Random& random, T& value) {
  if constexpr (kIsNumber<T>) {
    value = makeNumber<T>(random);
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = makeText(random);
  } else if constexpr (std::is_same_v<T, TString>) {
    value = makeText(random).c_str();
  } else if constexpr (std::is_array_v<T> || IsArray<T>::value) {
    for (auto& one : value) make(random, one);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    value.clear();
    for (uint64_t i = random.below(5); i > 0; --i) value.push_back(random.below(2) != 0);
  } else if constexpr (IsRange<T>::value) {
    value.clear();
    value.resize(random.below(4));
    for (auto& one : value) make(random, one);
  } else if constexpr (IsSet<T>::value) {
    value.clear();
    for (uint64_t i = random.below(4); i > 0; --i) {
      typename T::value_type one{};
      make(random, one);
      value.insert(one);
    }
  } else if constexpr (IsMap<T>::value) {
    value.clear();
    for (uint64_t i = random.below(4); i > 0; --i) {
      typename T::key_type key{};
      typename T::mapped_type mapped{};
      make(random, key);
      make(random, mapped);
      value.emplace(key, std::move(mapped));
    }
  } else if constexpr (IsTuple<T>::value) {
    makeTuple(random, value);
  } else if constexpr (IsBits<T>::value) {
    for (size_t i = 0; i < value.size(); ++i) value[i] = random.below(2) != 0;
  } else if constexpr (IsOptional<T>::value) {
    value.reset();
    if (random.below(2) == 0) return;
    typename std::remove_reference_t<decltype(*value)> inner{};
    make(random, inner);
    if constexpr (std::is_same_v<T, std::unique_ptr<decltype(inner)>>) {
      value = std::make_unique<decltype(inner)>(std::move(inner));
    } else {
      value = std::move(inner);
    }
  } else if constexpr (IsVariant<T>::value) {
    makeVariant(random, value, random.below(std::variant_size_v<T>));
  } else {
    members(value, [&](const char*, auto&& member) {
      using M = std::decay_t<decltype(member)>;
      if constexpr (IsCounted<M>::value) {
        member.count = static_cast<int>(random.below(4));
        delete[] member.values;
        member.values = nullptr;
        if (member.count > 0) member.values = new std::decay_t<decltype(*member.values)>[member.count];
        for (int i = 0; i < member.count; ++i) make(random, member.values[i]);
      } else {
        make(random, member);
      }
    });
  }
}

// ---- taking apart

struct Node {
  enum Kind { kNone, kNumbers, kJagged, kFixed, kRecord } kind = kNone;
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> children;  // one without a name below a list
  std::vector<int64_t> counts;                                          // of kJagged
  size_t size = 0;                                                      // of kFixed
  size_t length = 0;
  std::string dtype;
  std::string bytes;
  bool isString = false;

  Node& child(const std::string& name = "") {
    for (auto& [known, node] : children) {
      if (known == name) return *node;
    }
    children.emplace_back(name, std::make_unique<Node>());
    return *children.back().second;
  }
};

template <class T>
void take(Node& node, const T& value);

template <class T>
void takeNumber(Node& node, T value) {
  node.kind = Node::kNumbers;
  node.dtype = dtypeOf<T>();
  node.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  ++node.length;
}

inline void takeList(Node& node, size_t count) {
  node.kind = Node::kJagged;
  node.counts.push_back(static_cast<int64_t>(count));
  ++node.length;
}

inline void takeText(Node& node, const char* text, size_t length) {
  takeList(node, length);
  node.isString = true;
  Node& characters = node.child();
  characters.kind = Node::kNumbers;
  characters.dtype = "uint8";
  characters.bytes.append(text, length);
  characters.length += length;
}

template <size_t I = 0, class T>
void takeTuple(Node& node, const T& value) {
  if constexpr (I < std::tuple_size_v<T>) {
    static constexpr const char* kPair[] = {"first", "second"};
    take(node.child(IsPair<T>::value ? kPair[I] : std::to_string(I)), std::get<I>(value));
    takeTuple<I + 1>(node, value);
  }
}

template <size_t I = 0, class... A>
void takeVariant(Node& node, const std::variant<A...>& value) {
  if constexpr (I < sizeof...(A)) {
    Node& list = node.child("_" + std::to_string(I));
    takeList(list, value.index() == I ? 1 : 0);
    if (value.index() == I) take(list.child(), std::get<I>(value));
    takeVariant<I + 1>(node, value);
  }
}

template <class T>
void take(Node& node, const T& value) {
  if constexpr (kIsNumber<T>) {
    takeNumber(node, value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    takeText(node, value.data(), value.size());
  } else if constexpr (std::is_same_v<T, TString>) {
    takeText(node, value.Data(), static_cast<size_t>(value.Length()));
  } else if constexpr (std::is_array_v<T> || IsArray<T>::value) {
    node.kind = Node::kFixed;
    node.size = std::size(value);
    ++node.length;
    for (const auto& one : value) take(node.child(), one);
  } else if constexpr (IsBits<T>::value) {
    node.kind = Node::kFixed;
    node.size = value.size();
    ++node.length;
    for (size_t i = 0; i < value.size(); ++i) takeNumber<bool>(node.child(), value[i]);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    takeList(node, value.size());
    for (const bool one : value) takeNumber(node.child(), one);
  } else if constexpr (IsRange<T>::value || IsSet<T>::value) {
    takeList(node, value.size());
    for (const auto& one : value) take(node.child(), one);
  } else if constexpr (IsMap<T>::value) {
    takeList(node, value.size());
    Node& record = node.child();
    record.kind = Node::kRecord;
    for (const auto& [key, mapped] : value) {
      ++record.length;
      take(record.child("0"), key);
      take(record.child("1"), mapped);
    }
  } else if constexpr (IsTuple<T>::value) {
    node.kind = Node::kRecord;
    ++node.length;
    takeTuple(node, value);
  } else if constexpr (IsOptional<T>::value || std::is_pointer_v<T>) {
    takeList(node, value ? 1 : 0);
    if (value) take(node.child(), *value);
  } else if constexpr (IsVariant<T>::value) {
    node.kind = Node::kRecord;
    ++node.length;
    takeVariant(node, value);
  } else {
    node.kind = Node::kRecord;
    ++node.length;
    members(const_cast<T&>(value), [&](const char* name, auto&& member) {
      using M = std::decay_t<decltype(member)>;
      Node& child = node.child(name);
      if constexpr (IsCounted<M>::value) {
        takeList(child, static_cast<size_t>(member.count));
        for (int i = 0; i < member.count; ++i) take(child.child(), member.values[i]);
      } else {
        take(child, member);
      }
    });
  }
}

// Writes the columns below `node`: a line of `index` for each, "NAME|DTYPE|STRING|LEVEL LEVEL ...", a level being
// "r:SIZE:COUNT" or "j:FILE", its values in a file of the line's number.
class Dump {
 public:
  explicit Dump(std::string folder) : folder_(std::move(folder)), index_(folder_ + "/index") {}

  void write(const std::string& name, const Node& node, std::string levels = "") {
    switch (node.kind) {
      case Node::kNone:
        return;
      case Node::kNumbers:
        return writeNumbers(name, node, levels, false);
      case Node::kFixed:
        levels += " r:" + std::to_string(node.size) + ":" + std::to_string(node.length);
        break;
      case Node::kJagged: {
        const std::string file = std::to_string(number_++) + ".counts";
        std::ofstream(folder_ + "/" + file, std::ios::binary)
            .write(reinterpret_cast<const char*>(node.counts.data()),
                   static_cast<std::streamsize>(node.counts.size() * sizeof(int64_t)));
        levels += " j:" + file;
        break;
      }
      case Node::kRecord:
        break;
    }
    for (const auto& [child, inner] : node.children) {
      if (node.isString) {
        writeNumbers(name, *inner, levels, true);
      } else {
        write(child.empty() ? name : name + "." + child, *inner, levels);
      }
    }
  }

 private:
  void writeNumbers(const std::string& name, const Node& node, const std::string& levels, bool isString) {
    const std::string file = std::to_string(number_++) + ".values";
    std::ofstream(folder_ + "/" + file, std::ios::binary)
        .write(node.bytes.data(), static_cast<std::streamsize>(node.bytes.size()));
    index_ << name << "|" << node.dtype << "|" << (isString ? 1 : 0) << "|" << file << "|" << levels << "\n";
  }

  std::string folder_;
  std::ofstream index_;
  size_t number_ = 0;
};

}  // namespace made
