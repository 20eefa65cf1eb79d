#!/usr/bin/env python3
"""Loads `mlaas serve` with wrk and prints one JSON line a case (bench/serve/README.md).

Usage: serve_bench.py [--binary PATH] [--seconds N] [--connections N] [--threads N]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from integration.bundles import Signature, network_scores, tree_scores, write_network, write_trees  # noqa: E402

SIGNATURE = Signature([f"x{i}" for i in range(42)])
TOLERANCE = 1e-5


@dataclass
class Case:
    name: str
    model: str
    path: str
    rows: int
    body: dict
    connections: int


def oip_body(rows: int) -> dict:
    values = SIGNATURE.random_inputs(rows, 1)["scalars"]
    data = [float(str(value)) for value in values.reshape(-1)]  # as few digits as float32 needs
    return {"inputs": [{"name": "scalars", "shape": list(values.shape), "datatype": "FP32", "data": data}]}


def tfaas_body(model: str) -> dict:
    row = SIGNATURE.random_inputs(1, 1)["scalars"][0]
    return {"keys": [], "values": [float(str(value)) for value in row], "model": model}


def make_cases(connections: int) -> list[Case]:
    cases = []
    for model in ("network", "trees"):
        infer = f"/v2/models/{model}/infer"
        cases.append(Case(f"tfaas json, 1 row, {model}", model, "/json", 1, tfaas_body(model), connections))
        cases.append(Case(f"oip json, 1 row, {model}", model, infer, 1, oip_body(1), connections))
        cases.append(Case(f"oip json, 1000 rows, {model}", model, infer, 1000, oip_body(1000), 4))
    return cases


def check_scores(url: str, case: Case, models: Path) -> None:
    """Compares one answer with ONNX Runtime or numpy before anything is timed."""
    inputs = SIGNATURE.random_inputs(case.rows, 1)
    folder = models / case.model
    expected = network_scores(folder, inputs) if case.model == "network" else tree_scores(folder, SIGNATURE, inputs)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("POST", case.path, json.dumps(case.body))
    text = connection.getresponse().read()
    answer = json.loads(text)
    scores = answer if case.path == "/json" else answer["outputs"][0]["data"]
    worst = np.abs(np.array(scores) - expected).max()
    if worst > TOLERANCE:
        raise SystemExit(f"{case.name}: scores differ from the reference by {worst}")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def measure(server: subprocess.Popen, url: str, case: Case, seconds: int, folder: Path) -> dict:
    body = folder / "body.json"
    body.write_text(json.dumps(case.body, separators=(",", ":")), encoding="utf-8")
    script = ["-s", ROOT / "bench" / "serve" / "wrk_report.lua", url + case.path, "--", body]
    load = ["wrk", "-t1", f"-c{case.connections}"]
    subprocess.run([*load, "-d1", *script], check=True, capture_output=True)
    before = cpu_seconds(server.pid)
    result = subprocess.run([*load, f"-d{seconds}", *script], check=True, capture_output=True, text=True)
    used = cpu_seconds(server.pid) - before
    measured = json.loads(result.stdout.strip().splitlines()[-1])
    rate = measured["requests"] / measured["seconds"]
    return {
        "bench": "serve",
        "case": case.name,
        "connections": case.connections,
        "requests_per_s": round(rate),
        "rows_per_s": round(rate * case.rows),
        "p50_ms": round(measured["p50_ms"], 3),
        "p99_ms": round(measured["p99_ms"], 3),
        "server_cpu_us_per_request": round(1e6 * used / measured["requests"], 1),
        "server_peak_mib": round(peak_mib(server.pid), 1),
        "errors": measured["errors"],
    }


def start(binary: Path, models: Path, threads: int) -> tuple[subprocess.Popen, str]:
    command = [binary, "serve", "--models", models, "--http", "127.0.0.1:0", "--threads", str(threads)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if match := re.search(r"listening on (http://\S+)", line):
            return server, match.group(1)
    raise SystemExit(f"{binary} serve did not start")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "apps" / "mlaas" / "mlaas")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("serve_bench: skipped, wrk is not installed", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = folder / "models"
        write_network(models / "network", SIGNATURE, hidden=(128, 128, 128, 64, 64))
        write_trees(models / "trees", SIGNATURE, trees=200, depth=4)
        server, url = start(options.binary, models, options.threads)
        try:
            for case in make_cases(options.connections):
                check_scores(url, case, models)
                line = measure(server, url, case, options.seconds, folder)
                print(json.dumps(line | {"server_threads": options.threads}), flush=True)
        finally:
            server.terminate()
            server.wait(30)
            server.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
