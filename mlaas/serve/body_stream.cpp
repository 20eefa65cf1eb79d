#include "mlaas/serve/body_stream.h"

#include <utility>

namespace mlaas::serve {

class PieceQueue::Reader final : public BodyStream {
 public:
  explicit Reader(std::shared_ptr<PieceQueue> queue) : queue_(std::move(queue)) {}
  ~Reader() override { queue_->abandon(); }
  void next(std::function<void(Piece)> take) override { queue_->next(std::move(take)); }

 private:
  std::shared_ptr<PieceQueue> queue_;
};

std::unique_ptr<BodyStream> PieceQueue::reader() { return std::make_unique<Reader>(shared_from_this()); }

bool PieceQueue::push(std::string bytes) { return give({std::move(bytes), false, false}); }

void PieceQueue::finish(bool failed) { give({{}, true, failed}); }

bool PieceQueue::give(BodyStream::Piece piece) {
  std::function<void(BodyStream::Piece)> take;
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return ended_ || waiting_ || piece.last || pieces_.size() < kMostPieces; });
    if (ended_) return false;
    ended_ = piece.last;
    take = std::exchange(waiting_, nullptr);
    if (!take) {
      pieces_.push_back(std::move(piece));
      return true;
    }
  }
  take(std::move(piece));
  return true;
}

void PieceQueue::next(std::function<void(BodyStream::Piece)> take) {
  BodyStream::Piece piece;
  {
    const std::lock_guard lock(mutex_);
    if (pieces_.empty() && !ended_) {
      waiting_ = std::move(take);
      room_.notify_one();
      return;
    }
    if (pieces_.empty()) {
      piece = {{}, true, true};
    } else {
      piece = std::move(pieces_.front());
      pieces_.pop_front();
    }
  }
  room_.notify_one();
  take(std::move(piece));
}

void PieceQueue::cancel() {
  stop_.request_stop();
  std::function<void(BodyStream::Piece)> take;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) pieces_.clear();
    ended_ = true;
    take = std::exchange(waiting_, nullptr);
  }
  room_.notify_all();
  if (take) take({{}, true, true});
}

void PieceQueue::abandon() {
  stop_.request_stop();
  std::function<void(BodyStream::Piece)> dropped;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    pieces_.clear();
    dropped = std::exchange(waiting_, nullptr);
  }
  room_.notify_all();
}

}  // namespace mlaas::serve
