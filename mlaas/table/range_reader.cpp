#include "mlaas/table/range_reader.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>

namespace mlaas::table {

namespace {

constexpr size_t kStepsAtOnce = 4;  // one decoded, one waiting, two fetched; more where they hold few columns
// Columns of one read group that one task decodes: the rest is left to other threads.
constexpr size_t kColumnsOfTask = 32;

}  // namespace

ColumnsAtOnce columnsAtOnce(const Table& table, EntryRange range, std::span<const size_t> columns, uint64_t mostBytes) {
  ColumnsAtOnce chosen;
  std::optional<size_t> group;
  for (const size_t column : columns) {
    const size_t next = table.readGroup(column);
    if (next != group) {
      const uint64_t bytes = table.fetchBytes(range, column);
      if (chosen.count > 0 && chosen.bytes + bytes > mostBytes) break;
      chosen.bytes += bytes;
      group = next;
    }
    ++chosen.count;
  }
  return chosen;
}

// A block at the consumer's and those ahead take half, compressed bytes a sixteenth.
ReadingLimits ReadingLimits::of(size_t memoryBytes) {
  const RangeBytes usual;
  const RangeReader::Options options;
  ReadingLimits limits;
  limits.ranges.most = std::min<uint64_t>(usual.most, memoryBytes / 8);
  limits.ranges.preferred = std::min<uint64_t>(usual.preferred, memoryBytes / 16);
  limits.fetchBytes = std::min(options.fetchBytes, memoryBytes / 16 / kStepsAtOnce);
  limits.aheadBytes = std::min(options.aheadBytes, memoryBytes / 4);
  return limits;
}

uint64_t workingBytes(const Table& table, const std::vector<EntryRange>& ranges, const std::vector<size_t>& columns,
                      size_t fetchBytes, size_t numThreads) {
  uint64_t largest = 0;
  for (const EntryRange& range : ranges) {
    for (const size_t column : columns) largest = std::max(largest, table.fetchBytes(range, column));
  }
  const uint64_t atOnce = numThreads > 1 ? 2 * largest : largest;
  return kStepsAtOnce * fetchBytes + atOnce + numThreads * table.scratchBytes(columns);
}

std::vector<EntryRange> readingRanges(const Table& table, EntryRange wanted, const std::vector<size_t>& columns,
                                      RangeBytes bytes) {
  const uint64_t perEntry = table.entryBytes(columns);
  const auto most = static_cast<int64_t>(std::max<uint64_t>(1, bytes.most / perEntry));
  const auto preferred = static_cast<int64_t>(std::max<uint64_t>(1, bytes.preferred / perEntry));
  return rangesOfEntries(table, wanted, columns, {std::min(most, preferred), most});
}

std::vector<EntryRange> rangesOfEntries(const Table& table, EntryRange wanted, const std::vector<size_t>& columns,
                                        CutSize size) {
  std::vector<EntryRange> joined;
  // Columns with more entries than the table go past its clusters.
  std::vector<EntryRange> clusters = table.clusters();
  if (wanted.last > table.numEntries()) clusters.push_back({table.numEntries(), wanted.last});
  for (const EntryRange& cluster : clusters) {
    const EntryRange part{std::max(cluster.first, wanted.first), std::min(cluster.last, wanted.last)};
    if (part.size() <= 0) continue;
    const bool isNear = !joined.empty() && joined.back().last == part.first;
    if (isNear && part.last - joined.back().first <= size.preferred) {
      joined.back().last = part.last;
    } else {
      joined.push_back(part);
    }
  }
  std::vector<EntryRange> ranges;
  for (const EntryRange& range : joined) {
    const auto pieces = table.cut(range, columns, size);
    ranges.insert(ranges.end(), pieces.begin(), pieces.end());
  }
  return ranges;
}

// What the consumer, reads under way and tasks of the pool share.
class RangeReader::State : public std::enable_shared_from_this<State> {
 public:
  State(const Table& table, const std::vector<EntryRange>& ranges, std::vector<size_t> columns, Options options)
      : table_(table),
        columns_(std::move(columns)),
        options_(options),
        perEntry_(table.entryBytes(columns_)),
        // Threads of a pool would wait for each other at small steps.
        stepBytes_(options.pool ? options.fetchBytes : std::min<uint64_t>(options.fetchBytes, table.stepBytes())) {
    for (const size_t column : columns_) groups_.push_back(table.readGroup(column));
    for (const EntryRange& range : ranges) {
      Work work;
      work.range = range;
      work.bytes = static_cast<size_t>(perEntry_ * static_cast<uint64_t>(range.size()));
      work_.push_back(std::move(work));
    }
  }

  Result<std::optional<TableBlock>> next() {
    if (taken_ == work_.size()) return std::optional<TableBlock>();
    std::unique_lock lock(mutex_);
    if (!work_[taken_].isStarted) {
      MLAAS_CHECK(startFirst(lock));
    }
    while (true) {
      startSteps(lock);
      Work& work = work_[taken_];
      if (work.isDone(columns_.size())) break;
      if (!options_.pool && decodeOne(lock)) continue;
      changed_.wait(lock);
    }
    return take();
  }

  // Nothing new is started; waits for what was.
  void stop() {
    std::unique_lock lock(mutex_);
    isStopped_ = true;
    changed_.wait(lock, [&] { return numFetching_ == 0 && numTasks_ == 0; });
    steps_.clear();
  }

 private:
  // Columns of one range that are fetched together.
  struct Step {
    size_t work = 0;
    std::vector<size_t> slots;  // positions in columns_
    uint64_t bytes = 0;         // compressed
    std::unique_ptr<FetchedRange> fetched;
    size_t numLeft = 0;   // slots not decoded yet
    size_t nextSlot = 0;  // that the consumer's thread decodes
    bool isHere = false;  // fetched, or failed to be
  };
  struct Work {
    EntryRange range;
    size_t bytes = 0;  // in memory, estimated
    MemoryBudget::Reservation reservation;
    bool isStarted = false;
    size_t nextSlot = 0;  // first that no step was made for
    size_t numDone = 0;   // slots decoded or failed
    std::vector<Column> columns;
    std::optional<Error> error;
    size_t errorSlot = 0;
    bool isDone(size_t numSlots) const { return isStarted && numDone == numSlots; }
  };

  // Starts the range that the consumer waits for: it gets its memory, whatever it takes.
  Result<void> startFirst(std::unique_lock<std::mutex>& lock) {
    Work& work = work_[taken_];
    if (options_.budget) {
      isReservingFirst_ = true;
      lock.unlock();
      auto reserved = options_.budget->reserve(work.bytes, "reading " + table_.name());
      lock.lock();
      isReservingFirst_ = false;
      if (!reserved.ok()) return std::move(reserved).error();
      work.reservation = *std::move(reserved);
    }
    start(work);
    return {};
  }

  void start(Work& work) {
    work.isStarted = true;
    work.columns.resize(columns_.size());
    started_ = static_cast<size_t>(&work - work_.data()) + 1;
  }

  // Whether the next range may be started before the consumer asks for it.
  bool startAhead() {
    if (started_ == work_.size() || isReservingFirst_) return false;
    Work& work = work_[started_];
    size_t ahead = work.bytes;
    for (size_t i = taken_ + 1; i < started_; ++i) ahead += work_[i].bytes;
    if (ahead > options_.aheadBytes) return false;
    if (options_.budget) {
      work.reservation = options_.budget->tryReserve(work.bytes);
      if (work.reservation.bytes() != work.bytes) return false;
    }
    start(work);
    return true;
  }

  // Whether another step may be started: few are, or each thread of the pool has fewer than two columns to decode.
  bool hasRoom() const {
    if (steps_.empty()) return true;
    const size_t threads = options_.pool ? options_.pool->numThreads() : 1;
    uint64_t bytes = 0;
    size_t columns = 0;
    for (const auto& step : steps_) {
      bytes += step->bytes;
      columns += step->numLeft;
    }
    // A branch that is larger than all of that should not keep the other threads waiting.
    if (options_.pool) bytes -= steps_.front()->bytes;
    if (bytes >= kStepsAtOnce * options_.fetchBytes) return false;
    return steps_.size() < kStepsAtOnce || columns < 2 * threads;
  }

  // The next step, or nothing where there is enough in work. One thread at a time looks for it: what columns take may
  // be known only once a file is open, which others do not wait for.
  std::shared_ptr<Step> nextStep(std::unique_lock<std::mutex>& lock) {
    if (isStopped_ || isPlanning_ || !hasRoom()) return nullptr;
    size_t index = stepped_;
    while (index < started_ && work_[index].nextSlot == columns_.size()) ++index;
    stepped_ = index;
    if (index == started_ && !startAhead()) return nullptr;
    Work& work = work_[index];
    const auto rest = std::span(columns_).subspan(work.nextSlot);
    isPlanning_ = true;
    lock.unlock();
    const auto [count, bytes] = columnsAtOnce(table_, work.range, rest, stepBytes_);
    lock.lock();
    isPlanning_ = false;
    if (isStopped_) return nullptr;
    auto step = std::make_shared<Step>();
    step->work = index;
    step->bytes = bytes;
    for (size_t i = 0; i < count; ++i) step->slots.push_back(work.nextSlot++);
    step->numLeft = step->slots.size();
    steps_.push_back(step);
    return step;
  }

  void startSteps(std::unique_lock<std::mutex>& lock) {
    while (const std::shared_ptr<Step> step = nextStep(lock)) {
      if (step->slots.empty()) {
        steps_.pop_back();
        continue;
      }
      std::vector<size_t> wanted;
      for (const size_t slot : step->slots) wanted.push_back(columns_[slot]);
      ++numFetching_;
      const EntryRange range = work_[step->work].range;
      lock.unlock();
      table_.fetch(range, std::move(wanted),
                   [self = shared_from_this(), step](auto fetched) { self->arrived(step, std::move(fetched)); });
      lock.lock();
    }
  }

  void arrived(const std::shared_ptr<Step>& step, Result<std::unique_ptr<FetchedRange>> fetched) {
    std::unique_lock lock(mutex_);
    step->isHere = true;
    if (!fetched.ok()) {
      fail(*step, step->slots.front(), fetched.error());
      work_[step->work].numDone += step->slots.size();
      finish(step);
    } else {
      step->fetched = *std::move(fetched);
      if (options_.pool && !isStopped_) {
        for (std::span<const size_t> rest = step->slots; !rest.empty();) {
          const auto slots = rest.first(together(rest, kColumnsOfTask));
          rest = rest.subspan(slots.size());
          ++numTasks_;
          options_.pool->submit([self = shared_from_this(), step, slots] { self->decodeTask(step, slots); });
        }
      }
    }
    --numFetching_;
    changed_.notify_all();
  }

  // How many of the slots at the front are decoded together.
  size_t together(std::span<const size_t> slots, size_t most) const {
    size_t count = 1;
    while (count < std::min(most, slots.size()) && groups_[slots[count]] == groups_[slots[0]]) ++count;
    return count;
  }

  std::vector<Result<Column>> decode(const Step& step, std::span<const size_t> slots) const {
    std::vector<size_t> columns;
    for (const size_t slot : slots) columns.push_back(columns_[slot]);
    return step.fetched->decodeAll(columns);
  }

  void decodeTask(const std::shared_ptr<Step>& step, std::span<const size_t> slots) {
    auto columns = decode(*step, slots);
    std::unique_lock lock(mutex_);
    for (size_t i = 0; i < slots.size(); ++i) store(step, slots[i], std::move(columns[i]));
    startSteps(lock);
    --numTasks_;
    changed_.notify_all();
  }

  // Decodes a column, or those of one group, on the consumer's thread; false where none is here.
  bool decodeOne(std::unique_lock<std::mutex>& lock) {
    if (steps_.empty() || !steps_.front()->isHere) return false;
    const std::shared_ptr<Step> step = steps_.front();
    const auto rest = std::span<const size_t>(step->slots).subspan(step->nextSlot);
    const auto slots = rest.first(together(rest, rest.size()));
    step->nextSlot += slots.size();
    lock.unlock();
    auto columns = decode(*step, slots);
    lock.lock();
    for (size_t i = 0; i < slots.size(); ++i) store(step, slots[i], std::move(columns[i]));
    return true;
  }

  void store(const std::shared_ptr<Step>& step, size_t slot, Result<Column> column) {
    Work& work = work_[step->work];
    if (column.ok()) {
      work.columns[slot] = *std::move(column);
    } else {
      fail(*step, slot, column.error());
    }
    ++work.numDone;
    if (--step->numLeft == 0) finish(step);
  }

  // The failure of the first column counts, whichever came first.
  void fail(const Step& step, size_t slot, const Error& error) {
    Work& work = work_[step.work];
    if (work.error && work.errorSlot < slot) return;
    work.error = error;
    work.errorSlot = slot;
  }

  void finish(const std::shared_ptr<Step>& step) {
    step->fetched.reset();
    std::erase(steps_, step);
  }

  Result<std::optional<TableBlock>> take() {
    Work& work = work_[taken_++];
    stepped_ = std::max(stepped_, taken_);
    if (work.error) {
      taken_ = work_.size();
      isStopped_ = true;
      return Error(*work.error);
    }
    return std::optional<TableBlock>({work.range, std::move(work.reservation), std::move(work.columns)});
  }

  const Table& table_;
  const std::vector<size_t> columns_;
  const Options options_;
  const uint64_t perEntry_;
  const uint64_t stepBytes_;
  std::vector<size_t> groups_;  // of columns_

  std::mutex mutex_;
  std::condition_variable changed_;
  // All below under mutex_.
  std::vector<Work> work_;
  std::vector<std::shared_ptr<Step>> steps_;  // fetched or decoded now, in order
  size_t taken_ = 0;                          // ranges handed out
  size_t started_ = 0;                        // ranges begun
  size_t stepped_ = 0;                        // ranges before have all their steps made
  bool isPlanning_ = false;                   // a thread looks for the next step
  bool isReservingFirst_ = false;             // the consumer waits for the memory of work_[started_]
  size_t numFetching_ = 0;
  size_t numTasks_ = 0;
  bool isStopped_ = false;
};

RangeReader::RangeReader(const Table& table, const std::vector<EntryRange>& ranges, std::vector<size_t> columns,
                         Options options)
    : state_(std::make_shared<State>(table, ranges, std::move(columns), options)) {}

RangeReader::~RangeReader() { state_->stop(); }

Result<std::optional<TableBlock>> RangeReader::next() { return state_->next(); }

}  // namespace mlaas::table
