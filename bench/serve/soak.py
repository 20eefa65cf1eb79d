#!/usr/bin/env python3
"""Keeps `mlaas serve` under sound, wrong, slow and cut requests for minutes and watches its memory.

The server's resident memory is read every few seconds. After a warm-up of a third of the time its mean must not grow:
the mean of the last third may be 2 % above that of the middle one. Exit code 1 where it is more, where a sound request
failed, or where the server ended.

    bench/serve/soak.py --binary build/release/apps/mlaas/mlaas --minutes 5
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from integration.bundles import Signature, write_network, write_trees

ALLOWED_GROWTH = 0.02
ROW = json.dumps({"values": [50, 60], "model": "small"}).encode()
WRONG = [
    b"nonsense\r\n\r\n",
    b"POST /json HTTP/1.1\r\nContent-Length: 100\r\n\r\n{",
    b'POST /json HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"a":NaN}',
    b"POST /json HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    b"POST /json HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + b"[" * 20000,
    b"GET /absent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
]


class Load:
    """Threads that ask until they are told to stop."""

    def __init__(self, port: int, end: float):
        self.port, self.end = port, end
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def sound(self, seed: int) -> None:
        order = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while time.monotonic() < self.end:
            rows = order.choice([1, 1, 1, 100, 3000])
            tensor = {"name": "scalars", "shape": [rows, 2], "datatype": "FP32", "data": [1.0] * (2 * rows)}
            model = order.choice(["small", "bdt"])
            path, body = f"/v2/models/{model}/infer", json.dumps({"inputs": [tensor]})
            if order.random() < 0.5:
                path, body = "/json", ROW
            connection.request("POST", path, body)
            answer = connection.getresponse()
            answer.read()
            self.count("sound" if answer.status == 200 else f"sound request answered with {answer.status}")
            if order.random() < 0.05:
                connection.close()

    def wrong(self, seed: int) -> None:
        order = random.Random(seed)
        while time.monotonic() < self.end:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
                connection.settimeout(0.2)
                request = order.choice(WRONG)
                with contextlib.suppress(OSError):
                    connection.sendall(request[: order.randint(1, len(request))] if order.random() < 0.3 else request)
                    connection.recv(4096)
            self.count("wrong")


def resident_kib(process: subprocess.Popen) -> int:
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))


def watch(process: subprocess.Popen, load: Load, threads: int) -> list[int]:
    jobs = [threading.Thread(target=load.sound, args=(seed,)) for seed in range(threads)]
    jobs += [threading.Thread(target=load.wrong, args=(seed,)) for seed in range(threads)]
    for job in jobs:
        job.start()
    sizes = []
    while time.monotonic() < load.end and process.poll() is None:
        time.sleep(1)
        sizes.append(resident_kib(process))
        if len(sizes) % 10 == 0:
            print(f"{len(sizes)} s: {sizes[-1] / 1024:.1f} MiB, {dict(load.counts)}", flush=True)
    for job in jobs:
        job.join()
    return sizes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--threads", type=int, default=4, help="of each kind of client")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_network(Path(folder) / "small", Signature(["ht", "met"]))
        write_trees(Path(folder) / "bdt", Signature(["ht", "met"]))
        command = [options.binary, "serve", "--models", folder, "--http", "127.0.0.1:0"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        port = next(int(m[1]) for line in process.stderr if (m := re.search(r"listening on http://[^:]+:(\d+)", line)))
        threading.Thread(target=process.stderr.read, daemon=True).start()
        load = Load(port, time.monotonic() + 60 * options.minutes)
        sizes = watch(process, load, options.threads)
        ended = process.poll()
        process.terminate()
        code = process.wait(30)
    third = len(sizes) // 3
    middle, last = statistics.mean(sizes[third : 2 * third]), statistics.mean(sizes[2 * third :])
    growth = last / middle - 1
    failed = [what for what in load.counts if what.startswith("sound request")]
    print(f"middle {middle / 1024:.2f} MiB, last {last / 1024:.2f} MiB: {100 * growth:+.2f} %; {dict(load.counts)}")
    return int(ended is not None or code != 0 or bool(failed) or growth > ALLOWED_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
