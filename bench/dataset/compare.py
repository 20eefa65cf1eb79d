#!/usr/bin/env python3
"""Shuffled batches of 1000 x 30 float32 of 1M events, next to ROOT's RDataLoader and a uproot generator; and a list of
files worth 20 GB within 512 MiB.

Usage: bench/dataset/compare.py [--build build/release] [--epochs 3] [--large] [--json FILE]

The files are made once with ROOT, in build/bench-data. Every reader runs in a process of its own on all cores of this
process. Peers that are not installed are left out, and said so. An event that is lost or comes twice ends it.
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
EVENTS = 1_000_000
# Of 30 float32, an event number and a label each: 161 times both files are 20 GB.
LARGE_COPIES = 161
# What each needs, its program, the interpreter and the arguments. RDataLoader shuffles 10 batches together by default;
# 500 are about as many rows as the others shuffle together.
PEERS = [
    ("ROOT", "rdataloader_peer.py", sys.executable, ["10"]),
    ("ROOT", "rdataloader_peer.py", sys.executable, ["500"]),
    ("uproot", "uproot_peer.py", sys.executable, []),
    ("weaver+torch", "weaver_peer.py", ROOT / ".venv-bench" / "bin" / "python3", []),
]
WORKFLOW = """
name: flat
dataset:
  tree: Events
  samples:
    signal: {{label: 1, files: ["{data}/signal.root"]}}
    background: {{label: 0, files: ["{data}/background.root"]}}
  identity: [event]
  features: {{scalars: ["x*"]}}
  split: {{train: 1.0}}
model: {{kind: mlp}}
"""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def line_of(command: list) -> dict:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))


def ours(build: Path, epochs: int, memory: str, copies: int = 1) -> dict:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as workflow:
        workflow.write(WORKFLOW.format(data=DATA))
        workflow.flush()
        command = [build / "bench" / "dataset" / "batch_bench", "--workflow", workflow.name, "--memory", memory]
        return line_of([*command, "--copies", copies, "--epochs", epochs]) | {"who": f"mlaas4hep, {memory}"}


def has_module(interpreter: Path | str, module: str) -> bool:
    """Whether the interpreter is there and imports the module."""
    if not Path(interpreter).exists():
        return False
    found = "import importlib.util, sys; sys.exit(not all(importlib.util.find_spec(m) for m in sys.argv[1:]))"
    done = subprocess.run([interpreter, "-c", found, *module.split("+")], capture_output=True, check=False)
    return done.returncode == 0


def peers(epochs: int) -> list[dict]:
    found = []
    for module, program, interpreter, arguments in PEERS:
        if not has_module(interpreter, module):
            say(f"bench: {module} is not installed (tools/setup.sh bench): it is left out")
            continue
        say(f"bench: batches with {program} {' '.join(arguments)}")
        files = [DATA / "signal.root", DATA / "background.root"]
        line = line_of([interpreter, HERE / "peers" / program, *arguments, epochs, *files])
        if line["rows"] != EVENTS:
            say(f"bench: {line['who']} gives {line['rows']} of {EVENTS} events an epoch")
        found.append(line)
    return found


def row(line: dict, best: dict) -> list[str]:
    return [
        line["who"],
        f"{line['first_epoch_s']:.2f}",
        f"{line['first_epoch_s'] / best['first_epoch_s']:.1f}",
        f"{line['events_per_s']:,.0f}",
        f"{best['events_per_s'] / line['events_per_s']:.1f}",
        f"{line['peak_rss_mib']:.0f}",
        f"{line['peak_rss_mib'] - line['start_rss_mib']:.0f}",
    ]


def print_table(rows: list[list[str]]) -> None:
    widths = [max(len(line[i]) for line in rows) for i in range(len(rows[0]))]
    for line in rows:
        cells = [cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(line)]
        print("  ".join(cells).rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="also the list of 20 GB: some minutes")
    parser.add_argument("--json", type=Path, help="also write all measurements to this file")
    options = parser.parse_args()
    if importlib.util.find_spec("ROOT") is None and not (DATA / "signal.root").exists():
        say("bench: the files are made with ROOT, which is not installed (tools/setup.sh bench)")
        return 0
    subprocess.run([sys.executable, HERE / "make_sample.py", DATA], check=True)
    build = options.build.resolve()
    lines = [ours(build, options.epochs, memory) for memory in ("1 GiB", "256 MiB", "64 MiB")]
    for line in lines:
        if line["train_rows"] != EVENTS:
            say(f"bench: wrong result: {line['train_rows']} of {EVENTS} events")
            return 1
    lines += peers(options.epochs)
    print("1M events of 30 float32 in shuffled batches of 1,000; x: how many times the time of mlaas4hep with 1 GiB\n")
    header = ["who", "first epoch s", "x", "later events/s", "x", "peak RSS MiB", "less start"]
    print_table([header, *(row(line, lines[0]) for line in lines)])
    if options.large:
        large = ours(build, 2, "512 MiB", LARGE_COPIES)
        lines.append(large)
        grown = large["peak_rss_mib"] - large["start_rss_mib"]
        print(f"\n{large['entries']:,} events, 20 GB, within 512 MiB: peak RSS less start {grown:.0f} MiB")
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
