// One request to score files: opens them as one table, scores it, and answers.
// A streamed answer begins with its first rows: what fails before them is an answer with a status, what fails later
// cuts the connection.
// Threads: run() on a thread of its own; cancel() from any.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/base/task_pool.h"
#include "mlaas/infer/output/score_output.h"
#include "mlaas/serve/body_stream.h"
#include "mlaas/serve/files/allowed_paths.h"
#include "mlaas/serve/files/file_request.h"
#include "mlaas/serve/http_message.h"
#include "mlaas/serve/model_repository.h"
#include "mlaas/table/chain/file_reference.h"

namespace mlaas::serve {

class FileJob {
 public:
  // Looks up the request's files. Errors: those of AllowedPaths.
  static Result<std::shared_ptr<FileJob>> make(FileRequest request, ModelPointer model, const AllowedPaths& inputs,
                                               const AllowedPaths& outputs, Answer answer);

  // Scores; the value ends the answer, when the request's place is free for another.
  std::function<void()> run(TaskPool& pool);
  void cancel();

 private:
  FileJob(FileRequest request, ModelPointer model, const AllowedPaths& inputs, Answer answer)
      : request_(std::move(request)), model_(std::move(model)), inputs_(inputs), answer_(std::move(answer)) {}
  Result<void> score(TaskPool& pool);
  // The files, each checked for what it draws in.
  Result<std::shared_ptr<const table::Table>> open(const std::string& tree) const;
  Result<void> stream(infer::FileScorer& scorer, const table::Table& table, const infer::ScoreLayout& layout);
  Result<void> write(infer::FileScorer& scorer, const table::Table& table, const infer::ScoreLayout& layout);
  // The same error, with the files' names as the client knows them.
  Error forClient(const Error& error) const;

  FileRequest request_;
  ModelPointer model_;
  const AllowedPaths& inputs_;
  Answer answer_;
  bool answered_ = false;                                     // a stream has begun
  Response summary_;                                          // of a friend tree
  std::string out_;                                           // resolved
  std::vector<table::FileReference> files_;                   // resolved
  std::vector<std::pair<std::string, std::string>> spelled_;  // resolved path, as the client wrote it
  std::shared_ptr<PieceQueue> queue_ = PieceQueue::make();
};

}  // namespace mlaas::serve
