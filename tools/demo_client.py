#!/usr/bin/env python3
"""Asks a running server for predictions as a client would, and compares them with those of `mlaas predict`.

Uses the standard library only. For each model: every event in one request of the Open Inference Protocol, and
single events by TFaaS's route, whose round trips are timed.

Usage: demo_client.py URL COLUMNS MODEL=SCORES.npy...
  URL      of `mlaas serve`
  COLUMNS  folder with the events' columns, as `mlaas export` writes them
  SCORES   of the same events, as `mlaas predict` writes them

Prints one JSON object for each model. Exit 0: all scores agree; 1: they do not, or a request failed.
"""

from __future__ import annotations

import array
import ast
import http.client
import json
import math
import re
import sys
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

TOLERANCE = 1e-5
SINGLE_REQUESTS = 400
ARRAY_CODES = {"<f4": "f", "<f8": "d", "<i4": "i", "<u4": "I", "<i8": "q", "<u8": "Q", "|b1": "B", "|u1": "B"}

# What examples/tth/*.yaml define: the server takes the values of features, so a client computes them.
DEFINES = {
    "log_ht": ("ht", math.log),
    "log_mass_jets": ("mass_jets", math.log),
    "lead_btag": ("Jet_btag", max),
}


def read_npy(path: Path) -> array.array:
    """Returns the values of a .npy file, whatever its shape."""
    data = path.read_bytes()
    if data[:6] != b"\x93NUMPY":
        raise SystemExit(f"{path}: not a .npy file")
    start = 8 + (2 if data[6] == 1 else 4)
    length = int.from_bytes(data[8:start], "little")
    header = ast.literal_eval(data[start : start + length].decode("latin-1"))
    values = array.array(ARRAY_CODES[header["descr"]])
    values.frombytes(data[start + length :])
    return values


class Columns:
    """Columns of a folder, flat or jagged, read when first asked for."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.read: dict[str, list] = {}

    def __getitem__(self, name: str) -> list:
        if name not in self.read:
            values = read_npy(self.folder / f"{name}.npy")
            offsets = self.folder / f"{name}.offsets.npy"
            if offsets.exists():
                edges = read_npy(offsets)
                values = [values[a:b] for a, b in pairwise(edges)]
            self.read[name] = list(values)
        return self.read[name]

    def feature(self, name: str) -> list:
        if name not in DEFINES:
            return self[name]
        column, function = DEFINES[name]
        return [function(value) for value in self[column]]


class Client:
    """One kept connection to the server."""

    def __init__(self, url: str):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def ask(self, method: str, path: str, body: object = None) -> object:
        self.connection.request(method, path, None if body is None else json.dumps(body))
        response = self.connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise SystemExit(f"{method} {path}: HTTP {response.status}: {text.decode(errors='replace').strip()}")
        return json.loads(text)


class Events:
    """The features of the events in the order of a model's params.json, by event."""

    def __init__(self, names: list[str], columns: Columns):
        self.scalars = [name for name in names if "[" not in name and not name.endswith("_count")]
        elements = [match.groups() for name in names if (match := re.fullmatch(r"(.+)\[(\d+)\]", name))]
        self.jet_columns = list(dict.fromkeys(column for column, _ in elements))
        self.length = 1 + max((int(place) for _, place in elements), default=-1)
        self.group = next((name.removesuffix("_count") for name in names if name.endswith("_count")), None)
        self.scalar_rows = list(zip(*(columns.feature(name) for name in self.scalars), strict=True))
        self.jet_rows = list(zip(*(columns[name] for name in self.jet_columns), strict=True))

    def row(self, event: int) -> dict:
        """A TFaaS request with keys: only the jets that exist, and no count."""
        row = dict(zip(self.scalars, self.scalar_rows[event], strict=True))
        for column, values in zip(self.jet_columns, self.jet_rows[event], strict=True):
            row |= {f"{column}[{place}]": value for place, value in enumerate(values[: self.length])}
        return {"keys": list(row), "values": list(row.values())}

    def tensors(self) -> dict:
        """An inference request of the Open Inference Protocol with all events."""
        rows = len(self.scalar_rows)
        width = len(self.jet_columns)
        jets, counts = [], []
        for event in self.jet_rows:
            count = min(len(event[0]), self.length)
            counts.append(count)
            jets += [event[column][place] for place in range(count) for column in range(width)]
            jets += [0.0] * ((self.length - count) * width)
        scalars = [value for row in self.scalar_rows for value in row]
        inputs = [
            {"name": "scalars", "shape": [rows, len(self.scalars)], "datatype": "FP32", "data": scalars},
            {"name": self.group, "shape": [rows, self.length, width], "datatype": "FP32", "data": jets},
            {"name": f"{self.group}_count", "shape": [rows], "datatype": "INT32", "data": counts},
        ]
        return {"inputs": inputs}


def compare(client: Client, model: str, columns: Columns, expected: list[float]) -> dict:
    events = Events(client.ask("GET", f"/params/{model}")["features"], columns)
    start = time.perf_counter()
    (output,) = client.ask("POST", f"/v2/models/{model}/infer", events.tensors())["outputs"]
    batch_seconds = time.perf_counter() - start
    if len(output["data"]) != len(expected):
        raise SystemExit(f"{model}: {len(output['data'])} scores for {len(expected)} events")
    worst = max(abs(a - b) for a, b in zip(output["data"], expected, strict=True))
    times = []
    for event in range(0, len(expected), max(1, len(expected) // SINGLE_REQUESTS)):
        request = events.row(event) | {"model": model}
        start = time.perf_counter()
        (score,) = client.ask("POST", "/json", request)
        times.append(time.perf_counter() - start)
        worst = max(worst, abs(score - expected[event]))
    times.sort()
    return {
        "model": model,
        "events": len(expected),
        "single_requests": len(times),
        "largest_difference": worst,
        "batch_ms": 1e3 * batch_seconds,
        "p50_ms": 1e3 * times[len(times) // 2],
        "p99_ms": 1e3 * times[int(len(times) * 0.99)],
    }


def main(arguments: list[str]) -> int:
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    client, columns = Client(arguments[0]), Columns(Path(arguments[1]))
    agree = True
    for argument in arguments[2:]:
        model, scores = argument.split("=", 1)
        result = compare(client, model, columns, list(read_npy(Path(scores))))
        agree = agree and result["largest_difference"] <= TOLERANCE
        print(json.dumps(result))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
