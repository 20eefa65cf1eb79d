// Texts as expressions: lexing, parsing, typing and running them on small columns.
// Input: byte 0 modulo 9 is the number of entries, byte 1 seeds their values; the rest is the text of the expression.
// Two ways must agree, in the values and in what is counted: running it on all entries at once, and on each alone.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/random.h"
#include "mlaas/table/expression.h"

namespace {

using namespace mlaas;
using table::Expression;
using table::NamedType;

// Longer texts find nothing that shorter ones do not.
constexpr size_t kMaxText = 2048;

struct Columns {
  std::vector<NamedType> types;
  std::vector<Column> columns;
  void add(const char* name, Column column) {
    types.push_back({name, column.type});
    columns.push_back(std::move(column));
  }
};

// Small numbers, and now and then the extreme ones of the type.
template <class T>
T value(Random& random) {
  const uint64_t choice = random.below(8);
  if (choice == 0) return std::numeric_limits<T>::max();
  if (choice == 1) return std::numeric_limits<T>::lowest();
  if constexpr (std::numeric_limits<T>::has_quiet_NaN) {
    if (choice == 2) return std::numeric_limits<T>::quiet_NaN();
    if (choice == 3) return -std::numeric_limits<T>::infinity();
  }
  return static_cast<T>(random.below(5));
}

template <class T>
std::vector<T> values(Random& random, int64_t count) {
  std::vector<T> all(static_cast<size_t>(count));
  for (T& one : all) one = value<T>(random);
  return all;
}

template <class T>
Column flat(Random& random, int64_t count) {
  return makeFlatColumn<T>(values<T>(random, count));
}

Column flatBool(Random& random, int64_t count) {
  Column column = flat<uint8_t>(random, count);
  column.type.dtype = DType::kBool;
  return column;
}

std::vector<int64_t> offsets(Random& random, int64_t entries) {
  std::vector<int64_t> all = {0};
  for (int64_t i = 0; i < entries; ++i) all.push_back(all.back() + static_cast<int64_t>(random.below(4)));
  return all;
}

// The lists of a column, and its fixed arrays.
struct Lists {
  int64_t entries;
  std::vector<std::vector<int64_t>> offsets;
  std::vector<uint32_t> shape;
  int64_t elements() const { return offsets.empty() ? entries : offsets.back().back(); }
};

Column withLists(const Lists& lists, DType dtype) {
  Column column;
  column.length = lists.entries;
  column.type = {dtype, static_cast<int>(lists.offsets.size()), lists.shape, false};
  for (const auto& level : lists.offsets) column.offsets.push_back(copyToBuffer<int64_t>(level));
  return column;
}

template <class T>
Column shaped(Random& random, const Lists& lists) {
  Column column = withLists(lists, kDTypeOf<T>);
  const auto perElement = static_cast<int64_t>(column.type.valuesPerElement());
  column.values = copyToBuffer<T>(values<T>(random, lists.elements() * perElement));
  return column;
}

Column strings(Random& random, const Lists& lists) {
  Column column = withLists(lists, DType::kUInt8);
  const auto ends = offsets(random, lists.elements());
  std::vector<uint8_t> characters(static_cast<size_t>(ends.back()));
  for (uint8_t& character : characters) character = static_cast<uint8_t>('a' + random.below(2));
  column.type.jaggedDepth += 1;
  column.type.isString = true;
  column.offsets.push_back(copyToBuffer<int64_t>(ends));
  column.values = copyToBuffer<uint8_t>(characters);
  return column;
}

Columns makeColumns(int64_t entries, uint64_t seed) {
  Random random(seed);
  Columns made;
  made.add("f", flat<float>(random, entries));
  made.add("d", flat<double>(random, entries));
  made.add("i", flat<int32_t>(random, entries));
  made.add("I", flat<int64_t>(random, entries));
  made.add("u", flat<uint16_t>(random, entries));
  made.add("U", flat<uint64_t>(random, entries));
  made.add("b", flatBool(random, entries));
  const auto shared = offsets(random, entries);
  made.add("lf", makeJaggedColumn<float>(shared, values<float>(random, shared.back())));
  made.add("li", makeJaggedColumn<int8_t>(shared, values<int8_t>(random, shared.back())));
  made.add("lU", makeJaggedColumn<uint64_t>(shared, values<uint64_t>(random, shared.back())));
  const auto other = offsets(random, entries);
  made.add("md", makeJaggedColumn<double>(other, values<double>(random, other.back())));
  made.add("x.y z", flat<float>(random, entries));
  made.add("v", shaped<double>(random, {entries, {}, {3}}));
  made.add("lv", shaped<int32_t>(random, {entries, {shared}, {2}}));
  const auto inner = offsets(random, shared.back());
  made.add("nf", shaped<float>(random, {entries, {shared, inner}, {}}));
  made.add("nI", shaped<int64_t>(random, {entries, {shared, inner}, {}}));
  made.add("s", strings(random, {entries, {}, {}}));
  made.add("ls", strings(random, {entries, {shared}, {}}));
  return made;
}

[[noreturn]] void fail(const char* what, std::string_view text) {
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

// The same values, any NaN being equal to any other.
bool same(const Column& a, const Column& b) {
  if (a.type != b.type || a.length != b.length || a.numElements() != b.numElements()) return false;
  for (size_t level = 0; level < a.offsets.size(); ++level) {
    const auto x = a.offsetsAt(level);
    const auto y = b.offsetsAt(level);
    if (!std::equal(x.begin(), x.end(), y.begin(), y.end())) return false;
  }
  return visitDType(a.type.dtype, [&]<class T>(T) {
    using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;
    for (size_t i = 0; i < static_cast<size_t>(a.numElements()) * a.type.valuesPerElement(); ++i) {
      const Stored x = a.values->as<Stored>()[i];
      const Stored y = b.values->as<Stored>()[i];
      if (x != y && (x == x || y == y)) return false;
    }
    return true;
  });
}

void compareEntries(const Expression& expression, const std::vector<Column>& inputs, const Result<Column>& whole,
                    const table::ArithmeticCounts& counts, int64_t entries) {
  bool failed = false;
  table::ArithmeticCounts sum;
  for (int64_t entry = 0; entry < entries; ++entry) {
    std::vector<Column> one;
    for (const Column& input : inputs) one.push_back(sliceColumn(input, entry, entry + 1));
    const auto result = expression.evaluate(one, 1, {}, &sum);
    failed = failed || !result.ok();
    if (!whole.ok()) continue;
    if (!result.ok()) fail("one entry fails, all together do not", expression.text());
    if (!same(*result, sliceColumn(*whole, entry, entry + 1))) fail("one entry differs", expression.text());
  }
  if (whole.ok() && sum != counts) fail("other counts", expression.text());
  if (!whole.ok() && !failed) fail("all together fail, no entry does", expression.text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > kMaxText) return 0;
  const int64_t entries = data[0] % 9;
  const std::string text(reinterpret_cast<const char*>(data + 2), size - 2);
  static_cast<void>(table::namesUsed(text).ok());
  const Columns columns = makeColumns(entries, data[1]);
  const auto expression = Expression::compile(text, columns.types);
  if (!expression.ok()) return 0;
  std::vector<Column> inputs;
  for (const std::string& name : expression->columns()) {
    for (size_t i = 0; i < columns.types.size(); ++i) {
      if (columns.types[i].name == name) inputs.push_back(columns.columns[i]);
    }
  }
  table::ArithmeticCounts counts;
  const auto whole = expression->evaluate(inputs, entries, {}, &counts);
  if (whole.ok() && (whole->length != entries || whole->type != expression->type())) fail("wrong shape", text);
  compareEntries(*expression, inputs, whole, counts, entries);
  return 0;
}
