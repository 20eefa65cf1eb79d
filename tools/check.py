#!/usr/bin/env python3
"""`make check` and `make format`: formatting, linters, naming and layer order, one line a check.

Usage: check.py [--fix] [CHECK...]
  --fix      rewrite C++ and Python files in the project's format instead of checking
  CHECK...   only these checks: format, ruff, shellcheck, layers, tree, tidy

Exit 0: all in order; 1: findings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from check_tree import list_files

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"


def run(command: list[str | Path]) -> tuple[bool, str]:
    """Runs a command in the checkout and returns whether it succeeded and what it said."""
    result = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode == 0, result.stdout


def cpp_files() -> list[Path]:
    return [path for path in list_files(ROOT) if path.suffix in (".h", ".cpp")]


def shell_files() -> list[Path]:
    def is_shell(path: Path) -> bool:
        if path.suffix:
            return path.suffix == ".sh"
        with (ROOT / path).open("rb") as file:
            return file.readline(40).startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash"))

    return [path for path in list_files(ROOT) if is_shell(path)]


def ruff(*arguments: str) -> tuple[bool, str]:
    return run([sys.executable, "-m", "ruff", *arguments, "."])


def check_format() -> tuple[bool, str]:
    files = cpp_files()
    if not files:
        return True, ""
    formatted, output = run(["clang-format", "--dry-run", "-Werror", *files])
    where = re.findall(r"^(\S+?):(\d+):\d+: error", output, re.MULTILINE)
    first_lines = dict(reversed(where))
    findings = [f"{file}:{line}: first line that is not in the project's format" for file, line in first_lines.items()]
    return formatted, "\n".join(sorted(findings)) if findings else output


def check_ruff() -> tuple[bool, str]:
    linted, lint_output = ruff("check", "--quiet", "--output-format=concise")
    formatted, format_output = ruff("format", "--check")
    return linted and formatted, lint_output + format_output


def check_shell() -> tuple[bool, str]:
    files = shell_files()
    return run(["shellcheck", *files]) if files else (True, "")


def check_layers() -> tuple[bool, str]:
    return run([sys.executable, TOOLS / "check_layers.py"])


def check_tree() -> tuple[bool, str]:
    return run([sys.executable, TOOLS / "check_tree.py"])


def check_tidy() -> tuple[bool, str]:
    configured, output = run([TOOLS / "build.sh", "--tests", "--configure-only", "release"])
    if not configured:
        return False, output
    clean, output = run([sys.executable, TOOLS / "run_clang_tidy.py"])
    if clean:
        print(f"  {output.strip()}")
    return clean, output


CHECKS: dict[str, tuple[str, Callable[[], tuple[bool, str]]]] = {
    "format": ("C++ format", check_format),
    "ruff": ("Python lint and format", check_ruff),
    "shellcheck": ("shell scripts", check_shell),
    "layers": ("layer order", check_layers),
    "tree": ("names, sizes, headers, links", check_tree),
    "tidy": ("clang-tidy", check_tidy),
}


def fix() -> int:
    files = cpp_files()
    if files:
        subprocess.run(["clang-format", "-i", *map(str, files)], cwd=ROOT, check=True)
    ruff("check", "--quiet", "--fix-only")
    formatted, output = ruff("format", "--quiet")
    print(output, end="")
    return 0 if formatted else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true")
    parser.add_argument("checks", nargs="*", choices=[[], *CHECKS], metavar="CHECK")
    arguments = parser.parse_args()
    if arguments.fix:
        return fix()

    failed = []
    for name in arguments.checks or CHECKS:
        title, check = CHECKS[name]
        started = time.monotonic()
        good, output = check()
        print(f"check {title}: {'ok' if good else 'FAILED'} ({time.monotonic() - started:.1f} s)", flush=True)
        if not good:
            failed.append(name)
            print(output, flush=True)
    if failed:
        print(f"check: {', '.join(failed)} failed; `make format` mends the format")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
