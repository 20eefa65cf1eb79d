#!/usr/bin/env bash
# The whole chain on examples/tth: ROOT files in, served predictions out.
#
# Trains a network and boosted trees, serves both, asks for predictions in TFaaS's way and in that of the Open Inference
# Protocol, compares them with `mlaas predict` on the same events, and prints a summary. A model is trained again only
# where its workflow, the data or the program is newer than its bundle.
#
#   tools/demo.sh          after `make build`; `make demo` does both
#   MLAAS=PATH             another build of the command (default: build/release/apps/mlaas/mlaas)
#   OUT=DIR                where bundles and scores go (default: models)
set -euo pipefail
cd "$(dirname "$0")/.."

mlaas=${MLAAS:-build/release/apps/mlaas/mlaas}
out=${OUT:-models}
data=examples/tth/data
events_file=${data}/tth_3.root # asked about over HTTP
work=${out}/demo
server="" log=""

fail() {
  echo "demo: $*" >&2
  exit 1
}

stop_server() {
  [ -n "${server}" ] || return 0
  local stopping=${server} code=0
  server=""
  kill -TERM "${stopping}" 2>/dev/null || true
  wait "${stopping}" || code=$?
  return "${code}"
}

finish() {
  local code=$?
  trap - EXIT INT TERM
  stop_server || true
  if [ "${code}" -ne 0 ] && [ -s "${log}" ]; then sed 's/^/  server: /' "${log}" >&2; fi
  exit "${code}"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whether the bundle of a workflow is there and newer than all that it was made from.
is_fresh() {
  local bundle=$1 workflow=$2 source
  [ -f "${bundle}/bundle.json" ] || return 1
  for source in "${workflow}" "${data}"/*.root "${mlaas}" "$(dirname "${mlaas}")/../mlaas_train/mlaas-train"; do
    if [ "${source}" -nt "${bundle}/bundle.json" ]; then return 1; fi
  done
}

train() {
  local name=$1 workflow=$2 bundle=${out}/$1
  if [ -s "${work}/${name}.json" ] && is_fresh "${bundle}" "${workflow}"; then
    echo "${name}: ${bundle} is newer than ${workflow}, the data and the program; not trained again"
    return
  fi
  echo "${name}: training as ${workflow} says"
  "${mlaas}" train "${workflow}" --output "${bundle}" --json >"${work}/${name}.json.part"
  mv "${work}/${name}.json.part" "${work}/${name}.json"
}

start_server() {
  log=${work}/server.log
  "${mlaas}" serve --models "${out}" --http 127.0.0.1:0 2>"${log}" &
  server=$!
  for _ in $(seq 300); do
    url=$(sed -n 's/.*listening on \(http.*\)/\1/p' "${log}")
    if [ -n "${url}" ]; then return; fi
    kill -0 "${server}" 2>/dev/null || fail "the server did not start"
    sleep 0.1
  done
  fail "the server did not listen within 30 s"
}

[ -x "${mlaas}" ] || fail "${mlaas} is not built; run make build"
python=.venv/bin/python3
[ -x "${python}" ] || python=python3
mkdir -p "${work}"

train tth_mlp examples/tth/mlp.yaml
train tth_trees examples/tth/trees.yaml

echo "scoring ${events_file} with mlaas predict"
for name in tth_mlp tth_trees; do
  "${mlaas}" predict "${out}/${name}" "${events_file}" --quiet --out "${work}/${name}.npy"
done
rm -rf "${work}/columns"
"${mlaas}" export "${events_file}" --tree Events --out "${work}/columns" --quiet

start_server
echo "asking the server at ${url}"
"${python}" tools/demo_client.py "${url}" "${work}/columns" \
  "tth_mlp=${work}/tth_mlp.npy" "tth_trees=${work}/tth_trees.npy" >"${work}/answers.json" ||
  fail "the server's scores are not those of mlaas predict; see ${work}/answers.json"
stop_server || fail "the server did not stop cleanly"

"${python}" tools/demo_summary.py "${work}" tth_mlp tth_trees
