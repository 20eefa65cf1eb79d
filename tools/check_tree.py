#!/usr/bin/env python3
"""Checks what a tidy tree looks like: names, sizes, opening comments, a README in every layer.

  - no file or folder is named utils, helpers, common or misc;
  - no source file is longer than 800 lines;
  - every header opens with a comment that says what it is for, then `#pragma once`;
  - every C++ file and folder name is snake_case;
  - every folder of a layer, and every part of it with a CMakeLists.txt, has a README.md;
  - a markdown file's relative links lead somewhere.

Usage: check_tree.py [ROOT]     exit 0: all in order; 1: findings, one a line as FILE:LINE: text
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

MAX_LINES = 800
DRAWERS = {"util", "utils", "utilities", "helper", "helpers", "common", "misc", "stuff"}
CPP_SUFFIXES = {".h", ".cpp"}
SOURCE_SUFFIXES = CPP_SUFFIXES | {".py", ".sh", ".cmake", ".js"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def list_files(root: Path) -> list[Path]:
    """Returns the files of the repository, tracked or new, relative to the root."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    output = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return sorted({Path(name) for name in output.split("\0") if name and (root / name).is_file()})


def check_name(path: Path) -> list[str]:
    findings = []
    for part in (*path.parent.parts, path.stem):
        if part.lower() in DRAWERS:
            findings.append(f"{path}:1: '{part}' names a drawer; name the concept")
    in_cpp_tree = path.suffix in CPP_SUFFIXES or path.parts[0] in ("mlaas", "apps")
    if in_cpp_tree and path.name not in ("README.md", "CMakeLists.txt"):
        for part in (*path.parent.parts, path.stem):
            if not re.fullmatch(r"[a-z][a-z0-9_]*", part):
                findings.append(f"{path}:1: '{part}' is not snake_case")
    return findings


def check_header(path: Path, lines: list[str]) -> list[str]:
    findings = []
    if not lines or not lines[0].startswith("//"):
        findings.append(f"{path}:1: a header opens with a comment that says what it is for")
    if "#pragma once" not in lines:
        findings.append(f"{path}:1: no line '#pragma once'")
    return findings


def check_links(root: Path, path: Path, lines: list[str]) -> list[str]:
    findings, in_code = [], False
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        if in_code:
            continue
        for match in LINK.finditer(line):
            target = match.group(1)
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (root / path.parent / target).exists():
                findings.append(f"{path}:{number}: link to '{target}', which is not there")
    return findings


def check_readmes(root: Path) -> list[str]:
    folders = {cmake.parent for cmake in (root / "mlaas").rglob("CMakeLists.txt")}
    folders |= {folder for folder in (root / "mlaas").glob("*") if folder.is_dir()}
    return [
        f"{folder.relative_to(root)}/README.md:1: missing; say what it does, what it may include, where to start"
        for folder in sorted(folders - {root / "mlaas"})
        if not (folder / "README.md").is_file()
    ]


def check_file(root: Path, path: Path) -> list[str]:
    findings = check_name(path)
    if path.suffix not in SOURCE_SUFFIXES | {".md"}:
        return findings
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    if path.suffix in SOURCE_SUFFIXES and len(lines) > MAX_LINES:
        findings.append(f"{path}:{MAX_LINES}: {len(lines)} lines; past {MAX_LINES} look for the second class inside")
    if path.suffix == ".h":
        findings += check_header(path, lines)
    if path.suffix == ".md":
        findings += check_links(root, path, lines)
    return findings


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else Path(__file__).resolve().parent.parent).resolve()
    findings = [finding for path in list_files(root) for finding in check_file(root, path)]
    findings += check_readmes(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
