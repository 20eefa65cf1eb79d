#include "apps/mlaas/table_source.h"

#include "mlaas/table/chain/chain_table.h"

namespace mlaas::command {

void declareSource(CLI::App& command, TableSource& source) {
  command
      .add_option("FILE", source.files,
                  "ROOT files, read one after the other: paths, patterns or URLs; FILE.root:TREE names a file's tree")
      ->required();
  command.add_option("--tree,-t", source.tree,
                     "The tree, with its folder, of files that name none; not needed where a file has only one");
}

Result<std::shared_ptr<const table::Table>> openSource(const TableSource& source, const std::stop_token& stop) {
  MLAAS_TRY(const auto files, table::expandFileReferences(source.files, source.tree));
  const auto pool = table::TablePool::make();
  return table::openChain(files, *pool, stop);
}

}  // namespace mlaas::command
