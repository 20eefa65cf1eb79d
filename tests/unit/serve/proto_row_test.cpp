// Expected bytes are written by hand from the encoding of Protocol Buffers.
#include "mlaas/serve/tfaas/proto_row.h"

#include <gtest/gtest.h>

#include <limits>

namespace mlaas::serve {
namespace {

std::string floats(std::initializer_list<float> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(float)};
}

TEST(ProtoRow, ReadsPackedAndUnpackedValues) {
  // key = 1 (tag 0x0a), value = 2 packed (0x12) or one by one (0x15), model = 3 (0x1a)
  const std::string packed = std::string(
                                 "\x0a\x01"
                                 "a"
                                 "\x0a\x01"
                                 "b"
                                 "\x12\x08") +
                             floats({1.5F, -2}) + "\x1a\x01m";
  const auto row = readProtoRow(packed).value();
  EXPECT_EQ(row.keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(row.values, (std::vector<float>{1.5F, -2}));
  EXPECT_EQ(row.model, "m");
  const auto unpacked = readProtoRow("\x15" + floats({3}) + "\x15" + floats({4})).value();
  EXPECT_EQ(unpacked.values, (std::vector<float>{3, 4}));
  EXPECT_TRUE(unpacked.keys.empty());
}

TEST(ProtoRow, RefusesWhatIsNoRow) {
  EXPECT_EQ(readProtoRow("{\"keys\":[]}").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_STREQ(readProtoRow("\x0a\x01"
                            "a")
                   .error()
                   .what(),
               "the row has 1 keys and 0 values");
  EXPECT_STREQ(readProtoRow("\x15" + floats({std::numeric_limits<float>::infinity()})).error().what(),
               "value 0 is not a finite number");
}

TEST(ProtoRow, WritesPredictions) {
  const float scores[] = {0.25F, 1};
  // Two messages Class of 5 bytes with probability = 2 (tag 0x15) only.
  EXPECT_EQ(writePredictions(scores), "\x0a\x05\x15" + floats({0.25F}) + "\x0a\x05\x15" + floats({1}));
}

}  // namespace
}  // namespace mlaas::serve
