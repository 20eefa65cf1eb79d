// The body of an answer that is made while it is sent, piece by piece: the connection asks for the next piece when it has
// written the last one, so that a slow client slows down the maker.
// PieceQueue hands pieces over from a thread that makes them and may wait.
// Threads: next() from the connection's thread; push() and finish() from the maker's.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace mlaas::serve {

class BodyStream {
 public:
  struct Piece {
    std::string bytes;
    bool last = false;    // nothing follows
    bool failed = false;  // last, and the body is not whole: the connection is cut
  };
  // Destroyed before the last piece where the client has gone.
  virtual ~BodyStream() = default;
  // Calls `take` once, now or later, from any thread; only then is asked again.
  virtual void next(std::function<void(Piece)> take) = 0;
};

class PieceQueue : public std::enable_shared_from_this<PieceQueue> {
 public:
  // Pieces that are made ahead.
  static constexpr size_t kMostPieces = 3;

  static std::shared_ptr<PieceQueue> make() { return std::shared_ptr<PieceQueue>(new PieceQueue); }

  // The connection's end, once. Its destruction cancels.
  std::unique_ptr<BodyStream> reader();

  // Waits while the client is behind; false where it has gone, or after cancel().
  bool push(std::string bytes);
  // After the last piece.
  void finish(bool failed);
  // Ends the body as one that is not whole.
  void cancel();
  // Requested when nobody wants more.
  std::stop_token stop() const { return stop_.get_token(); }

 private:
  class Reader;
  PieceQueue() = default;
  bool give(BodyStream::Piece piece);
  void next(std::function<void(BodyStream::Piece)> take);
  void abandon();

  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<BodyStream::Piece> pieces_;            // under mutex_
  std::function<void(BodyStream::Piece)> waiting_;  // under mutex_; only where there is no piece
  bool ended_ = false;                              // under mutex_
};

}  // namespace mlaas::serve
