"""tools/check_tree.py on small repositories made here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "check_tree.py"
HEADER = "// What it is for.\n#pragma once\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository in order."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    write(tmp_path, "mlaas/base/CMakeLists.txt", "mlaas_add_layer(base SOURCES error.cpp)\n")
    write(tmp_path, "mlaas/base/README.md", "Errors; see [the header](error.h).\n")
    write(tmp_path, "mlaas/base/error.h", HEADER)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def check(root: Path) -> tuple[int, list[str]]:
    done = subprocess.run([sys.executable, TOOL, root], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_accepts_a_tree_in_order(tree: Path) -> None:
    assert check(tree) == (0, [])


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("mlaas/base/utils.h", HEADER, "names a drawer"),
        ("mlaas/base/helpers/text.h", HEADER, "names a drawer"),
        ("mlaas/base/ByteCursor.h", HEADER, "is not snake_case"),
        ("mlaas/base/cursor.h", "#pragma once\n", "opens with a comment"),
        ("mlaas/base/cursor.h", "// What it is for.\n", "no line '#pragma once'"),
        ("mlaas/base/long.cpp", "int x;\n" * 801, "801 lines"),
        ("mlaas/io/CMakeLists.txt", "", "mlaas/io/README.md:1: missing"),
        ("docs/page.md", "Text.\n\nSee [there](nowhere.md).\n", "docs/page.md:3: link to 'nowhere.md'"),
    ],
)
def test_refuses_what_is_untidy(tree: Path, file: str, text: str, said: str) -> None:
    write(tree, file, text)
    code, findings = check(tree)
    assert code == 1
    assert len(findings) == 1
    assert said in findings[0]


def test_leaves_alone_what_git_ignores(tree: Path) -> None:
    write(tree, ".gitignore", "/build/\n")
    write(tree, "build/utils.h", "")
    assert check(tree) == (0, [])


def test_takes_links_in_code_for_code(tree: Path) -> None:
    write(tree, "docs/page.md", "```\n[not](a/link)\n```\n[web](https://example.org) [part](#part)\n")
    assert check(tree) == (0, [])
