#!/usr/bin/env python3
"""Loads `mlaas serve` and its peers with the same requests, one server after the other, and prints one table.

Usage: compare.py [--binary PATH] [--python PATH] [--seconds N] [--threads N] [--only mlaas,fastapi]

The network is that of serve_bench.py. PATH of --python is the interpreter of the peers' environment (peers/README.md);
peers whose packages it lacks are left out and named. A wrong score ends it with an error, a slow server never does.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import serve_bench  # noqa: E402
from serve_bench import ROOT, SIGNATURE, Case, binary_body, check_scores, load_command, oip_body  # noqa: E402

PEERS = {
    "FastAPI + ONNX Runtime": ("fastapi_peer.py", "fastapi", "uvicorn"),
}
# Those that take tensors as bytes behind the JSON.
TAKE_BYTES = ("mlaas4hep",)


def cases() -> list[Case]:
    path = "/v2/models/network/infer"
    body, tail = binary_body(1000)
    return [
        Case("json, 1 row, 64 connections", "network", path, 1, oip_body(1), 64),
        Case("json, 1000 rows, 4 connections", "network", path, 1000, oip_body(1000), 4),
        Case("bytes, 1000 rows, 4 connections", "network", path, 1000, body, 4, tail),
    ]


def process_tree(root: int) -> list[int]:
    """Returns a process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text(encoding="ascii", errors="replace")
            except OSError:
                continue
            parents[int(folder.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    tree = [root]
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    return tree


def tree_sum(value, root: int) -> float:
    total = 0.0
    for pid in process_tree(root):
        try:
            total += value(pid)
        except (OSError, AttributeError):
            continue
    return total


class PeerError(Exception):
    """A peer does not run here."""


class WholeTree:
    """The processes of one server, for serve_bench.measure()."""

    def __init__(self, pid: int):
        self.pid = pid


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(port: int, server: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/v2/models/network/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise PeerError(f"it did not start: {log.read_text(errors='replace')[-2000:]}")


def stop(server: subprocess.Popen) -> None:
    """Ends a server with the processes that it started."""
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(patience)


def start_peer(script: str, python: str, model: Path, folder: Path, threads: int) -> tuple[subprocess.Popen, str]:
    port = free_port()
    log = folder / (script + ".log")
    with log.open("wb") as out:
        server = subprocess.Popen(
            [python, HERE / "peers" / script, model, str(port), str(threads)],
            stdout=out,
            stderr=out,
            cwd=HERE / "peers",
            start_new_session=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        wait_until_ready(port, server, log)
    except BaseException:
        stop(server)
        raise
    return server, f"http://127.0.0.1:{port}"


def measure_server(who: str, pid: int, url: str, models: Path, folder: Path, seconds: int) -> list[dict]:
    rows = []
    for case in cases():
        if case.tail and who not in TAKE_BYTES:
            continue
        check_scores(url, case, models)
        line = serve_bench.measure(WholeTree(pid), case, seconds, load_command(url, "", case, Path(), folder))
        if line["errors"]:
            raise SystemExit(f"{who}, {case.name}: {line['errors']} requests failed")
        print(f"{who}: {case.name}: {line['requests_per_s']} requests/s", file=sys.stderr, flush=True)
        rows.append(line | {"who": who})
    return rows


def print_table(rows: list[dict]) -> None:
    ours = {row["case"]: row["requests_per_s"] for row in rows if row["who"] == "mlaas4hep"}
    print(f"{'case':<32}  {'who':<24}  requests/s     rows/s  p50 ms   p99 ms  CPU us  RSS MiB  ours x")
    for case in cases():
        for row in rows:
            if row["case"] != case.name:
                continue
            ratio = f"{ours[case.name] / row['requests_per_s']:.1f}" if case.name in ours else ""
            print(
                f"{row['case']:<32}  {row['who']:<24}  {row['requests_per_s']:>10,} {row['rows_per_s']:>10,} "
                f"{row['p50_ms']:>7.2f} {row['p99_ms']:>8.2f} {row['server_cpu_us_per_request']:>7.0f} "
                f"{row['server_peak_mib']:>8.0f} {ratio:>7}"
            )


def has_modules(python: str, modules: tuple[str, ...]) -> bool:
    probe = f"import importlib.util as u, sys; sys.exit(any(u.find_spec(m) is None for m in {modules!r}))"
    return subprocess.run([python, "-c", probe], check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "apps" / "mlaas" / "mlaas")
    parser.add_argument("--python", default=str(ROOT / ".venv-bench-serve" / "bin" / "python"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="", help="servers whose name has one of these words, separated by commas")
    options = parser.parse_args()
    if not shutil.which("wrk") or importlib.util.find_spec("onnxruntime") is None:
        print("compare: skipped, wrk or onnxruntime is not installed", file=sys.stderr)
        return 0
    words = options.only.lower().split(",")
    # Each thing that is measured as a whole: CPU and memory of a server with its workers.
    cpu_seconds, peak_mib = serve_bench.cpu_seconds, serve_bench.peak_mib
    serve_bench.cpu_seconds = lambda pid: tree_sum(cpu_seconds, pid)
    serve_bench.peak_mib = lambda pid: tree_sum(peak_mib, pid)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = folder / "models"
        model = serve_bench.write_network(models / "network", SIGNATURE, hidden=(128, 128, 128, 64, 64)) / "model.onnx"
        if any(word in "mlaas4hep" for word in words):
            server, url, _ = serve_bench.start(options.binary, models, options.threads)
            try:
                rows += measure_server("mlaas4hep", server.pid, url, models, folder, options.seconds)
            finally:
                server.terminate()
                server.wait(30)
                server.stderr.close()
        for who, (script, *modules) in PEERS.items():
            if not any(word in who.lower() for word in words):
                continue
            if not Path(options.python).exists() or not has_modules(options.python, tuple(modules)):
                print(f"compare: {who} is left out, {options.python} has no {modules[0]}", file=sys.stderr)
                continue
            try:
                server, url = start_peer(script, options.python, model, folder, options.threads)
            except PeerError as error:
                print(f"compare: {who} is left out, {error}", file=sys.stderr)
                continue
            try:
                rows += measure_server(who, server.pid, url, models, folder, options.seconds)
            finally:
                stop(server)
    print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
