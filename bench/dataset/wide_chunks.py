#!/usr/bin/env python3
"""MLaaS4HEP's chunks: 10,000 events of 1,803 columns after padding, scaled to [0, 1], next to numpy and awkward.

Usage: bench/dataset/wide_chunks.py [--build build/release] [--epochs 3] [--json FILE]

MLaaS4HEP prepares such a chunk in 9.5 to 11.3 s, as its authors published: 1 ms an event, without reading. It is in no
registry of packages, so that it is not run here. The files are made once with uproot, in build/bench-data.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = ROOT / "build" / "bench-data"
EVENTS = 20_000  # a file
CHUNK = 10_000
LISTED = 8  # so often is each file listed where not all rows can be kept
SECONDS_OF_MLAAS4HEP = 1e-3  # an event
# 22 flat columns, of which 14 count the elements of as many collections; 52 jagged ones. Collections: columns, longest.
FLAT = 8
COLLECTIONS = [(4, 34)] * 12 + [(3, 38), (1, 35)]
WIDTH = FLAT + len(COLLECTIONS) + sum(columns * length for columns, length in COLLECTIONS)
MEAN_LENGTH = 5


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def names_of(collection: int) -> list[str]:
    return [f"c{collection}_{column}" for column in range(COLLECTIONS[collection][0])]


def flat_names() -> list[str]:
    return [f"f{i}" for i in range(FLAT)] + [f"nc{i}" for i in range(len(COLLECTIONS))]


def write_sample(path: Path, label: int) -> None:
    import awkward as ak
    import numpy as np
    import uproot

    random = np.random.default_rng(label)
    columns: dict = {"event": np.arange(EVENTS, dtype=np.int64) + label * EVENTS}
    for i in range(FLAT):
        columns[f"f{i}"] = random.normal(label, 1, EVENTS).astype(np.float32)
    for i, (width, longest) in enumerate(COLLECTIONS):
        counts = np.minimum(random.poisson(MEAN_LENGTH, EVENTS), longest)
        counts[0] = longest
        total = int(counts.sum())
        values = {str(k): ak.unflatten(random.gamma(2, 40, total).astype(np.float32), counts) for k in range(width)}
        columns[f"c{i}"] = ak.zip(values)
    with uproot.recreate(path.with_suffix(".part"), compression=uproot.ZSTD(5)) as file:
        types = {name: ak.type(values).content if name[0] == "c" else values.dtype for name, values in columns.items()}
        file.mktree("Events", types)
        for first in range(0, EVENTS, CHUNK):
            file["Events"].extend({name: values[first : first + CHUNK] for name, values in columns.items()})
    path.with_suffix(".part").replace(path)


def workflow() -> str:
    """As `mlaas convert` writes it: every jagged column is a group of its own."""
    features: dict = {"scalars": flat_names()}
    for i, (_, longest) in enumerate(COLLECTIONS):
        for name in names_of(i):
            features[name] = {"columns": [name], "length": longest}
    samples = {
        name: {"label": label, "files": [str(DATA / f"wide_{name}.root")]}
        for name, label in (("signal", 1), ("background", 0))
    }
    dataset = {
        "tree": "Events",
        "samples": samples,
        "identity": ["event"],
        "features": features,
        "split": {"train": 1.0},
    }
    return json.dumps({"name": "wide", "dataset": dataset, "model": {"kind": "mlp"}})


def line_of(command: list) -> dict:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))


def measure(build: Path, epochs: int) -> list[dict]:
    for label, name in enumerate(("background", "signal")):
        path = DATA / f"wide_{name}.root"
        if not path.exists():
            write_sample(path, label)
    lines = []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(workflow())
        file.flush()
        for memory, copies, what in (
            ("1 GiB", 1, "rows kept"),
            ("256 MiB", LISTED, f"{LISTED} times the files, read"),
        ):
            command = [build / "bench" / "dataset" / "batch_bench", "--workflow", file.name, "--memory", memory]
            command += ["--copies", copies, "--batch", CHUNK, "--scaling", "minmax", "--epochs", epochs]
            line = line_of(command) | {"who": f"mlaas4hep, {what}"}
            line["rows"] = line["train_rows"] // copies
            lines.append(line)
    columns = [*flat_names(), *(name for i in range(len(COLLECTIONS)) for name in names_of(i))]
    lengths = [0] * len(flat_names()) + [length for columns, length in COLLECTIONS for _ in range(columns)]
    arguments = [json.dumps(dict(zip(columns, lengths, strict=True))), CHUNK, epochs]
    files = [DATA / "wide_signal.root", DATA / "wide_background.root"]
    say("bench: wide chunks with uproot, awkward and numpy")
    lines.append(line_of([sys.executable, HERE / "peers" / "wide_peer.py", *arguments, *files]))
    return lines


def print_table(lines: list[dict]) -> None:
    print(
        f"Chunks of {CHUNK:,} events with {WIDTH:,} columns; x: how many times as fast as MLaaS4HEP's 1 ms an event\n"
    )
    print(f"{'who':32}{'first epoch s':>15}{'later events/s':>17}{'x':>8}{'peak RSS MiB':>15}")
    for line in lines:
        ratio = line["events_per_s"] * SECONDS_OF_MLAAS4HEP
        numbers = f"{line['first_epoch_s']:15.2f}{line['events_per_s']:17,.0f}{ratio:8.0f}{line['peak_rss_mib']:15.0f}"
        print(f"{line['who']:32}{numbers}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write all measurements to this file")
    options = parser.parse_args()
    if importlib.util.find_spec("uproot") is None:
        say("bench: uproot is not installed (tools/setup.sh bench): wide chunks are left out")
        return 0
    DATA.mkdir(parents=True, exist_ok=True)
    lines = measure(options.build.resolve(), options.epochs)
    for line in lines:
        rows, width = line["rows"], line.get("floats_per_row", WIDTH)
        if rows != 2 * EVENTS:
            say(f"bench: wrong result: {line['who']} gives {rows} of {2 * EVENTS} events of {width} numbers")
            return 1
    print_table(lines)
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
