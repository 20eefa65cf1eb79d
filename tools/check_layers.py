#!/usr/bin/env python3
"""Checks that includes point only downwards, as the layer table of docs/architecture.md says.

Reads each target's DEPENDS from the mlaas_add_layer(...) calls below mlaas/ and refuses
  - a DEPENDS that points up or sideways in the table MAY_USE, names no target, or closes a circle;
  - an #include "mlaas/..." of a file whose target is not in the including target's transitive DEPENDS;
  - an include of a heavy library outside the one folder that wraps it (table HEAVY);
  - an #include "..." that does not start at the root of the repository.

Usage: check_layers.py [ROOT]     exit 0: all in order; 1: findings, one a line as FILE:LINE: text; 2: nothing to check
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

# The layers and what each may use directly; what those use comes with them.
MAY_USE = {
    "base": [],
    "io": ["base"],
    "root": ["io"],
    "table": ["root"],
    "feature": ["table"],
    "dataset": ["feature"],
    "model": ["feature"],
    "train": ["dataset", "model"],
    "infer": ["model"],
    "serve": ["infer"],
    "client": ["base"],
    "service": ["serve", "train"],
}


@dataclass(frozen=True)
class Heavy:
    """Headers (a regular expression on the included path) that stay in the given folders, or in .cpp files."""

    what: str
    headers: str
    folders: tuple[str, ...] = ()
    sources_only: bool = False


HEAVY = [
    Heavy("libtorch", r"(torch|ATen|c10)/", ("mlaas/train/neural",)),
    Heavy("XGBoost", r"xgboost/", ("mlaas/train/trees", "mlaas/infer/trees")),
    Heavy("OpenVINO", r"openvino/", ("mlaas/infer/openvino",)),
    Heavy("Boost.Beast and Asio", r"boost/(beast|asio)", ("mlaas/serve",)),
    Heavy("gRPC", r"(grpcpp|grpc)/", ("mlaas/serve",)),
    Heavy("ONNX and Protocol Buffers", r"(onnx|google/protobuf)/", ("mlaas/model",)),
    Heavy("XrdCl", r"(XrdCl|xrootd)/", ("mlaas/io/xrootd",)),
    Heavy("libcurl", r"curl/", ("mlaas/io", "mlaas/client")),
    Heavy("Arrow", r"(arrow|parquet)/", ("mlaas/table/arrow",)),
    Heavy("yaml-cpp", r"yaml-cpp/", sources_only=True),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)')
SOURCE_SUFFIXES = {".h", ".cpp", ".cc", ".hpp"}


@dataclass
class Target:
    """One mlaas_add_layer call."""

    name: str
    file: Path
    line: int
    folder: Path  # where its files lie, relative to the root
    sources: set[Path] = field(default_factory=set)
    depends: list[str] = field(default_factory=list)

    @property
    def layer(self) -> str:
        return self.folder.parts[1]


def parse_calls(text: str, function: str) -> list[tuple[int, list[str]]]:
    """Returns (line, arguments) of each call of a CMake function; arguments with $<...> stay one word."""
    without_comments = re.sub(r"#[^\n]*", "", text)
    calls = []
    for match in re.finditer(rf"\b{function}\s*\(([^()]*)\)", without_comments):
        line = without_comments.count("\n", 0, match.start()) + 1
        calls.append((line, match.group(1).replace('"', " ").split()))
    return calls


def read_targets(root: Path) -> dict[str, Target]:
    """Reads every mlaas_add_layer call below root/mlaas."""
    targets: dict[str, Target] = {}
    for cmake in sorted((root / "mlaas").rglob("CMakeLists.txt")):
        here = cmake.parent.relative_to(root)
        for line, arguments in parse_calls(cmake.read_text(encoding="utf-8"), "mlaas_add_layer"):
            if not arguments:
                continue
            name, keyword = arguments[0], ""
            part = Path("mlaas", *name.split("_"))
            folder = part if (root / part).is_dir() and here in (part, *part.parents) else here
            target = Target(name, cmake.relative_to(root), line, folder)
            for word in arguments[1:]:
                if word.isupper():
                    keyword = word
                elif keyword == "SOURCES":
                    target.sources.add(here / word)
                elif keyword == "DEPENDS":
                    target.depends.append(word.removeprefix("mlaas::").removeprefix("mlaas_"))
            targets[name] = target
    return targets


def layer_closure(layer: str) -> set[str]:
    """Returns the layers that a layer may use, itself included."""
    closure, open_layers = set(), [layer]
    while open_layers:
        current = open_layers.pop()
        if current not in closure:
            closure.add(current)
            open_layers.extend(MAY_USE.get(current, []))
    return closure


def target_closure(name: str, targets: dict[str, Target]) -> set[str]:
    """Returns the targets reached through DEPENDS, the first one included."""
    closure, open_names = set(), [name]
    while open_names:
        current = open_names.pop()
        if current in targets and current not in closure:
            closure.add(current)
            open_names.extend(targets[current].depends)
    return closure


def owners(path: Path, targets: dict[str, Target]) -> list[Target]:
    """Returns the targets that a file belongs to: by SOURCES, its own or its .cpp's; else by the nearest folder."""
    by_source = [t for t in targets.values() if {path, path.with_suffix(".cpp")} & t.sources]
    if by_source:
        return by_source
    for folder in path.parents:
        by_folder = [t for t in targets.values() if t.folder == folder]
        if by_folder:
            return by_folder
    return []


def check_targets(targets: dict[str, Target]) -> list[str]:
    """Checks the DEPENDS themselves: known names, downward only, no circle."""
    findings = []
    for target in targets.values():
        where = f"{target.file}:{target.line}"
        if target.layer not in MAY_USE:
            findings.append(f"{where}: layer '{target.layer}' is not in the table MAY_USE of tools/check_layers.py")
            continue
        for name in target.depends:
            if name not in targets:
                findings.append(f"{where}: '{target.name}' DEPENDS on '{name}', which no mlaas_add_layer makes")
            elif targets[name].layer not in layer_closure(target.layer):
                allowed = ", ".join(sorted(layer_closure(target.layer) - {target.layer})) or "none"
                findings.append(
                    f"{where}: layer '{target.layer}' must not use layer '{targets[name].layer}'"
                    f" (target '{target.name}' DEPENDS on '{name}'); it may use: {allowed}"
                )
            elif target.name in target_closure(name, targets):
                findings.append(f"{where}: '{target.name}' and '{name}' depend on each other")
    return findings


def check_heavy(path: Path, included: str) -> str | None:
    """Returns why this file may not include this path, if it names a heavy library out of its place."""
    for heavy in HEAVY:
        if not re.match(heavy.headers, included):
            continue
        if heavy.sources_only and path.suffix != ".cpp":
            return f"{heavy.what} stays in .cpp files, not in headers: <{included}>"
        if heavy.folders and not any(Path(folder) in path.parents for folder in heavy.folders):
            return f"{heavy.what} is included only below {' and '.join(heavy.folders)}: <{included}>"
    return None


def check_layer_include(path: Path, included: str, targets: dict[str, Target]) -> str | None:
    """Returns why this file may not include this header of ours."""
    if Path(included).parts[0] != "mlaas":
        return f'"{included}" does not start at the root; write "mlaas/LAYER/FILE.h"'
    from_targets, to_targets = owners(path, targets), owners(Path(included), targets)
    if not from_targets:
        return "belongs to no mlaas_add_layer; list it in SOURCES of its folder's CMakeLists.txt"
    if not to_targets:
        return f'"{included}" belongs to no mlaas_add_layer'
    wanted = {t.name for t in to_targets}
    for target in from_targets:
        reachable = target_closure(target.name, targets)
        if not wanted & reachable:
            return (
                f'"{included}" is of target {"/".join(sorted(wanted))}, which {target.name} may not include'
                f" (its DEPENDS reach: {', '.join(sorted(reachable - {target.name})) or 'nothing'})"
            )
    return None


def check_includes(root: Path, targets: dict[str, Target]) -> list[str]:
    """Checks every include of every C++ file below mlaas/ and apps/."""
    findings = []
    for top in ("mlaas", "apps"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCE_SUFFIXES:
                continue
            path = file.relative_to(root)
            for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
                match = INCLUDE.match(text)
                if not match:
                    continue
                included = match.group(1) or match.group(2)
                problem = check_heavy(path, included)
                if problem is None and match.group(1) and top == "mlaas":
                    problem = check_layer_include(path, included, targets)
                if problem:
                    findings.append(f"{path}:{number}: {problem}")
    return findings


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else Path(__file__).resolve().parent.parent).resolve()
    targets = read_targets(root)
    if not targets:
        print(f"check_layers: no mlaas_add_layer call found below {root / 'mlaas'}", file=sys.stderr)
        return 2
    findings = check_targets(targets) + check_includes(root, targets)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
