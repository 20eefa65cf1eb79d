// Writes one epoch of every part of a workflow's dataset, for tests that compute the same with numpy:
//   stream_batches WORKFLOW THREADS EPOCH OUT
// OUT/PART.FIELD.bin are raw little-endian arrays in the order of the stream: row int64, sample and label int32, weight
// float32, scalars float32 [rows, numScalars], values0 float32 [rows, length, numColumns] and count0 int32 of the first
// group, values0 [elements, numColumns] where it has no length. OUT/statistics.json is the statistics pass; OUT/features.json the names of the scalars.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "mlaas/dataset/dataset.h"

namespace {

using namespace mlaas;

template <class T>
void append(const std::filesystem::path& file, const std::vector<T>& values) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}

void writePart(dataset::Dataset& data, dataset::Part part, uint64_t epoch, const std::string& folder) {
  auto stream = data.stream({part, 777, true, 1, epoch}).value();
  const std::string prefix = folder + "/" + dataset::partName(part) + ".";
  dataset::Batch batch;
  while (stream->next(batch).value()) {
    append(prefix + "row.bin", batch.row);
    append(prefix + "sample.bin", batch.sample);
    append(prefix + "label.bin", batch.label);
    append(prefix + "weight.bin", batch.weight);
    append(prefix + "scalars.bin", batch.features.scalars);
    append(prefix + "values0.bin", batch.features.groups.at(0).values);
    append(prefix + "count0.bin", batch.features.groups.at(0).count);
  }
}

void write(const std::string& workflow, size_t threads, uint64_t epoch, const std::string& folder) {
  TaskPool pool(threads);
  const auto data = dataset::Dataset::open(dataset::readWorkflow(workflow, {}).value().dataset, pool, {}).value();
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/statistics.json") << data->statistics().value().toJson().dump(1);
  std::ofstream(folder + "/features.json") << nlohmann::json(data->features().scalars).dump();
  for (const auto part : dataset::kAllParts) writePart(*data, part, epoch, folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: stream_batches WORKFLOW THREADS EPOCH OUT\n";
    return 2;
  }
  try {
    write(argv[1], std::stoul(argv[2]), std::stoul(argv[3]), argv[4]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
