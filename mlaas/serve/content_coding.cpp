#include "mlaas/serve/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace mlaas::serve {

namespace {

constexpr int kWindowBits = 15;
constexpr int kGzipWindowBits = kWindowBits + 16;  // as zlib wants it said
constexpr size_t kFirstBytes = size_t{64} << 10;
constexpr int kMemoryLevel = 8;

int windowBits(ContentCoding coding) { return coding == ContentCoding::kGzip ? kGzipWindowBits : kWindowBits; }

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool sameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return lower(x) == lower(y);
  });
}

// Whether "gzip;q=0.5" or the like takes the coding: all but q=0.
bool takes(std::string_view parameters) {
  const size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return true;
  return parameters.substr(at + 2).find_first_not_of("0. \t") != std::string_view::npos;
}

Bytef* bytesOf(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

// Ends zlib's state with its scope.
class Inflater {
 public:
  explicit Inflater(ContentCoding coding) : good_(inflateInit2(&stream_, windowBits(coding)) == Z_OK) {}
  ~Inflater() {
    if (good_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  const bool good_;
};

Error damaged(ContentCoding coding) {
  return {ErrorCode::kInvalidArgument, "the body is not what Content-Encoding says: its " +
                                           std::string(contentCodingName(coding)) + " data are damaged or cut off"};
}

}  // namespace

Result<ContentCoding> contentCodingFrom(std::string_view header) {
  const std::string_view name = trimmed(header);
  if (name.empty() || sameWord(name, "identity")) return ContentCoding::kIdentity;
  if (sameWord(name, "gzip") || sameWord(name, "x-gzip")) return ContentCoding::kGzip;
  if (sameWord(name, "deflate")) return ContentCoding::kDeflate;
  return Error(ErrorCode::kUnsupported, "Content-Encoding '" + std::string(name.substr(0, 80)) +
                                            "' is not read; send gzip, deflate, or the body as it is");
}

std::string_view contentCodingName(ContentCoding coding) {
  if (coding == ContentCoding::kGzip) return "gzip";
  return coding == ContentCoding::kDeflate ? "deflate" : "identity";
}

ContentCoding acceptedCoding(std::string_view header) {
  auto best = ContentCoding::kIdentity;
  while (!header.empty()) {
    const size_t comma = std::min(header.find(','), header.size());
    const std::string_view item = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = trimmed(item.substr(0, semicolon));
    if (!takes(item.substr(semicolon))) continue;
    if (sameWord(name, "gzip")) return ContentCoding::kGzip;
    if (sameWord(name, "deflate")) best = ContentCoding::kDeflate;
  }
  return best;
}

Result<std::string> decodeContent(std::string_view body, ContentCoding coding, size_t maxBytes) {
  if (coding == ContentCoding::kIdentity) return std::string(body);
  Inflater inflater(coding);
  if (!inflater.good() || body.size() > std::numeric_limits<uInt>::max()) {
    return Error(ErrorCode::kOverloaded, "no memory to decode the body");
  }
  z_stream& stream = inflater.stream();
  stream.next_in = bytesOf(body);
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  for (;;) {
    if (stream.avail_out == 0) {
      const size_t filled = out.size();
      if (filled > maxBytes) break;
      // One byte more than is allowed, to know that there is one.
      const size_t next = std::min(std::max(kFirstBytes, filled * 2), maxBytes + 1);
      if (next <= filled) break;
      out.resize(next);
      stream.next_out = bytesOf(out) + filled;
      stream.avail_out = static_cast<uInt>(next - filled);
    }
    const int status = inflate(&stream, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      out.resize(out.size() - stream.avail_out);
      if (out.size() > maxBytes) break;
      if (stream.avail_in > 0) return damaged(coding);
      return out;
    }
    if (status != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) return damaged(coding);
  }
  return Error(ErrorCode::kInvalidArgument,
               "the decoded body is larger than " + std::to_string(maxBytes) + " bytes; send it in parts");
}

Result<std::string> encodeContent(std::string_view body, ContentCoding coding) {
  if (coding == ContentCoding::kIdentity) return std::string(body);
  z_stream stream{};
  if (body.size() > std::numeric_limits<uInt>::max() / 2 ||
      deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, windowBits(coding), kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Error(ErrorCode::kOverloaded, "no memory to encode the answer");
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  stream.next_in = bytesOf(body);
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = bytesOf(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) return Error(ErrorCode::kInternal, "zlib did not finish the answer");
  return out;
}

}  // namespace mlaas::serve
