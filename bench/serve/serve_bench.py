#!/usr/bin/env python3
"""Loads `mlaas serve` with wrk and prints one JSON line a case (bench/serve/README.md).

Usage: serve_bench.py [--binary PATH] [--seconds N] [--connections N] [--threads N]
                      [--grpc-load PATH] [--only TEXT]
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
    tail: bytes = b""  # tensors behind the JSON
    grpc: bool = False


def oip_body(rows: int) -> dict:
    values = SIGNATURE.random_inputs(rows, 1)["scalars"]
    data = [float(str(value)) for value in values.reshape(-1)]  # as few digits as float32 needs
    return {"inputs": [{"name": "scalars", "shape": list(values.shape), "datatype": "FP32", "data": data}]}


def binary_body(rows: int) -> tuple[dict, bytes]:
    values = SIGNATURE.random_inputs(rows, 1)["scalars"]
    size = {"binary_data_size": values.nbytes}
    tensor = {"name": "scalars", "shape": list(values.shape), "datatype": "FP32", "parameters": size}
    return {"inputs": [tensor], "parameters": {"binary_data_output": True}}, values.tobytes()


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
        body, tail = binary_body(1000)
        cases.append(Case(f"oip bytes, 1000 rows, {model}", model, infer, 1000, body, 4, tail))
        cases.append(Case(f"oip grpc, 1 row, {model}", model, infer, 1, {}, connections, grpc=True))
        cases.append(Case(f"oip grpc, 1000 rows, {model}", model, infer, 1000, {}, 4, grpc=True))
    return cases


def check_scores(url: str, case: Case, models: Path) -> None:
    """Compares one answer with ONNX Runtime or numpy before anything is timed; the load for gRPC checks its own."""
    if case.grpc:
        return
    inputs = SIGNATURE.random_inputs(case.rows, 1)
    folder = models / case.model
    expected = network_scores(folder, inputs) if case.model == "network" else tree_scores(folder, SIGNATURE, inputs)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    document = json.dumps(case.body).encode()
    header = {"Inference-Header-Content-Length": str(len(document))} if case.tail else {}
    connection.request("POST", case.path, document + case.tail, header)
    response = connection.getresponse()
    text = response.read()
    if case.tail:
        scores = np.frombuffer(text[int(response.headers["Inference-Header-Content-Length"]) :], np.float32)
    else:
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


def load_command(url: str, grpc: str, case: Case, binary: Path, folder: Path) -> tuple[list, list]:
    """The command before the seconds and after them."""
    if case.grpc:
        shape = [str(case.rows), str(len(SIGNATURE.scalars))]
        return [binary, grpc, case.model, "scalars", *shape, str(case.connections)], []
    body = folder / "body"
    document = json.dumps(case.body, separators=(",", ":")).encode()
    body.write_bytes(document + case.tail)
    script = ["-s", ROOT / "bench" / "serve" / "wrk_report.lua", url + case.path, "--", body]
    return ["wrk", "-t1", f"-c{case.connections}"], script + ([str(len(document))] if case.tail else [])


def measure(server: subprocess.Popen, case: Case, seconds: int, load: tuple[list, list]) -> dict:
    before, after = load
    duration = "{}" if case.grpc else "-d{}"
    subprocess.run([*before, duration.format(1), *after], check=True, capture_output=True)
    cpu = cpu_seconds(server.pid)
    command = [*before, duration.format(seconds), *after]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    used = cpu_seconds(server.pid) - cpu
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


def start(binary: Path, models: Path, threads: int) -> tuple[subprocess.Popen, str, str]:
    command = [binary, "serve", "--models", models, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
    server = subprocess.Popen([*command, "--threads", str(threads)], stderr=subprocess.PIPE, text=True)
    found = {}
    for line in server.stderr:
        if match := re.search(r"listening on (http|grpc)://(\S+)", line):
            found[match.group(1)] = match.group(2)
        if len(found) == 2:
            return server, "http://" + found["http"], found["grpc"]
    raise SystemExit(f"{binary} serve did not start")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "apps" / "mlaas" / "mlaas")
    load = ROOT / "build" / "bench" / "bench" / "serve" / "grpc_load"
    parser.add_argument("--grpc-load", type=Path, default=load)
    parser.add_argument("--only", default="", help="cases whose name has this")
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
        server, url, grpc = start(options.binary, models, options.threads)
        try:
            for case in make_cases(options.connections):
                if options.only not in case.name:
                    continue
                if case.grpc and not options.grpc_load.exists():
                    print(f"serve_bench: {case.name} skipped, {options.grpc_load} is not built", file=sys.stderr)
                    continue
                check_scores(url, case, models)
                load = load_command(url, grpc, case, options.grpc_load, folder)
                line = measure(server, case, options.seconds, load)
                print(json.dumps(line | {"server_threads": options.threads}), flush=True)
        finally:
            server.terminate()
            server.wait(30)
            server.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
