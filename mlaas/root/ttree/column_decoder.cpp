#include "mlaas/root/ttree/column_decoder.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <new>
#include <optional>

#include "mlaas/root/big_endian.h"
#include "mlaas/root/compression.h"
#include "mlaas/root/key.h"
#include "mlaas/root/ttree/collection_kernel.h"
#include "mlaas/root/ttree/value_reader.h"

namespace mlaas::root {

namespace {

// What one call may return; a larger range is read in pieces.
constexpr uint64_t kMostBytes = uint64_t{16} << 30;
constexpr uint32_t kByteCountMask = 0x40000000;
constexpr size_t kCollectionHeaderBytes = 10;  // byte count, version, number of elements
constexpr uint32_t kIsReferenced = 1U << 4;    // bit of TObject::fBits
constexpr uint16_t kMemberWise = 0x4000;       // bit of the version

// The memory that a thread reuses from basket to basket.
struct Scratch {
  std::vector<std::byte> plain;
  std::vector<std::byte> shared;  // a basket that several columns are decoded from
  std::vector<int64_t> offsets;
};

Scratch& scratch() {
  thread_local Scratch made;
  return made;
}

BasketHeader headerOf(const EmbeddedBasket& basket) {
  BasketHeader header;
  header.keyBytes = basket.keyBytes;
  header.numEntries = basket.numEntries;
  header.dataBytes =
      static_cast<uint32_t>(basket.bytes.size() - std::min<size_t>(basket.bytes.size(), basket.keyBytes));
  header.objectBytes = header.storedBytes = header.dataBytes;
  header.ioBits = basket.ioBits;
  header.offsetsLeftOut = basket.entryOffsets.empty();
  return header;
}

std::span<const std::byte> recordOf(const BasketPart& part) {
  return part.embedded ? std::span<const std::byte>(part.embedded->bytes) : part.record;
}

Error inBasket(Error error, const BasketPart& part) {
  const std::string which =
      "basket of entries " + std::to_string(part.entries.first) + " to " + std::to_string(part.entries.last) +
      (part.embedded ? std::string(" in the tree's record") : " at byte " + std::to_string(part.offset));
  return std::move(error).within(which);
}

Error corrupt(std::string message) { return Error(ErrorCode::kCorrupt, std::move(message)); }

class Decoder {
 public:
  Decoder(const ColumnPlan& plan, EntryRange range, std::span<const BasketPart> baskets,
          const CounterReader& readCounter)
      : plan_(plan),
        range_(range),
        baskets_(baskets),
        readCounter_(readCounter),
        width_(plan.storedNumberBytes()),
        elementBytes_(plan.storedElementBytes()) {
    if (plan.layout == EntryLayout::kValues) valueReader_.emplace(*plan.values, plan.leaf);
  }

  // First: checks the baskets against the column and asks for memory.
  Result<void> start() {
    MLAAS_CHECK(checkCover());
    MLAAS_CHECK(readHeaders());
    MLAAS_CHECK(allocate());
    return readCounts();
  }

  // For each basket in turn; `opened` are its bytes where they are decompressed already.
  Result<void> place(size_t basket, const BasketData* opened = nullptr) {
    auto done = decodeBasket(baskets_[basket], headers_[basket], opened);
    if (!done.ok()) return inBasket(Error(done.error()), baskets_[basket]);
    return {};
  }

  // Last.
  Column finish() {
    if (valueReader_) return valueReader_->take();
    values_->truncate(valueBytes_);
    Column column{plan_.type, range_.size(), {}, std::move(values_)};
    if (offsets_) column.offsets.push_back(std::move(offsets_));
    return column;
  }

  const BasketHeader& headerAt(size_t basket) const { return headers_[basket]; }

 private:
  // kCorrupt unless the baskets follow each other and hold the whole range.
  Result<void> checkCover() const {
    int64_t next = range_.first;
    for (const BasketPart& part : baskets_) {
      if (part.entries.first > next) break;
      next = std::max(next, part.entries.last);
    }
    if (next >= range_.last) return {};
    return corrupt("its baskets end at entry " + std::to_string(next) + ", wanted are those up to " +
                   std::to_string(range_.last));
  }

  Result<void> readHeaders() {
    headers_.reserve(baskets_.size());
    for (const BasketPart& part : baskets_) {
      if (part.isGap()) {
        headers_.emplace_back();
        continue;
      }
      auto header = part.embedded ? Result<BasketHeader>(headerOf(*part.embedded)) : readBasketHeader(part.record);
      if (!header.ok()) return inBasket(std::move(header).error(), part);
      if (auto fits = checkEntries(part, *header); !fits.ok()) return inBasket(Error(fits.error()), part);
      headers_.push_back(*header);
    }
    return {};
  }

  Result<void> checkEntries(const BasketPart& part, const BasketHeader& header) const {
    if (static_cast<int64_t>(header.numEntries) != part.entries.size()) {
      return corrupt("it has " + std::to_string(header.numEntries) + " entries, its branch says " +
                     std::to_string(part.entries.size()));
    }
    const uint64_t expected = uint64_t{header.numEntries} * plan_.entryBytes;
    if (plan_.layout == EntryLayout::kFixed && header.dataBytes != expected) {
      if (plan_.mayHaveReferences && header.dataBytes > expected) return {};
      return corrupt("it has " + std::to_string(header.dataBytes) + " bytes of data, expected " +
                     std::to_string(expected));
    }
    return {};
  }

  Result<void> allocate() {
    if (valueReader_) return {};
    const auto length = static_cast<uint64_t>(range_.size());
    uint64_t valueBytes = inMemory(length * elementBytes_);
    if (plan_.layout != EntryLayout::kFixed) {
      valueBytes = 0;
      for (const BasketHeader& header : headers_) valueBytes += inMemory(header.dataBytes);
    }
    if (valueBytes > kMostBytes || length > kMostBytes / sizeof(int64_t)) {
      return Error(ErrorCode::kOverloaded, "its entries need more than 16 GiB; read a smaller range");
    }
    try {
      values_ = std::make_shared<Buffer>(valueBytes);
      if (plan_.layout != EntryLayout::kFixed) {
        offsets_ = std::make_shared<Buffer>((length + 1) * sizeof(int64_t));
        offsets_->as<int64_t>()[0] = 0;
      }
    } catch (const std::bad_alloc&) {
      return Error(ErrorCode::kOverloaded, "no memory for " + formatByteSize(valueBytes) + "; read a smaller range");
    }
    return {};
  }

  Result<void> decodeBasket(const BasketPart& part, const BasketHeader& header, const BasketData* opened) {
    const EntryRange wanted{std::max(range_.first, part.entries.first), std::min(range_.last, part.entries.last)};
    if (wanted.size() <= 0) return {};
    if (part.isGap()) return placeGap(static_cast<size_t>(wanted.size()));
    const auto record = recordOf(part);
    const auto first = static_cast<size_t>(wanted.first - part.entries.first);
    const auto count = static_cast<size_t>(wanted.size());
    if (plan_.layout == EntryLayout::kFixed) return decodeFixed(record, header, opened, first, count);
    // Counting decodes another column, which uses the same scratch memory: it comes first.
    const bool hasArray = !header.offsetsLeftOut && (part.embedded || header.objectBytes > header.dataBytes);
    const bool isString = plan_.layout == EntryLayout::kString;
    if (!hasArray && !isString && !valueReader_) MLAAS_CHECK(countOffsets(part, header));
    MLAAS_TRY(const BasketData data, opened ? Result(*opened) : openBasket(record, header, scratch().plain));
    if (hasArray) {
      MLAAS_CHECK(part.embedded ? readEntryOffsets(*part.embedded, scratch().offsets)
                                : readEntryOffsets(header, data.offsets, scratch().offsets));
    }
    if (valueReader_) return placeValues(data.entries, part.entries, first, count, hasArray);
    if (plan_.mayHaveReferences) return placeJaggedBits(data.entries, first, count);
    if (!hasArray && isString) MLAAS_CHECK(walkStrings(data.entries, header.numEntries));
    if (isString) return placeStrings(data.entries, first, count);
    return plan_.headerBytes == 0 ? placeBare(data.entries, first, count)
                                  : placeWithHeaders(data.entries, first, count);
  }

  // Zero, or no elements, for entries that were never filled.
  Result<void> placeGap(size_t count) {
    if (valueReader_) return valueReader_->addMissing(count);
    if (plan_.layout == EntryLayout::kFixed) {
      const uint64_t bytes = inMemory(count * elementBytes_);
      std::fill_n(values_->data() + valueBytes_, bytes, std::byte{0});
      valueBytes_ += bytes;
      return {};
    }
    const auto offsets = offsets_->as<int64_t>();
    std::fill_n(offsets.begin() + static_cast<ptrdiff_t>(entry_) + 1, count, offsets[entry_]);
    entry_ += count;
    return {};
  }

  // Bytes of the column's values that have `bytes` bytes in a basket.
  uint64_t inMemory(uint64_t bytes) const { return bytes / width_ * dtypeBytes(plan_.type.dtype); }

  // Places the numbers in `bytes` bytes of a basket.
  void placeNumbers(const std::byte* from, size_t bytes) {
    std::byte* to = values_->data() + valueBytes_;
    valueBytes_ += inMemory(bytes);
    if (plan_.encoding.isPlain()) return copyFromBigEndian(from, bytes / width_, width_, to);
    decodeNumbers(plan_.encoding, from, bytes / width_, to);
  }

  // Entries [first, first + count) of a basket of equal entries.
  Result<void> decodeFixed(std::span<const std::byte> record, const BasketHeader& header, const BasketData* opened,
                           size_t first, size_t count) {
    const bool isWhole = !opened && count == header.numEntries && plan_.entryBytes == elementBytes_;
    if (isWhole && plan_.encoding.isPlain() && header.isCompressed() && header.objectBytes == header.dataBytes) {
      // Straight into the column: the bytes are swapped where they will stay.
      const auto stored = record.subspan(header.keyBytes, header.storedBytes);
      std::byte* to = values_->data() + valueBytes_;
      MLAAS_CHECK(decompress(stored, {to, header.dataBytes}));
      swapFromBigEndian(to, header.dataBytes / width_, width_);
      valueBytes_ += header.dataBytes;
      return {};
    }
    MLAAS_TRY(const BasketData data, opened ? Result(*opened) : openBasket(record, header, scratch().plain));
    if (data.entries.size() != uint64_t{header.numEntries} * plan_.entryBytes) {
      return placeReferencedBits(data.entries, header.numEntries, first, count);
    }
    const std::byte* from = data.entries.data() + first * plan_.entryBytes + plan_.offsetInEntry;
    if (plan_.entryBytes == elementBytes_) return placeNumbers(from, count * elementBytes_), Result<void>{};
    if (plan_.encoding.isPlain() && elementBytes_ == width_) {
      copyStridedFromBigEndian(from, plan_.entryBytes, count, width_, values_->data() + valueBytes_);
      valueBytes_ += count * width_;
      return {};
    }
    for (size_t i = 0; i < count; ++i) placeNumbers(from + i * plan_.entryBytes, elementBytes_);
    return {};
  }

  // Fills scratch().offsets for all entries of the basket from the values of the column that counts.
  Result<void> countOffsets(const BasketPart& part, const BasketHeader& header) {
    std::vector<int64_t>& offsets = scratch().offsets;
    if (header.numEntries == 0) return offsets.assign(1, 0), Result<void>{};
    MLAAS_TRY(const Column counts, readCounter_(part.entries));
    if (counts.length != part.entries.size() || !counts.type.isFlat()) {
      return corrupt("the column that counts its elements has other entries");
    }
    offsets.resize(header.numEntries + size_t{1});
    offsets[0] = 0;
    bool inRange = true;
    visitStoredDType(counts.type.dtype, [&](auto zero) {
      const auto values = counts.valuesAs<decltype(zero)>();
      for (size_t i = 0; i < values.size(); ++i) {
        const auto count = static_cast<int64_t>(values[i]);
        inRange = inRange && count >= 0 && count <= INT32_MAX;
        offsets[i + 1] = offsets[i] + (inRange ? count * static_cast<int64_t>(elementBytes_) : 0);
      }
    });
    if (!inRange || offsets.back() != header.dataBytes) {
      return corrupt("its counts make " + std::to_string(offsets.back()) + " bytes of data, it has " +
                     std::to_string(header.dataBytes));
    }
    return {};
  }

  // The column's offsets of `count` entries, from those of the basket.
  Result<void> placeOffsets(size_t first, size_t count, int64_t headerBytes) {
    const int64_t* from = scratch().offsets.data() + first;
    int64_t* to = offsets_->as<int64_t>().data() + entry_;
    const auto elementBytes = static_cast<int64_t>(elementBytes_);
    int64_t odd = 0;
    if (headerBytes == 0 && std::has_single_bit(elementBytes_)) {
      const int shift = std::countr_zero(elementBytes_);
      const int64_t base = to[0];
      for (size_t i = 1; i <= count; ++i) {
        const int64_t bytes = from[i] - from[0];
        odd |= bytes & (elementBytes - 1);
        to[i] = base + (bytes >> shift);
      }
    } else {
      for (size_t i = 1; i <= count; ++i) {
        // An entry without any byte is empty: old collections leave out their header too.
        const int64_t bytes = from[i] == from[i - 1] ? 0 : from[i] - from[i - 1] - headerBytes;
        if (bytes < 0) return corrupt("an entry is shorter than its header");
        odd |= bytes % elementBytes;
        to[i] = to[i - 1] + bytes / elementBytes;
      }
    }
    if (odd != 0)
      return corrupt("the length of an entry is no multiple of its elements' " + std::to_string(elementBytes_) +
                     " bytes");
    entry_ += count;
    return {};
  }

  // Entries that are nothing but their elements: one copy for all.
  Result<void> placeBare(std::span<const std::byte> data, size_t first, size_t count) {
    const auto begin = static_cast<size_t>(scratch().offsets[first]);
    const auto end = static_cast<size_t>(scratch().offsets[first + count]);
    if (end > data.size()) return corrupt("an entry ends past the basket's data");
    MLAAS_CHECK(placeOffsets(first, count, 0));
    placeNumbers(data.data() + begin, end - begin);
    return {};
  }

  Result<void> placeWithHeaders(std::span<const std::byte> data, size_t first, size_t count) {
    const int64_t* offsets = scratch().offsets.data() + first;
    if (static_cast<size_t>(offsets[count]) > data.size()) return corrupt("an entry ends past the basket's data");
    if (placePlainCollections(data, {offsets, count + 1})) return {};
    MLAAS_CHECK(placeOffsets(first, count, static_cast<int64_t>(plan_.headerBytes)));
    for (size_t i = 0; i < count; ++i) {
      const auto entry =
          data.subspan(static_cast<size_t>(offsets[i]), static_cast<size_t>(offsets[i + 1] - offsets[i]));
      if (entry.empty()) continue;
      const size_t bytes = entry.size() - plan_.headerBytes;
      if (plan_.headerBytes == kCollectionHeaderBytes) MLAAS_CHECK(checkCollection(entry, bytes / elementBytes_));
      placeNumbers(entry.data() + plan_.headerBytes, bytes);
    }
    return {};
  }

  // TObject::fBits at the cursor; where an object is referenced, two bytes more follow.
  void placeBits(ByteCursor& cursor, bool wanted = true) {
    const auto bits = cursor.big<uint32_t>();
    if ((bits & kIsReferenced) != 0) cursor.skip(2);
    if (!wanted || !cursor.ok()) return;
    std::memcpy(values_->data() + valueBytes_, &bits, sizeof(bits));
    valueBytes_ += sizeof(bits);
  }

  // One value an entry, some longer than others.
  Result<void> placeReferencedBits(std::span<const std::byte> data, size_t numEntries, size_t first, size_t count) {
    ByteCursor cursor(data);
    for (size_t i = 0; i < numEntries && cursor.ok(); ++i) placeBits(cursor, i >= first && i < first + count);
    if (cursor.remaining() > 0) cursor.fail();
    return cursor.check("its values of fBits");
  }

  Result<void> placeJaggedBits(std::span<const std::byte> data, size_t first, size_t count) {
    const int64_t* offsets = scratch().offsets.data() + first;
    if (static_cast<size_t>(offsets[count]) > data.size()) return corrupt("an entry ends past the basket's data");
    int64_t* to = offsets_->as<int64_t>().data() + entry_;
    for (size_t i = 0; i < count; ++i) {
      ByteCursor cursor(
          data.subspan(static_cast<size_t>(offsets[i]), static_cast<size_t>(offsets[i + 1] - offsets[i])));
      for (to[i + 1] = to[i]; cursor.ok() && cursor.remaining() > 0; ++to[i + 1]) placeBits(cursor);
      MLAAS_CHECK(cursor.check("its values of fBits"));
    }
    entry_ += count;
    return {};
  }

  // The usual case in one pass; false where it is another, which placeWithHeaders() reads or finds fault with.
  bool placePlainCollections(std::span<const std::byte> data, std::span<const int64_t> offsets) {
    if (plan_.headerBytes != kCollectionHeaderBytes || !plan_.encoding.isPlain() || elementBytes_ != width_ ||
        plan_.type.dtype == DType::kBool) {
      return false;
    }
    int64_t* ends = offsets_->as<int64_t>().data() + entry_;
    const auto placed = placeCollections(data, offsets, width_, ends, values_->data() + valueBytes_);
    if (!placed) return false;
    valueBytes_ += *placed;
    entry_ += offsets.size() - 1;
    return true;
  }

  // The header of a collection against the entry that holds it.
  static Result<void> checkCollection(std::span<const std::byte> entry, size_t numElements) {
    const auto byteCount = loadNumber<uint32_t, std::endian::big>(entry.data());
    const auto version = loadNumber<uint16_t, std::endian::big>(entry.data() + 4);
    const auto count = loadNumber<uint32_t, std::endian::big>(entry.data() + 6);
    if ((byteCount & kByteCountMask) == 0 || (byteCount & ~kByteCountMask) + 4 != entry.size() ||
        count != numElements) {
      return corrupt("a collection's header says " + std::to_string(count) + " elements, its length " +
                     std::to_string(numElements));
    }
    if ((version & kMemberWise) != 0) return Error(ErrorCode::kUnsupported, "a collection is stored member by member");
    return {};
  }

  // The characters of one entry. The byte count of a header must be that of the string.
  std::string_view readEntry(ByteCursor& cursor) const {
    size_t end = 0;
    if (plan_.headerBytes > 0) {
      const auto byteCount = cursor.big<uint32_t>();
      end = cursor.position() + (byteCount & ~kByteCountMask);
      cursor.skip(plan_.headerBytes - sizeof(byteCount));
    }
    const std::string_view text = plan_.wideLength ? cursor.characters(cursor.big<uint32_t>()) : readString(cursor);
    if (end > 0 && cursor.position() != end) cursor.fail();
    return text;
  }

  // Offsets of strings one after the other: each tells its own length.
  Result<void> walkStrings(std::span<const std::byte> data, size_t numEntries) const {
    std::vector<int64_t>& offsets = scratch().offsets;
    if (numEntries > data.size()) return corrupt("it has more strings than bytes");
    offsets.assign(1, 0);
    ByteCursor cursor(data);
    for (size_t i = 0; i < numEntries; ++i) {
      readEntry(cursor);
      offsets.push_back(static_cast<int64_t>(cursor.position()));
    }
    return cursor.check("its strings");
  }

  Result<void> placeStrings(std::span<const std::byte> data, size_t first, size_t count) {
    const int64_t* offsets = scratch().offsets.data() + first;
    int64_t* to = offsets_->as<int64_t>().data() + entry_;
    for (size_t i = 0; i < count; ++i) {
      ByteCursor cursor(
          data.subspan(static_cast<size_t>(offsets[i]), static_cast<size_t>(offsets[i + 1] - offsets[i])));
      const std::string_view text = cursor.remaining() == 0 ? std::string_view() : readEntry(cursor);
      if (!cursor.ok() || cursor.remaining() > 0) return corrupt("a string's length is not that of its entry");
      std::copy_n(reinterpret_cast<const std::byte*>(text.data()), text.size(), values_->data() + valueBytes_);
      valueBytes_ += text.size();
      to[i + 1] = to[i] + static_cast<int64_t>(text.size());
    }
    entry_ += count;
    return {};
  }

  // What counts the arrays in the values, where another branch holds it: for all entries of the baskets.
  Result<void> readCounts() {
    if (!valueReader_ || plan_.counterBranch < 0 || baskets_.empty()) return {};
    const EntryRange entries{baskets_.front().entries.first, baskets_.back().entries.last};
    MLAAS_TRY(counts_.column, readCounter_(entries));
    const ColumnType& type = counts_.column.type;
    if (counts_.column.length != entries.size() || type.jaggedDepth > 1 || !type.shape.empty() || type.isString) {
      return corrupt("the column that counts its arrays has other entries");
    }
    counts_.first = entries.first;
    visitDType(type.dtype, [&](auto zero) {
      for (const auto count : counts_.column.valuesAs<decltype(zero)>()) {
        counts_.values.push_back(static_cast<int64_t>(count));
      }
    });
    return {};
  }

  // The numbers that count the arrays of an entry.
  std::span<const int64_t> countsOf(int64_t entry) const {
    if (counts_.values.empty()) return {};
    const auto at = static_cast<size_t>(entry - counts_.first);
    if (counts_.column.offsets.empty()) return std::span(counts_.values).subspan(at, 1);
    const auto offsets = counts_.column.offsetsAt(0);
    return std::span(counts_.values)
        .subspan(static_cast<size_t>(offsets[at]), static_cast<size_t>(offsets[at + 1] - offsets[at]));
  }

  // Objects and collections, each as long as the offsets say or, without those, as its own bytes say.
  Result<void> placeValues(std::span<const std::byte> data, EntryRange entries, size_t first, size_t count,
                           bool hasArray) {
    if (!hasArray) return walkValues(data, entries, first, count);
    const std::vector<int64_t>& offsets = scratch().offsets;
    for (size_t i = first; i < first + count; ++i) {
      const auto begin = static_cast<size_t>(offsets[i]);
      const auto end = static_cast<size_t>(offsets[i + 1]);
      if (begin > end || end > data.size()) return corrupt("an entry ends past the basket's data");
      valueReader_->setCounts(countsOf(entries.first + static_cast<int64_t>(i)));
      auto done = valueReader_->readEntry(data.subspan(begin, end - begin));
      if (!done.ok()) return std::move(done).error().within("entry " + std::to_string(i) + " of the basket");
    }
    return {};
  }

  Result<void> walkValues(std::span<const std::byte> data, EntryRange entries, size_t first, size_t count) {
    ValueReader before(*plan_.values, plan_.leaf);
    for (size_t i = 0; i < first + count; ++i) {
      ValueReader& reader = i < first ? before : *valueReader_;
      reader.setCounts(countsOf(entries.first + static_cast<int64_t>(i)));
      auto length = reader.readFront(data);
      if (!length.ok()) return std::move(length).error().within("entry " + std::to_string(i) + " of the basket");
      data = data.subspan(*length);
    }
    if (first + count == static_cast<size_t>(entries.size()) && !data.empty()) {
      return corrupt("its entries leave " + std::to_string(data.size()) + " bytes of data");
    }
    return {};
  }

  const ColumnPlan& plan_;
  const EntryRange range_;
  const std::span<const BasketPart> baskets_;
  const CounterReader& readCounter_;
  const size_t width_;
  const size_t elementBytes_;
  std::vector<BasketHeader> headers_;       // of baskets_
  std::optional<ValueReader> valueReader_;  // of a leaf of objects or collections
  // The column of the branch that counts arrays in the values, from entry `first` on.
  struct {
    Column column;
    int64_t first = 0;
    std::vector<int64_t> values;
  } counts_;
  std::shared_ptr<Buffer> values_;
  std::shared_ptr<Buffer> offsets_;  // of a jagged column
  size_t valueBytes_ = 0;            // placed
  size_t entry_ = 0;                 // entries whose offsets are placed
};

}  // namespace

Result<Column> decodeColumn(const ColumnPlan& plan, EntryRange range, std::span<const BasketPart> baskets,
                            const CounterReader& readCounter) {
  Decoder decoder(plan, range, baskets, readCounter);
  MLAAS_CHECK(decoder.start());
  for (size_t i = 0; i < baskets.size(); ++i) MLAAS_CHECK(decoder.place(i));
  return decoder.finish();
}

std::vector<Result<Column>> decodeColumns(std::span<const BranchColumn> columns, EntryRange range,
                                          std::span<const BasketPart> baskets) {
  std::deque<Decoder> decoders;
  std::vector<Result<void>> done;
  for (const BranchColumn& column : columns) {
    done.push_back(decoders.emplace_back(*column.plan, range, baskets, column.readCounter).start());
  }
  for (size_t i = 0; i < baskets.size(); ++i) {
    const auto sound = std::ranges::find_if(done, [](const auto& result) { return result.ok(); });
    if (sound == done.end()) break;
    std::optional<Result<BasketData>> opened;
    if (!baskets[i].isGap()) {
      const BasketHeader& header = decoders[static_cast<size_t>(sound - done.begin())].headerAt(i);
      opened = openBasket(recordOf(baskets[i]), header, scratch().shared);
    }
    for (size_t k = 0; k < decoders.size(); ++k) {
      if (!done[k].ok()) continue;
      done[k] = opened && !opened->ok() ? Result<void>(inBasket(Error(opened->error()), baskets[i]))
                                        : decoders[k].place(i, opened ? &**opened : nullptr);
    }
  }
  std::vector<Result<Column>> decoded;
  for (size_t k = 0; k < decoders.size(); ++k) {
    decoded.push_back(done[k].ok() ? Result<Column>(decoders[k].finish()) : Result<Column>(Error(done[k].error())));
  }
  return decoded;
}

}  // namespace mlaas::root
