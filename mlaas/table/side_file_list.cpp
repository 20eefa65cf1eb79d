#include "mlaas/table/side_file_list.h"

#include <set>

#include "mlaas/io/opener.h"
#include "mlaas/table/ttree_table.h"

namespace mlaas::table {

Result<std::vector<std::string>> listSideFiles(const std::string& url, const std::string& name) {
  MLAAS_TRY(auto source, io::open(url));
  MLAAS_TRY(auto file, root::File::open(std::move(source)));
  MLAAS_TRY(const auto entry, root::findKey(*file, name));
  if (!root::isTree(entry.key)) return std::vector<std::string>{};
  MLAAS_TRY(const auto tree, root::Tree::open(std::move(file), entry));
  std::set<std::string> urls;
  for (const root::ColumnPlan& column : tree->columns()) {
    const auto& sideFile = tree->branchOf(column).sideFile;
    if (sideFile) urls.insert(sideFile->url());
  }
  return std::vector<std::string>(urls.begin(), urls.end());
}

}  // namespace mlaas::table
