#include "mlaas/serve/front_page.h"

namespace mlaas::serve {

namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--line:#ccc;--soft:#f4f4f4;--good:#1a7f37;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--line:#444;--soft:#222;--good:#57c26e;--bad:#ff8a80}}
*{box-sizing:border-box}
body{font-family:system-ui,sans-serif;max-width:64em;margin:0 auto;padding:1em;line-height:1.45;
 background:Canvas;color:CanvasText}
h1{font-size:1.5em;margin:.3em 0}h2{font-size:1.15em;margin:1.5em 0 .4em}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35em .7em;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
td.number{text-align:right;font-variant-numeric:tabular-nums}
td.text{white-space:normal;min-width:12em}
.good{color:var(--good)}.bad{color:var(--bad)}
input,select,textarea,button{font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);
 border-radius:4px;padding:.35em .5em;max-width:100%}
textarea,pre{width:100%;font-family:ui-monospace,monospace;font-size:.9em}
pre{background:var(--soft);padding:.6em;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;min-height:2.6em}
label{display:inline-block;margin:.2em .8em .2em 0}
button{cursor:pointer}
#token{-webkit-text-security:disc}
)";

constexpr std::string_view kBody = R"(
<h1>mlaas4hep</h1>
<p id="state" role="status">Asking the server...</p>
<p><label>Token <input id="token" autocomplete="off" spellcheck="false" placeholder="where the server wants one"></label>
<button id="again">Look again</button></p>
<h2>Models</h2>
<div class="wide"><table><thead><tr><th>model</th><th>version</th><th>state</th><th>engine</th><th>requests</th>
<th>failed</th><th>rows</th><th>queue, ms</th><th>model, ms</th><th>whole, ms</th></tr></thead>
<tbody id="models"></tbody></table></div>
<p>Times are means over all successful requests since the server started.</p>
<h2>Ask a model</h2>
<p><label>Model <select id="chosen"></select></label><button id="send">Send</button></p>
<div class="wide"><table><thead><tr><th></th><th>name</th><th>type</th><th>shape</th></tr></thead>
<tbody id="signature"></tbody></table></div>
<p><label for="request">Request, as <code id="route"></code> takes it</label></p>
<textarea id="request" rows="12" spellcheck="false"></textarea>
<p>Answer <span id="took"></span></p><pre id="answer"></pre>
<h2>Routes</h2>
<p><code>POST json</code>, <code>GET models</code>, <code>GET params/NAME</code>: TFaaS.
<code>POST v2/models/NAME/infer</code>, <code>GET v2/models/NAME</code>: Open Inference Protocol.
<code>POST v2/models/NAME/events</code>: events as they are.
<a href="metrics"><code>GET metrics</code></a>: Prometheus.</p>
)";

constexpr std::string_view kScript = R"(
'use strict';
const at = id => document.getElementById(id);
const base = location.pathname.endsWith('/') ? location.pathname : location.pathname + '/';
async function ask(method, path, body) {
  const headers = {};
  if (at('token').value) headers.Authorization = 'Bearer ' + at('token').value;
  const answer = await fetch(base + path, { method, body, headers });
  const text = await answer.text();
  return { ok: answer.ok, status: answer.status, text };
}
async function documentOf(method, path) {
  const { ok, status, text } = await ask(method, path);
  if (ok) return JSON.parse(text);
  let reason = text;
  try { reason = JSON.parse(text).error; } catch { /* not JSON */ }
  throw new Error(status + ': ' + reason);
}
function cell(row, text, kind) {
  const made = row.insertCell();
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
const mean = part => part.count ? (part.ns / part.count / 1e6).toFixed(3) : '';
function showModel(model, stats, platform) {
  const row = at('models').insertRow();
  cell(row, model.name);
  cell(row, model.version);
  cell(row, model.state || 'loaded when asked', model.state === 'UNAVAILABLE' ? 'bad' : 'good');
  if (model.state === 'UNAVAILABLE') {
    cell(row, model.reason, 'text').colSpan = 7;
    return;
  }
  cell(row, platform || '');
  const one = stats && stats.inference_stats;
  const numbers = one ? [one.success.count, one.fail.count, stats.inference_count, mean(one.queue),
    mean(one.compute_infer), mean(one.success)] : ['', '', '', '', '', ''];
  for (const number of numbers) cell(row, number, 'number');
}
const pathOf = (name, version) => 'v2/models/' + encodeURIComponent(name) +
  (version ? '/versions/' + encodeURIComponent(version) : '');
const described = new Map();
async function describe(name, version) {
  const key = name + '\n' + version;
  if (!described.has(key)) described.set(key, await documentOf('GET', pathOf(name, version)));
  return described.get(key);
}
async function look() {
  try {
    const index = await documentOf('POST', 'v2/repository/index');
    const stats = (await documentOf('GET', 'v2/models/stats')).model_stats;
    const before = at('chosen').value;
    described.clear();
    at('models').replaceChildren();
    at('chosen').replaceChildren();
    for (const model of index) {
      let platform = '';
      if (model.state === 'READY') {
        platform = (await describe(model.name, model.version)).platform;
        const option = document.createElement('option');
        option.value = JSON.stringify([model.name, model.version]);
        option.textContent = model.name + ', version ' + model.version;
        at('chosen').append(option);
      }
      showModel(model, stats.find(one => one.name === model.name && one.version === model.version), platform);
    }
    if ([...at('chosen').options].some(option => option.value === before)) at('chosen').value = before;
    at('state').textContent = index.length ? index.length + ' on this server' : 'No model is served.';
    at('state').className = '';
    if (at('chosen').value !== before) await choose();
  } catch (error) {
    at('state').textContent = 'The server answers ' + error.message;
    at('state').className = 'bad';
  }
}
const longest = 64;
function example(input) {
  const shape = input.shape.map(size => size < 0 ? 1 : size);
  const count = shape.reduce((product, size) => product * size, 1);
  const text = input.datatype === 'BYTES';
  if (count > longest * longest) return { ...input, shape, data: [] };
  return { name: input.name, shape, datatype: input.datatype, data: Array(count).fill(text ? '' : 0) };
}
async function choose() {
  at('signature').replaceChildren();
  at('request').value = at('answer').textContent = at('took').textContent = '';
  if (!at('chosen').value) return;
  const [name, version] = JSON.parse(at('chosen').value);
  const model = await describe(name, version);
  for (const [side, tensors] of [['input', model.inputs], ['output', model.outputs]]) {
    for (const tensor of tensors) {
      const row = at('signature').insertRow();
      for (const text of [side, tensor.name, tensor.datatype, '[' + tensor.shape.join(', ') + ']']) cell(row, text);
    }
  }
  at('route').textContent = pathOf(name, version) + '/infer';
  const inputs = model.inputs.map(example).map(input => '  ' + JSON.stringify(input));
  at('request').value = '{"inputs": [\n' + inputs.join(',\n') + ']}';
}
async function send() {
  if (!at('chosen').value) return;
  const [name, version] = JSON.parse(at('chosen').value);
  const begin = performance.now();
  const { status, text } = await ask('POST', pathOf(name, version) + '/infer', at('request').value);
  at('took').textContent = status + ', ' + (performance.now() - begin).toFixed(1) + ' ms';
  at('took').className = status === 200 ? 'good' : 'bad';
  at('answer').textContent = text;
}
const shown = job => () => job().catch(error => { at('answer').textContent = String(error); });
at('chosen').addEventListener('change', shown(choose));
at('send').addEventListener('click', shown(send));
at('again').addEventListener('click', shown(look));
at('token').addEventListener('change', shown(look));
look().then(() => { document.body.dataset.ready = 'yes'; });
)";

}  // namespace

Response frontPage() {
  std::string body =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>mlaas4hep</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\"><style>";
  body.append(kStyle).append("</style></head><body>").append(kBody);
  body.append("<script>").append(kScript).append("</script></body></html>\n");
  Response response{200, "text/html; charset=utf-8", std::move(body), {}};
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                                "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                                "frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace mlaas::serve
