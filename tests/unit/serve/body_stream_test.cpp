// Pieces of a body from a thread that makes them to one that sends them: order, back-pressure, both ends' ends.
#include "mlaas/serve/body_stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "mlaas/serve/http_message.h"

namespace mlaas::serve {
namespace {

BodyStream::Piece nextOf(BodyStream& stream) {
  std::promise<BodyStream::Piece> promise;
  stream.next([&](BodyStream::Piece piece) { promise.set_value(std::move(piece)); });
  return promise.get_future().get();
}

TEST(PieceQueue, HandsPiecesOverInOrder) {
  const auto queue = PieceQueue::make();
  const auto reader = queue->reader();
  std::thread maker([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(queue->push(std::to_string(i)));
    queue->finish(false);
  });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(nextOf(*reader).bytes, std::to_string(i));
  const auto last = nextOf(*reader);
  EXPECT_TRUE(last.last);
  EXPECT_FALSE(last.failed);
  maker.join();
}

TEST(PieceQueue, MakesLittleAhead) {
  const auto queue = PieceQueue::make();
  const auto reader = queue->reader();
  std::atomic<size_t> made = 0;
  std::thread maker([&] {
    while (queue->push("x")) ++made;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(made, PieceQueue::kMostPieces);
  nextOf(*reader);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(made, PieceQueue::kMostPieces + 1);
  queue->cancel();
  maker.join();
  EXPECT_TRUE(nextOf(*reader).failed);
}

TEST(PieceQueue, EndsWithTheReader) {
  const auto queue = PieceQueue::make();
  auto reader = queue->reader();
  bool called = false;
  reader->next([&](const BodyStream::Piece&) { called = true; });
  reader.reset();
  EXPECT_FALSE(called);
  EXPECT_TRUE(queue->stop().stop_requested());
  EXPECT_FALSE(queue->push("x"));
  queue->finish(false);
}

TEST(PieceQueue, CancelEndsAWaitingReader) {
  const auto queue = PieceQueue::make();
  const auto reader = queue->reader();
  BodyStream::Piece got;
  reader->next([&](BodyStream::Piece piece) { got = std::move(piece); });
  queue->cancel();
  EXPECT_TRUE(got.last && got.failed);
  EXPECT_FALSE(queue->push("x"));
}

TEST(PieceQueue, ChunksAreHttps) {
  std::string out;
  appendChunk(out, std::string(26, 'a'), false);
  appendChunk(out, "", false);
  appendChunk(out, "", true);
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'a') + "\r\n0\r\n\r\n");
  Response response{200, "text/csv", {}, {}};
  response.stream = PieceQueue::make()->reader();
  std::string head;
  appendResponse(head, response, true, true);
  EXPECT_NE(head.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
}

}  // namespace
}  // namespace mlaas::serve
