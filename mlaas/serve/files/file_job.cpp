#include "mlaas/serve/files/file_job.h"

#include <new>

#include "mlaas/base/log.h"
#include "mlaas/serve/files/row_format.h"
#include "mlaas/serve/json_text.h"
#include "mlaas/table/chain/chain_table.h"
#include "mlaas/table/file_format.h"
#include "mlaas/table/side_file_list.h"

namespace mlaas::serve {

namespace {

// The bundle's files as they are now must be those that are served.
Result<model::Bundle> readServedBundle(const ServedModel& model) {
  const model::Bundle* served = model.bundle();
  if (served == nullptr) {
    return Error(ErrorCode::kUnsupported, "model '" + model.name() +
                                              "' is no bundle of mlaas and has no features to make of files; send "
                                              "tensors to /v2/models/" +
                                              model.name() + "/infer");
  }
  MLAAS_TRY(auto bundle, model::readBundle(served->directory));
  if (bundle.checksums == served->checksums) return bundle;
  return Error(ErrorCode::kOverloaded, "model '" + model.name() + "' is being replaced; send the request again later");
}

std::string summary(const FileRequest& request, int64_t entries, int64_t selected, int64_t missing) {
  std::string text = "{\"out\":";
  appendJsonString(text, request.out);
  text += ",\"tree\":";
  appendJsonString(text, request.outTree);
  return text + ",\"entries\":" + std::to_string(entries) + ",\"selected\":" + std::to_string(selected) +
         ",\"without_score\":" + std::to_string(missing) + "}\n";
}

}  // namespace

Result<std::shared_ptr<FileJob>> FileJob::make(FileRequest request, ModelPointer model, const AllowedPaths& inputs,
                                               const AllowedPaths& outputs, Answer answer) {
  std::shared_ptr<FileJob> job(new FileJob(std::move(request), std::move(model), inputs, std::move(answer)));
  for (const auto& text : job->request_.files) {
    MLAAS_TRY(auto reference, table::parseFileReference(text));
    MLAAS_TRY(auto resolved, inputs.existing(reference.url));
    job->spelled_.emplace_back(resolved, reference.url);
    job->files_.push_back({std::move(resolved), std::move(reference.tree)});
  }
  if (!job->request_.out.empty()) {
    if (outputs.empty()) {
      return Error(ErrorCode::kForbidden,
                   "this server writes no files; leave out \"out\" to have the rows as the answer");
    }
    MLAAS_TRY(job->out_, outputs.absent(job->request_.out));
    job->spelled_.emplace_back(job->out_, job->request_.out);
  } else {
    // The format is judged before anything is read.
    MLAAS_TRY(const auto format, makeRowFormat(job->request_.format, {}));
  }
  return job;
}

void FileJob::cancel() { queue_->cancel(); }

std::function<void()> FileJob::run(TaskPool& pool) {
  Result<void> done;
  try {
    done = score(pool);
  } catch (const std::bad_alloc&) {
    done = Error(ErrorCode::kOverloaded, "the server has no memory for this request");
  } catch (const std::exception& error) {
    done = Error(ErrorCode::kInternal, error.what());
  }
  if (!answered_) {
    return [answer = answer_, response = done.ok() ? summary_ : errorResponse(forClient(done.error()))] {
      answer(response);
    };
  }
  if (!done.ok() && done.error().code() != ErrorCode::kCancelled) {
    log::warning(std::string("scores of files end before the last: ") + done.error().what());
  }
  return [queue = queue_, failed = !done.ok()] { queue->finish(failed); };
}

Error FileJob::forClient(const Error& error) const {
  std::string text = error.what();
  for (const auto& [resolved, spelled] : spelled_) {
    for (size_t at = text.find(resolved); at != std::string::npos; at = text.find(resolved, at + spelled.size())) {
      text.replace(at, resolved.size(), spelled);
    }
  }
  // A file that cannot be read is the client's choice, not this server's fault.
  const bool clients = error.code() == ErrorCode::kIo || error.code() == ErrorCode::kCorrupt;
  return {clients ? ErrorCode::kInvalidArgument : error.code(), std::move(text)};
}

Result<std::shared_ptr<const table::Table>> FileJob::open(const std::string& tree) const {
  auto files = files_;
  for (auto& file : files) {
    if (file.tree.empty()) file.tree = tree;
  }
  const auto pool = table::TablePool::make();
  MLAAS_TRY(auto table, table::openChain(files, *pool, queue_->stop()));
  for (const auto& [member, entries] : table::chainMembers(table)) {
    if (!table::formatOfName(member->url()).empty()) continue;
    MLAAS_TRY(const auto beside, table::listSideFiles(member->url(), member->name()));
    for (const auto& side : beside) {
      if (!inputs_.existing(side).ok()) {
        return Error(ErrorCode::kForbidden,
                     "'" + member->url() + "' keeps branches in a file that requests may not read");
      }
    }
  }
  return table;
}

Result<void> FileJob::score(TaskPool& pool) {
  MLAAS_TRY(auto bundle, readServedBundle(*model_));
  const std::string tree = request_.tree.empty() ? infer::recordedTree(bundle) : request_.tree;
  MLAAS_TRY(const auto table, open(tree));
  MLAAS_TRY(const auto layout, infer::scoreLayout(bundle, *table, request_.outTree));
  MLAAS_TRY(auto scorer, infer::FileScorer::make(std::move(bundle), pool));
  return out_.empty() ? stream(scorer, *table, layout) : write(scorer, *table, layout);
}

Result<void> FileJob::stream(infer::FileScorer& scorer, const table::Table& table, const infer::ScoreLayout& layout) {
  MLAAS_TRY(const auto format, makeRowFormat(request_.format, columnsOf(layout)));
  const auto begin = [&](std::string bytes) {
    Response response{200, std::string(format->mediaType()), {}, {}};
    response.stream = queue_->reader();
    answered_ = true;
    answer_(std::move(response));
    return bytes.empty() || queue_->push(std::move(bytes));
  };
  const auto take = [&](const infer::ScoreBlock& block) -> Result<void> {
    std::string bytes = answered_ ? std::string() : format->head(table.numEntries());
    format->append(bytes, columnsOf(block));
    if (answered_ ? queue_->push(std::move(bytes)) : begin(std::move(bytes))) return {};
    return Error(ErrorCode::kCancelled, "the client has gone");
  };
  MLAAS_CHECK(scorer.score(table, take, queue_->stop()));
  if (!answered_) begin(format->head(0));
  return {};
}

Result<void> FileJob::write(infer::FileScorer& scorer, const table::Table& table, const infer::ScoreLayout& layout) {
  MLAAS_TRY(const auto output, infer::makeScoreOutput(out_, layout));
  int64_t entries = 0;
  int64_t selected = 0;
  int64_t missing = 0;
  const auto take = [&](const infer::ScoreBlock& block) {
    entries += block.entries.size();
    selected += block.numSelected;
    missing += block.numNan;
    return output->write(block);
  };
  MLAAS_CHECK(scorer.score(table, take, queue_->stop()));
  MLAAS_CHECK(output->close());
  summary_ = {200, std::string(kJsonType), summary(request_, entries, selected, missing), {}};
  return {};
}

}  // namespace mlaas::serve
