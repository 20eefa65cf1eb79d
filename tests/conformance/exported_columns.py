"""What mlaas makes of a tree: its list of columns and their values, from `mlaas inspect` and `mlaas export`.

The command runs in processes of its own under limits of time and memory, so that one that crashes or hangs is counted.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from conformance.array_leaves import Leaf

EXPORT_LIMIT_S = 120
MEMORY_LIMIT_BYTES = 6 << 30
MOST_ARGUMENT_BYTES = 100_000
SOME_UNSUPPORTED = 3
DAMAGED = 4


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_limited(command: list[str]) -> tuple[int, str, str]:
    """Exit status (negative: a signal, -999: out of time), standard output and error."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=EXPORT_LIMIT_S,
            check=False,
            preexec_fn=limit_memory,
        )
    except subprocess.TimeoutExpired:
        return -999, "", f"no end within {EXPORT_LIMIT_S} s"
    return done.returncode, done.stdout, done.stderr


def has_crashed(code: int) -> bool:
    """A signal, a time limit, or an exit status that is none of the command's own."""
    return code < 0 or code not in (0, 2, SOME_UNSUPPORTED, DAMAGED)


def inspect(mlaas: str, path: Path) -> tuple[dict, str, bool]:
    """The parsed output of `mlaas inspect --json`, what went wrong, and whether it crashed."""
    code, output, errors = run_limited([mlaas, "inspect", "--json", str(path)])
    if code == 0:
        return json.loads(output), "", False
    return {"objects": [], "unreadable": []}, last_line(errors), has_crashed(code)


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "no message"


@dataclass
class ExportedTree:
    """The exported columns of one tree; `refused`, `failed` and `crashed` say why a column has no files."""

    folder: Path
    columns: dict[str, dict]  # by name: as inspect lists it
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    crashed: dict[str, str] = field(default_factory=dict)

    def values_file(self, name: str) -> Path:
        return self.folder / f"{name.replace('/', '.')}.npy"

    def leaf(self, name: str) -> Leaf:
        values = self.values_file(name)
        single, offsets = values.with_name(f"{values.name[:-4]}.offsets.npy"), []
        if single.exists():
            offsets.append(np.load(single))
        else:
            while (level := values.with_name(f"{values.name[:-4]}.offsets{len(offsets)}.npy")).exists():
                offsets.append(np.load(level))
        return Leaf((), offsets, np.load(values), self.columns[name]["type"].endswith("string"))

    def names_below(self, name: str) -> list[str]:
        """The column of that name, or those of the members below it."""
        prefix = name if name.endswith(".") else name + "."
        return [one for one in self.columns if one == name or one.startswith(prefix)]

    def note(self, name: str, code: int, errors: str) -> None:
        """Keeps how the export of this one column ended."""
        where = self.refused if code == SOME_UNSUPPORTED else self.crashed if has_crashed(code) else self.failed
        where[name] = f"exit {code}: {last_line(errors)}"


NOT_EXPORTED = re.compile(r"^error: column '(.*?)' is not exported: (.*)$", re.MULTILINE)


def export(mlaas: str, path: Path, tree: str, columns: list[dict], folder: Path) -> ExportedTree:
    """Exports all supported columns of a tree; where the command crashes, finds the columns that make it crash."""
    result = ExportedTree(folder, {})
    for column in columns:
        result.columns.setdefault(column["name"], column)
    command = [mlaas, "export", "--quiet", str(path), "--tree", tree, "--out", str(folder)]
    names = [name for name, column in result.columns.items() if "unsupported" not in column]
    code, _, errors = run_limited(command)
    for name, reason in NOT_EXPORTED.findall(errors):
        if name in result.columns and "unsupported" not in result.columns[name]:
            # One damaged column decides the exit status of all: which one, its own export tells.
            own = SOME_UNSUPPORTED if code == SOME_UNSUPPORTED else run_limited([*command, "--columns", name])[0]
            result.note(name, own, reason)
    if code in (0, SOME_UNSUPPORTED, DAMAGED):
        names = [name for name in names if name not in result.refused and name not in result.failed]
        names = [name for name in names if not result.values_file(name).exists()]
    if names:
        export_some(command, names, result)
    return result


def export_some(command: list[str], names: list[str], result: ExportedTree) -> None:
    """Exports columns, and halves them until each one that fails stands alone."""
    text = ",".join(names)
    if len(text) < MOST_ARGUMENT_BYTES:
        code, _, errors = run_limited([*command, "--columns", text])
        if code in (0, SOME_UNSUPPORTED) and all(result.values_file(name).exists() for name in names):
            return
    if len(names) == 1:
        result.note(names[0], code, errors)
        return
    middle = len(names) // 2
    for half in (names[:middle], names[middle:]):
        export_some(command, half, result)
