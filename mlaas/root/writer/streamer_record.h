// The payload of the record "StreamerInfo": a description of every class in the file, so that other readers than ROOT
// find their way. Source: docs/formats/tree-writing.md, "Streamer info".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mlaas/root/streamer/class_description.h"
#include "mlaas/root/writer/file_writer.h"

namespace mlaas::root {

// The key of that record.
RecordKey streamerRecordKey();

// Describes the named classes and the known ones among their bases and members, each once, then `others`. `keyBytes` is
// the length of the record's key.
std::vector<std::byte> makeStreamerRecord(std::span<const std::string> classes,
                                          std::span<const ClassDescription> others, size_t keyBytes);

}  // namespace mlaas::root
