// Measures what no reader can beat: decompressing the baskets or pages of some columns, one after the other into the
// same memory, and nothing else. Prints one line of JSON; see README.md.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/root/cpu_clock.h"
#include "mlaas/io/opener.h"
#include "mlaas/root/compression.h"
#include "mlaas/root/file.h"
#include "mlaas/root/rntuple/ntuple.h"
#include "mlaas/root/ttree/basket.h"
#include "mlaas/root/ttree/tree.h"

namespace {

using namespace mlaas;
using bench::cpuSeconds;

struct Options {
  std::string file;
  std::string tree;
  std::string columns;
  int repeat = 1;
};

// The compressed bytes of one basket, and their size without compression.
struct Piece {
  uint64_t offset = 0;
  size_t storedBytes = 0;
  size_t plainBytes = 0;
};

std::vector<Piece> piecesOfTree(const std::shared_ptr<const root::File>& file, const root::DirectoryEntry& entry,
                                const std::vector<std::string>& names) {
  const auto tree = root::Tree::open(file, entry).value();
  std::vector<Piece> pieces;
  std::set<size_t> branches;
  for (const root::ColumnPlan& column : tree->columns()) {
    const bool isWanted = names.empty() || std::find(names.begin(), names.end(), column.name) != names.end();
    if (!isWanted || !column.unsupported.empty() || !branches.insert(column.branch).second) continue;
    const root::BasketIndex& baskets = tree->branchOf(column).baskets;
    for (size_t i = 0; i < baskets.size(); ++i) {
      if (baskets.embedded[i]) continue;
      const auto record = file->readRaw(baskets.offset[i], baskets.bytes[i]).value();
      const auto header = root::readBasketHeader(record).value();
      if (!header.isCompressed()) continue;
      pieces.push_back({baskets.offset[i] + header.keyBytes, header.storedBytes, header.objectBytes});
    }
  }
  return pieces;
}

// The stored pages of a physical column in one cluster.
void addPages(const root::NTupleView& view, const root::Cluster& cluster, uint32_t id, std::vector<Piece>& pieces) {
  for (const uint32_t physical : view.schema->columns[id].physical) {
    if (physical >= cluster.columns.size() || cluster.columns[physical].isSuppressed) continue;
    const uint32_t bits = view.schema->physical[physical].bits;
    for (const root::Page& page : view.pages->pagesOf(cluster.columns[physical])) {
      const size_t plainBytes = root::packedBytes(page.numElements, bits);
      // Columns with equal pages may share them.
      const bool isNew =
          std::none_of(pieces.begin(), pieces.end(), [&](const Piece& p) { return p.offset == page.offset; });
      if (isNew && page.storedBytes < plainBytes) pieces.push_back({page.offset, page.storedBytes, plainBytes});
    }
  }
}

std::vector<Piece> piecesOfNTuple(const std::shared_ptr<const root::File>& file, const root::DirectoryEntry& entry,
                                  const std::vector<std::string>& names) {
  const auto ntuple = root::NTuple::open(file, entry).value();
  std::set<uint32_t> ids;
  for (const root::NTupleColumn& column : ntuple->columns()) {
    const bool isWanted = names.empty() || std::find(names.begin(), names.end(), column.name) != names.end();
    if (!isWanted || !column.unsupported.empty()) continue;
    ids.insert(column.values);
    for (const root::Level& level : column.levels) {
      if (level.kind == root::LevelKind::kCollection || level.kind == root::LevelKind::kVariant)
        ids.insert(level.column);
    }
  }
  std::vector<Piece> pieces;
  for (const root::Cluster& cluster : ntuple->view().pages->clusters()) {
    for (const uint32_t id : ids) addPages(ntuple->view(), cluster, id, pieces);
  }
  return pieces;
}

int run(const Options& options) {
  const auto file = root::File::open(io::open(options.file).value()).value();
  const auto entry = root::findKey(*file, options.tree).value();
  std::vector<std::string> names;
  if (options.columns != "*") names = CLI::detail::split(options.columns, ',');
  const auto pieces = root::isTree(entry.key) ? piecesOfTree(file, entry, names) : piecesOfNTuple(file, entry, names);
  std::vector<std::vector<std::byte>> stored;
  std::vector<std::byte> plain;
  size_t plainBytes = 0;
  size_t storedBytes = 0;
  for (const Piece& piece : pieces) {
    stored.push_back(file->readRaw(piece.offset, piece.storedBytes).value());
    plain.resize(std::max(plain.size(), piece.plainBytes));
    plainBytes += piece.plainBytes;
    storedBytes += piece.storedBytes;
  }
  double best = 0;
  for (int i = 0; i < options.repeat; ++i) {
    const double before = cpuSeconds();
    for (size_t k = 0; k < pieces.size(); ++k)
      root::decompress(stored[k], std::span(plain).first(pieces[k].plainBytes)).value();
    const double used = cpuSeconds() - before;
    if (i == 0 || used < best) best = used;
  }
  const nlohmann::ordered_json line = {
      {"reader", "decompression only"}, {"baskets", pieces.size()}, {"stored_bytes", storedBytes},
      {"plain_bytes", plainBytes},      {"seconds", best},          {"cpu_seconds", best}};
  std::cout << line.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures decompressing the columns of a table");
  Options options;
  app.add_option("file", options.file, "A ROOT file")->required();
  app.add_option("tree", options.tree, "The table in it")->required();
  app.add_option("columns", options.columns, "Names with commas between, or *")->required();
  app.add_option("--repeat", options.repeat, "Repetitions; the fastest counts");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return exitCode(error.code());
  }
}
