#include "mlaas/serve/shared_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mlaas::serve {
namespace {

// An object of 100 bytes, gone with the test.
class SharedMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    descriptor_ = ::shm_open(key_.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    ASSERT_GE(descriptor_, 0);
    ASSERT_EQ(::ftruncate(descriptor_, 100), 0);
  }
  void TearDown() override {
    ::close(descriptor_);
    ::shm_unlink(key_.c_str());
  }
  const std::string key_ = "/mlaas_shared_memory_test_" + std::to_string(::getpid());
  int descriptor_ = -1;
  SharedMemory memory_{true};
};

TEST_F(SharedMemoryTest, WritesAndReads) {
  ASSERT_TRUE(memory_.add({"region", key_, 20, 80}).ok());
  ASSERT_TRUE(memory_.write({"region", 10, 5}, "abc").ok());
  std::string bytes(3, '\0');
  ASSERT_EQ(::pread(descriptor_, bytes.data(), 3, 30), 3);
  EXPECT_EQ(bytes, "abc");
  EXPECT_EQ(memory_.read({"region", 10, 3}).value(), "abc");
  EXPECT_EQ(memory_.list("region")->front().bytes, 80U);
  memory_.remove("region");
  EXPECT_TRUE(memory_.list("")->empty());
  EXPECT_FALSE(memory_.read({"region", 10, 3}).ok());
  EXPECT_EQ(memory_.list("region").error().code(), ErrorCode::kNotFound);
}

TEST_F(SharedMemoryTest, TrustsNoSize) {
  const uint64_t huge = ~uint64_t{0};
  for (const auto& [offset, bytes] :
       std::vector<std::pair<uint64_t, uint64_t>>{{0, 101}, {1, 100}, {huge, 1}, {1, huge}, {huge, huge}, {0, 0}}) {
    EXPECT_FALSE(memory_.add({"region", key_, offset, bytes}).ok()) << offset << " " << bytes;
  }
  ASSERT_TRUE(memory_.add({"region", key_, 0, 100}).ok());
  EXPECT_FALSE(memory_.add({"region", key_, 0, 100}).ok());
  for (const SharedPlace& place :
       {SharedPlace{"region", 0, 101}, {"region", 1, 100}, {"region", huge, 1}, {"region", 1, huge}}) {
    EXPECT_FALSE(memory_.read(place).ok());
    EXPECT_FALSE(memory_.write(place, "a").ok());
  }
  EXPECT_FALSE(memory_.write({"region", 0, 2}, "abc").ok());
  // Its owner shortens the object behind our back.
  ASSERT_EQ(::ftruncate(descriptor_, 10), 0);
  EXPECT_FALSE(memory_.read({"region", 0, 100}).ok());
  EXPECT_FALSE(memory_.write({"region", 50, 10}, "abc").ok());
}

TEST_F(SharedMemoryTest, RefusesOtherNamesThanThoseOfObjects) {
  for (const std::string key : {"", "/", "/..", "/a/b", "../a", "/a b", "/.hidden", "//a"}) {
    EXPECT_EQ(memory_.add({"region", key, 0, 1}).error().code(), ErrorCode::kInvalidArgument) << key;
  }
  EXPECT_FALSE(memory_.add({"region", "/" + std::string(300, 'a'), 0, 1}).ok());
  EXPECT_FALSE(memory_.add({"", key_, 0, 1}).ok());
  EXPECT_EQ(memory_.add({"region", "/mlaas_no_such_object", 0, 1}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(SharedMemory(false).add({"region", key_, 0, 1}).error().code(), ErrorCode::kForbidden);
}

}  // namespace
}  // namespace mlaas::serve
