#include "mlaas/serve/front_page.h"

namespace mlaas::serve {

namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>mlaas4hep</title>
<style>body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em;line-height:1.4}
table{border-collapse:collapse}th,td{text-align:left;padding:.3em .8em;border-bottom:1px solid #ccc}
code{background:#f2f2f2;padding:.1em .3em}</style></head><body>
<h1>mlaas4hep</h1>
)";

constexpr std::string_view kRoutes = R"(<h2>Routes</h2>
<ul><li><code>POST /json</code>, <code>GET /models</code>, <code>GET /params/NAME</code>: TFaaS</li>
<li><code>POST /v2/models/NAME/infer</code>, <code>GET /v2/models/NAME</code>: Open Inference Protocol</li>
<li><a href="metrics"><code>GET /metrics</code></a>: Prometheus</li></ul>
</body></html>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + escaped(name);
  return out;
}

std::string modelRow(const ServedModel& model) {
  const auto* bundle = model.bundle();
  return "<tr><td>" + escaped(model.name()) + "</td><td>" + escaped(model.platform()) + "</td><td>" +
         std::to_string(model.flatNames().size()) + "</td><td>" + (bundle ? joined(bundle->labels) : "") + "</td><td>" +
         (bundle ? escaped(bundle->description) : "") + "</td></tr>\n";
}

}  // namespace

Response frontPage(const ModelRepository& models) {
  std::string body(kHead);
  if (models.models().empty()) {
    body += "<p>No model is loaded.</p>\n";
  } else {
    body += "<table><tr><th>model</th><th>engine</th><th>features</th><th>classes</th><th>description</th></tr>\n";
    for (const auto& model : models.models()) body += modelRow(*model);
    body += "</table>\n";
  }
  for (const auto& broken : models.broken()) {
    body += "<p>Not served: " + escaped(broken.name) + " (" + escaped(broken.reason) + ")</p>\n";
  }
  body += kRoutes;
  return {200, "text/html; charset=utf-8", std::move(body), {}};
}

}  // namespace mlaas::serve
