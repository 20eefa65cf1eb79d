// Expressions on many entries, over several blocks, against plain loops that treat one event after the other.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "mlaas/base/random.h"
#include "tests/unit/table/expression_fixture.h"

namespace mlaas::table {
namespace {

using test::Columns;

struct Event {
  float ht = 0;
  int64_t number = 0;
  uint64_t id = 0;
  bool flag = false;
  std::vector<float> pt;
  std::vector<double> tag;
  std::vector<int32_t> charge;
};

// Mostly short lists, now and then one longer than a block, and stretches of empty ones.
size_t listLength(Random& random, size_t event) {
  if (event % 1000 < 150) return 0;
  if (random.below(2000) == 0) return 5000 + random.below(5000);
  return random.below(9);
}

std::vector<Event> randomEvents(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<Event> events(count);
  for (size_t i = 0; i < count; ++i) {
    Event& event = events[i];
    event.ht = random.below(50) == 0 ? std::nanf("") : static_cast<float>(500 * random.uniform());
    event.number = static_cast<int64_t>(random.bits());
    event.id = random.bits();
    event.flag = random.below(2) == 1;
    const size_t length = listLength(random, i);
    for (size_t k = 0; k < length; ++k) {
      event.pt.push_back(random.below(60) == 0 ? std::nanf("") : static_cast<float>(100 * random.uniform()));
      event.tag.push_back(random.uniform());
      event.charge.push_back(static_cast<int32_t>(random.below(5)) - 2);
    }
  }
  return events;
}

template <class T, class Member>
std::vector<T> collect(const std::vector<Event>& events, Member Event::*member) {
  std::vector<T> values;
  for (const Event& event : events) values.push_back(event.*member);
  return values;
}

Columns columnsOf(const std::vector<Event>& events) {
  Columns columns;
  columns.add("ht", test::flat(collect<float>(events, &Event::ht)))
      .add("number", test::flat(collect<int64_t>(events, &Event::number)))
      .add("id", test::flat(collect<uint64_t>(events, &Event::id)))
      .add("flag", test::flatBools(collect<uint8_t>(events, &Event::flag)))
      .add("pt", test::jagged(collect<std::vector<float>>(events, &Event::pt)))
      .add("tag", test::jagged(collect<std::vector<double>>(events, &Event::tag)))
      .add("charge", test::jagged(collect<std::vector<int32_t>>(events, &Event::charge)));
  return columns;
}

template <class T>
using ScalarLoop = std::function<T(const Event&)>;
template <class T>
using ListLoop = std::function<std::vector<T>(const Event&)>;

class ExpressionProperty : public testing::TestWithParam<size_t> {
 protected:
  // The values of `text`, entry by entry: one each, or a list.
  template <class T, class Loop>
  void check(const std::string& text, const Loop& loop) {
    const auto column = columns_.evaluate(text).value();
    ASSERT_EQ(column.type.dtype, (kDTypeOf<T>)) << text;
    using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;
    const auto values = column.values->as<Stored>();
    size_t next = 0;
    for (size_t i = 0; i < events_.size(); ++i) {
      const auto expected = loop(events_[i]);
      if constexpr (std::is_same_v<Loop, ListLoop<T>>) {
        ASSERT_EQ(static_cast<size_t>(column.offsetsAt(0)[i + 1]), next + expected.size()) << text << " entry " << i;
        for (T value : expected) expectEqual<T>(values[next++], value, text, i);
      } else {
        expectEqual<T>(values[next++], expected, text, i);
      }
      if (HasFailure()) return;
    }
    EXPECT_EQ(values.size(), next) << text;
  }

  template <class T, class Stored>
  static void expectEqual(Stored found, T expected, const std::string& text, size_t entry) {
    const auto wanted = static_cast<Stored>(expected);
    EXPECT_TRUE(found == wanted || (found != found && wanted != wanted))
        << text << " entry " << entry << ": " << +found << " instead of " << +wanted;
  }

  std::vector<Event> events_ = randomEvents(GetParam(), 20240607 + GetParam());
  Columns columns_ = columnsOf(events_);
};

TEST_P(ExpressionProperty, Scalars) {
  check<double>("ht * 2 - 1 / ht", ScalarLoop<double>([](const Event& e) { return e.ht * 2.0 - 1 / double{e.ht}; }));
  check<bool>("100 <= ht < 300 || flag",
              ScalarLoop<bool>([](const Event& e) { return (100 <= e.ht && e.ht < 300) || e.flag; }));
  check<int64_t>("number * 3 + 1", ScalarLoop<int64_t>([](const Event& e) {
                   return static_cast<int64_t>(static_cast<uint64_t>(e.number) * 3 + 1);
                 }));
  check<uint64_t>("id % 1000", ScalarLoop<uint64_t>([](const Event& e) { return e.id % 1000; }));
  check<bool>("id > number", ScalarLoop<bool>([](const Event& e) { return std::cmp_greater(e.id, e.number); }));
  check<double>("flag ? ht : -1", ScalarLoop<double>([](const Event& e) { return e.flag ? e.ht : -1.0; }));
  check<int64_t>("7", ScalarLoop<int64_t>([](const Event&) { return 7; }));
}

TEST_P(ExpressionProperty, Reductions) {
  check<int64_t>("sum(pt > 30)", ScalarLoop<int64_t>([](const Event& e) {
                   return std::count_if(e.pt.begin(), e.pt.end(), [](float x) { return x > 30; });
                 }));
  check<double>("sum(pt * tag)", ScalarLoop<double>([](const Event& e) {
                  double sum = 0;
                  for (size_t k = 0; k < e.pt.size(); ++k) sum += e.pt[k] * e.tag[k];
                  return sum;
                }));
  check<double>("max(pt)", ScalarLoop<double>([](const Event& e) {
                  double best = e.pt.empty() ? test::kNan : double{e.pt[0]};
                  for (float x : e.pt) best = x > best || x != x || best != best ? (best != best ? best : x) : best;
                  return best;
                }));
  check<int64_t>("min(charge, default=9)", ScalarLoop<int64_t>([](const Event& e) {
                   return e.charge.empty() ? 9 : *std::min_element(e.charge.begin(), e.charge.end());
                 }));
  check<double>("mean(tag)", ScalarLoop<double>([](const Event& e) {
                  double sum = 0;
                  for (double x : e.tag) sum += x;
                  return sum / static_cast<double>(e.tag.size());
                }));
  check<bool>("any(tag > 0.99) and not all(charge)", ScalarLoop<bool>([](const Event& e) {
                return std::any_of(e.tag.begin(), e.tag.end(), [](double x) { return x > 0.99; }) &&
                       !std::all_of(e.charge.begin(), e.charge.end(), [](int32_t x) { return x != 0; });
              }));
}

TEST_P(ExpressionProperty, Lists) {
  check<double>("pt * ht + number % 3", ListLoop<double>([](const Event& e) {
                  std::vector<double> list;
                  const int64_t rest = ((e.number % 3) + 3) % 3;
                  for (float x : e.pt) list.push_back(double{x} * double{e.ht} + static_cast<double>(rest));
                  return list;
                }));
  check<double>("tag[pt > 30 && charge != 0]", ListLoop<double>([](const Event& e) {
                  std::vector<double> list;
                  for (size_t k = 0; k < e.pt.size(); ++k) {
                    if (e.pt[k] > 30 && e.charge[k] != 0) list.push_back(e.tag[k]);
                  }
                  return list;
                }));
  check<double>("pt[tag > 0.5][1]", ScalarLoop<double>([](const Event& e) {
                  size_t seen = 0;
                  for (size_t k = 0; k < e.pt.size(); ++k) {
                    if (e.tag[k] > 0.5 && seen++ == 1) return double{e.pt[k]};
                  }
                  return test::kNan;
                }));
  check<int64_t>("charge[-1, default=number]",
                 ScalarLoop<int64_t>([](const Event& e) { return e.charge.empty() ? e.number : e.charge.back(); }));
  check<bool>("charge[charge > 0] == 2", ListLoop<bool>([](const Event& e) {
                std::vector<bool> list;
                for (int32_t x : e.charge) {
                  if (x > 0) list.push_back(x == 2);
                }
                return list;
              }));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ExpressionProperty, testing::Values(0, 1, 2047, 2048, 2049, 20000));

}  // namespace
}  // namespace mlaas::table
