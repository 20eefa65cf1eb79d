// The frame of a report page: head, style, script, footer; and its tables. Threads: functions of their arguments.
#pragma once

#include <string>
#include <vector>

namespace mlaas::train {

// `body` is HTML, `title` text.
std::string pageHtml(const std::string& title, const std::string& body);

// A table that scrolls by itself on a narrow screen; heads and cells are text.
std::string tableHtml(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows);

}  // namespace mlaas::train
